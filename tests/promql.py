"""What the dashboard's queries and the alert rules ask for: metrics, matchers and labels of PromQL expressions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "solieu.json"
TARGET = {"job", "instance", "program"}
"""The labels that Prometheus adds to every sample (deploy/prometheus/prometheus.yml)."""

GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\s*\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
WORDS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}

Matcher = tuple[str, str, str]
"""Label, operator and value."""
Samples = Mapping[str, Sequence[Mapping[str, str]]]
"""By the names of metrics, the labels of each of their series."""


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Every panel of the dashboard."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def queries() -> list[tuple[str, str]]:
    """The title of each panel with each of its queries."""
    return [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]


def plain(query: str) -> str:
    """A query of the dashboard without Grafana's variables, and without the zero that it shows for nothing."""
    return re.sub(r"\$__\w+", "5m", query).removesuffix(" or vector(0)")


def selectors(expression: str) -> list[tuple[str, list[Matcher]]]:
    """The metrics of an expression, each with its matchers."""
    plain = re.sub(r"\[[^\]{}\"]*\]", "", GROUPING.sub("", expression))
    plain = re.sub(r"\boffset\s+\w+", "", plain)
    return [
        (name, MATCHER.findall(matchers))
        for name, matchers in SELECTOR.findall(plain)
        if name not in WORDS
    ]


def groupings(expression: str) -> list[set[str]]:
    """The labels between the parentheses of each grouping."""
    return [
        {one.strip() for one in group.split(",") if one.strip()}
        for group in GROUPING.findall(expression)
    ]


def unmet(expression: str, samples: Samples) -> Iterator[str]:
    """Every selector of an expression that finds no series, and every label to group by that no found series has."""
    labels: set[str] = set()
    for name, matchers in selectors(expression):
        found = [one for one in samples.get(name, ()) if _fits(one, matchers)]
        labels |= {label for one in found for label in one}
        if not found:
            yield f"nothing shows {name} {matchers}"
    for group in groupings(expression):
        yield from (f"nothing has a label {one}" for one in sorted(group - labels))


def _fits(series: Mapping[str, str], matchers: Sequence[Matcher]) -> bool:
    return all(_matches(series.get(label, ""), how, value) for label, how, value in matchers)


def _matches(found: str, how: str, value: str) -> bool:
    same = re.fullmatch(value, found) is not None if "~" in how else found == value
    return same is not how.startswith("!")


def promtool() -> str | None:
    """The program that checks and evaluates PromQL, where `deploy/requisites.sh promtool` or the system has it."""
    return shutil.which("promtool") or shutil.which("promtool", path=str(ROOT / ".run" / "tools"))


def evaluated(folder: Path, tests: Sequence[Mapping[str, Any]], every: str = "1m") -> str:
    """What `promtool test rules` says against these tests, with the alert rules loaded; blank where all hold.

    The tests are as Prometheus documents them: input_series and promql_expr_test. `every`: how often it looks.
    """
    program = promtool()
    assert program is not None
    rule_files = [str(PROMETHEUS / "alerts.yml")]
    content = {"rule_files": rule_files, "evaluation_interval": every, "tests": tests}
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    command = [program, "test", "rules", str(file)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return finished.stdout + finished.stderr if finished.returncode else ""


def expect(expression: str, minutes: int, value: float) -> dict[str, Any]:
    """A promql_expr_test: the one value without labels that an expression must give after so many minutes."""
    sample = {"labels": "{}", "value": value}
    return {"expr": expression, "eval_time": f"{minutes}m", "exp_samples": [sample]}
