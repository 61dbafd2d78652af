"""Every example of docs/rules.md says what solieu validate says."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from services.model.form import Form
from services.validation.tables.result import Result, validate_table
from tests.unit.test_validation_check import small_form

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
        elif language == "yaml" and name != "form":
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


def test_the_rules_of_the_form_are_rules() -> None:
    (body,) = [body for _, name, body in _BLOCK.findall(DOCUMENT.read_text()) if name == "form"]
    added = yaml.safe_load(body)
    form: Form = small_form(
        references=added["references"], rules=[*small_form().to_dict()["rules"], *added["rules"]]
    )
    assert form.references[0].name == "last_quarter"
