"""The requirements, their state and the tests that show them: `make requirements`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "requirements.yaml"
IDS = tuple(f"R{number}" for number in range(1, 98))
STATES = ("built", "planned", "by hand", "out of scope", "expired")
PEOPLE = "office"
OWNERS = {
    *("connector", "intake", "validation", "policy", "catalogue", "grdp", "audit"),
    *("notification", "console", PEOPLE),
}
FIELDS = frozenset({"owner", "state", "what", "note", "tests"})

Rows = Mapping[str, Mapping[str, Any]]


def load(path: Path = FILE) -> Rows:
    """The rows by id."""
    rows: Rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rows


def gaps(rows: Rows) -> list[str]:
    """All that is wrong with the table, in words; empty where nothing is."""
    found = [f"{id_} is missing" for id_ in IDS if id_ not in rows]
    found += [f"{id_} is no requirement" for id_ in rows if id_ not in IDS]
    for id_, row in rows.items():
        found += [f"{id_}: {what}" for what in _gaps_of(row)]
    return found


def _gaps_of(row: Mapping[str, Any]) -> list[str]:
    tests = row.get("tests", [])
    built = row.get("state") == "built"
    wrong = {
        "its state is none of " + ", ".join(STATES): row.get("state") not in STATES,
        "nobody owns it": row.get("owner") not in OWNERS,
        "it doesn't say what it is": not row.get("what"),
        "unknown fields": bool(row.keys() - FIELDS),
        "built, and no test shows it": built and not tests,
        "not built, and yet it names tests": not built and bool(tests),
    }
    return [what for what, is_so in wrong.items() if is_so] + [
        f"there is no test {test}" for test in tests if not exists(test)
    ]


def exists(test: str) -> bool:
    """Whether there is a test with this node id: a file with tests, or a function or method in it."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not path.startswith("tests/") or not file.is_file():
        return False
    names = _tests_in(file)
    return name.partition("[")[0] in names if name else bool(names)


@cache
def _tests_in(file: Path) -> frozenset[str]:
    """The tests of a file, methods as Class::method."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = [("", node) for node in tree.body]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            named += [(f"{node.name}::", inner) for inner in node.body]
    return frozenset(
        prefix + node.name
        for prefix, node in named
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def main() -> int:
    """Prints the table and how many there are of each state; 1 where something is wrong with it."""
    rows, console = load(), Console()
    table = Table("", "requirement", "owner", "state", show_lines=True)
    table.add_column("tests, or what is there", overflow="fold")
    for id_, row in rows.items():
        shown = "\n".join(row.get("tests", [])) or row.get("note", "")
        table.add_row(id_, row["what"], row["owner"], row["state"], shown)
    console.print(table)
    counts = Counter(row["state"] for row in rows.values())
    console.print(", ".join(f"{counts[state]} {state}" for state in STATES))
    found = gaps(rows)
    for gap in found:
        console.print(f"[red]{gap}")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
