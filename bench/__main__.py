"""`python -m bench`: the runner, the whole product under load, and each of its parts that should be quick or right."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from bench import cost, decisions, duties, events, fairness, identifiers, pages, reading, rules
from bench.chain import report
from bench.chain.measure import FULL, SHORT
from bench.chain.measure import measure as measure_chain
from bench.planted import study

PARTS = (
    "runner",
    "chain",
    "fairness",
    "reading",
    "rules",
    "planted",
    "identifiers",
    "decisions",
    "events",
    "duties",
    "pages",
)
Progress = Callable[[str], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was measured. Exit code 0: the figures are for a person to judge."""
    options = _parser().parse_args(arguments)
    console = None if options.json else Console()
    progress = Console(stderr=True, highlight=False)
    measured: dict[str, Any] = {
        "load_before": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    for part in PARTS if options.part is None else (options.part,):
        parts = {
            "runner": _runner,
            "chain": _chain,
            "fairness": _fairness,
            "reading": _reading,
            "rules": _rules,
            "planted": _planted,
            "identifiers": _identifiers,
            "decisions": _decisions,
            "events": _events,
            "duties": _duties,
            "pages": _pages,
        }
        measure = parts[part]
        measured[part] = measure(options.short, progress.print, console)
    if console is None:
        print(json.dumps(measured, indent=1))
    else:
        console.print(f"{measured['cores']} cores, load before: {measured['load_before']:.1f}")
    return 0


def _runner(short: bool, progress: Progress, console: Console | None) -> dict[str, object]:
    plan = cost.SHORT if short else cost.FULL
    pairs = cost.measure(plan, progress)
    if console:
        console.print(cost.table(pairs, plan.events))
    return cost.as_json(pairs, plan.events)


def _chain(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    measured = measure_chain(SHORT if short else FULL, progress)
    if console:
        report.show(measured, console)
    return report.as_json(measured)


def _fairness(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = fairness.measure(short, progress)
    if console:
        console.print(fairness.table(found))
    return fairness.as_json(found)


def _reading(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = reading.measure(short, progress)
    if console:
        console.print(reading.table(found))
    return reading.as_json(found)


def _rules(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    measured = rules.measure(rules.SHORT if short else rules.FULL, progress)
    if console:
        rules.show(measured, console)
    return measured


def _planted(short: bool, progress: Progress, console: Console | None) -> list[dict[str, Any]]:
    found = study.measure(study.SHORT if short else study.FULL, progress)
    if console:
        study.show(found, console)
    return study.as_json(found)


def _identifiers(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = identifiers.measure(identifiers.SHORT if short else identifiers.FULL, progress)
    if console:
        identifiers.show(found, console)
    return identifiers.as_json(found)


def _decisions(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = decisions.measure(decisions.SHORT if short else decisions.FULL, progress)
    if console:
        console.print(decisions.table(found))
    return decisions.as_json(found)


def _events(short: bool, progress: Progress, console: Console | None) -> list[dict[str, Any]]:
    found = events.measure(short, progress)
    if console:
        console.print(events.table(found))
    return events.as_json(found)


def _duties(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = duties.measure(short, progress)
    if console:
        console.print(duties.table(found))
    return duties.as_json(found)


def _pages(short: bool, progress: Progress, console: Console | None) -> dict[str, Any]:
    found = pages.measure(short, progress)
    if console:
        console.print(pages.table(found))
    return pages.as_json(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "part", nargs="?", choices=PARTS,
        help="the runner beside one by hand, the whole chain, large files beside another's small one, reading, rules"
        " beside vtlengine, planted errors, names found, decisions, events as classes, a year's duties, pages for"
        " twenty clerks (all)",
    )  # fmt: skip
    parser.add_argument("--short", action="store_true", help="a minute each, for a first look")
    parser.add_argument("--json", action="store_true", help="everything, for a program")
    return parser


if __name__ == "__main__":
    sys.exit(main())
