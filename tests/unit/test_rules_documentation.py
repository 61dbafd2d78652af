"""Every example of docs/rules.md says what solieu validate says."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from services.model.form import Form
from services.validation.checking.check import check
from services.validation.tables.result import Result, validate_table
from tests.unit.test_validation_check import STATEMENT, rows, small_form
from tests.unit.workbooks import xlsx

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
_BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """Tables, rules and what becomes of them."""

    tables: dict[str, str] = field(default_factory=dict)
    rules: str = ""
    expected: str = ""


def examples() -> list[Example]:
    """The examples in their order: tables, then rules, then the result."""
    found, current = [], Example()
    for language, name, body in _BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")):
        if language == "csv":
            current.tables[name] = body
        elif language == "yaml" and not name.startswith("form"):
            current.rules = body
        elif language == "text":
            current.expected = body
            found.append(current)
            current = Example()
    return found


def shown(result: Result) -> str:
    """The outcome as the document writes it."""
    lines = []
    for rule in result.to_dict()["rules"]:
        line = (
            f"{rule['id']}: {rule['pass']} pass, {rule['fail']} fail, {rule['undecided']} undecided"
        )
        rows = [str(one["row"]) for one in rule["failing"] if one["row"] is not None]
        lacking = [
            json.dumps(one["key"], ensure_ascii=False)
            for one in rule["failing"]
            if one["row"] is None
        ]
        line += f"; rows {', '.join(rows)}" if rows else ""
        line += f"; lacking {', '.join(lacking)}" if lacking else ""
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.rules.split("id: ")[1][:12])
def test_an_example_says_what_the_command_says(example: Example, tmp_path: Path) -> None:
    for name, body in example.tables.items():
        (tmp_path / f"{name}.csv").write_text(body, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(example.rules, encoding="utf-8")
    others = {name: tmp_path / f"{name}.csv" for name in example.tables if name != "data"}
    result = validate_table(tmp_path / "data.csv", tmp_path / "rules.yaml", others, ())
    assert [one.error for one in result.outcomes if one.error] == []
    assert shown(result) == example.expected


def rules_of_a_form(name: str) -> Form:
    """The small form with what a block of this name adds to it."""
    (body,) = [body for _, one, body in _BLOCK.findall(DOCUMENT.read_text()) if one == name]
    added = yaml.safe_load(body)
    kept = [one for one in small_form().to_dict()["rules"] if one["kind"] != "total"]
    return small_form(**added | {"rules": [*kept, *added["rules"]]})


def test_the_rules_of_the_form_are_rules() -> None:
    assert rules_of_a_form("form").references[0].name == "last_quarter"


def test_a_rule_that_was_tried_says_the_same_in_the_form() -> None:
    """The rows of the example: the total of the year so far fails, and nothing else."""
    sheet = rows()
    for line, (quarter, year_to_date) in zip(
        (4, 5, 6), ((60, 180), (40, 100), (20, 81)), strict=True
    ):
        sheet[line][2:4] = [quarter, year_to_date]
    report = check(rules_of_a_form("form_tried"), xlsx(sheet), STATEMENT).report
    tallies = {one.id: (one.passed, one.failed) for one in report.rules}
    assert tallies["total"] == (1, 1)
    assert tallies["cumulative"][1] == 0
