"""What `solieu due` and `solieu measures` show: names to people, ids to programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.connector import due

NAMES = {
    "finance": {"vi": "Sở Tài chính", "en": "Department of Finance"},
    "item": {"vi": "Thu ngân sách", "en": "Revenue"},
}
DUTY = {
    "due": "2026-11-22", "name": NAMES["item"], "item": "thu", "period": "2026-Q4", "completeness": "estimate",
    "supplier": "so-tai-chinh", "supplier_name": NAMES["finance"], "state": "expected", "timeliness": "open",
}  # fmt: skip
MEASURE = {
    "group": "so-tai-chinh", "name": NAMES["finance"], "counted": 2, "on_time": 0.5, "complete": 1.0,
    "timeliness": {"missing": 1}, "states": {}, "returns": 0, "corrections": 0, "response_days": None,
}  # fmt: skip


class Office:
    """Catalogue, as an operator asks it."""

    def __init__(self, *measures: dict[str, Any]) -> None:
        self.measures = [*measures]

    def get(self, path: str, **wanted: Any) -> dict[str, Any]:
        """One duty, or one measure."""
        if path == "/v1/duties/measures":
            return {"measures": self.measures}
        return {"total": 1, "duties": [DUTY]}


@pytest.fixture(autouse=True)
def office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        due,
        "operator",
        lambda service: Office(MEASURE, MEASURE | {"group": "2026-11", "name": None}),
    )
    monkeypatch.setenv("COLUMNS", "200")


def printed(*command: str) -> str:
    found = CliRunner().invoke(due.app, command)
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.parametrize("command", ["due", "measures"])
def test_people_read_names_and_programs_ids(command: str) -> None:
    shown = printed(command)
    assert "Sở Tài chính" in shown and "so-tai-chinh" not in shown
    assert "so-tai-chinh" in str(json.loads(printed(command, "--json")))


def test_a_month_is_its_own_name() -> None:
    assert "2026-11" in printed("measures")


def test_a_file_has_both(tmp_path: Path) -> None:
    file = tmp_path / "measures.csv"
    printed("measures", "--csv", str(file))
    first, second = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (first["group"], first["name"]) == ("so-tai-chinh", "Sở Tài chính")
    assert (second["group"], second["name"], second["counted"]) == ("2026-11", "", "2")


def test_a_name_in_a_file_is_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"vi": '=HYPERLINK("https://x.vn")', "en": "x"}
    monkeypatch.setattr(due, "operator", lambda service: Office(MEASURE | {"name": name}))
    printed("measures", "--csv", str(file := tmp_path / "measures.csv"))
    (row,) = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert row["name"] == f"'{name['vi']}"
    assert (row["counted"], row["response_days"]) == ("2", "")
