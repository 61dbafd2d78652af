"""`solieu items`, `forms` and `notices`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.connector import client
from services.connector.client import Refused, Unreachable
from services.connector.keys import Key
from services.connector.own import app
from services.model.form import shipped_forms
from services.model.starter_pack import load_items

AT = "2026-11-30T01:02:03Z"
ITEM = load_items()[0].to_dict() | {
    "agreement": {
        "number": "12/TT", "signed_on": "2026-01-01", "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    }
}  # fmt: skip
FORM = shipped_forms()["cv17809-1"].to_dict()
NOTICE = {
    "subject": "Biểu cv17809-1: trả lại để sửa", "channel": "email", "state": "failed", "created_at": AT,
}  # fmt: skip


class Connector:
    """Stands for the connector."""

    items_: list[dict[str, Any]] | Exception
    wanted: dict[str, Any]

    def __init__(self, url: str, key: Path, sender: str | None) -> None:
        Key.load(key)

    def __enter__(self) -> Connector:
        return self

    def __exit__(self, *_: object) -> None: ...

    def items(self) -> list[dict[str, Any]]:
        if isinstance(self.items_, Exception):
            raise self.items_
        return self.items_

    def forms(self) -> list[dict[str, Any]]:
        return [{"id": FORM["id"], "version": 3, "body": FORM, "changed_at": AT}]

    def notices(self, **wanted: Any) -> dict[str, Any]:
        self.wanted.update(wanted)
        return {"notices": [NOTICE], "next": "x"}


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> type[Connector]:
    entry = {"id": ITEM["id"], "version": 1, "body": ITEM}
    fresh = type("Fresh", (Connector,), {"items_": [entry], "wanted": {}})
    monkeypatch.setattr(client, "Connector", fresh)
    return fresh


def run(tmp_path: Path, *words: str, expect: int = 0) -> Result:
    if not (tmp_path / "k.json").exists():
        Key.generate("so").save(tmp_path / "k.json")
    key = ["--key", str(tmp_path / "k.json")]
    result = CliRunner().invoke(app, [*words, *key], env={"COLUMNS": "400"})
    assert result.exit_code == expect, result.output
    return result


def test_items_say_what_is_owed_and_by_which_document(
    tmp_path: Path, connector: type[Connector]
) -> None:
    said = run(tmp_path, "items").stdout
    for text in (ITEM["id"], ITEM["name"]["vi"], ITEM["name"]["en"], ITEM["form"]):
        assert text in said
    assert "12/TT → 31/12/2026" in said
    assert "12/TT → 31 December 2026" in said


def test_forms_say_their_version(tmp_path: Path, connector: type[Connector]) -> None:
    said = run(tmp_path, "forms").stdout
    assert FORM["title"]["vi"] in said
    assert "│ 3 " in said
    assert "08:02, 30/11/2026" in said, "by the clock of Viet Nam"


def test_notices_say_how_they_fared(tmp_path: Path, connector: type[Connector]) -> None:
    said = run(tmp_path, "notices", "--limit", "5", "--submission", "7").stdout
    assert connector.wanted == {"limit": 5, "submission": "7"}
    assert NOTICE["subject"] in said
    assert "không gửi được" in said
    assert "failed" in said


def test_programs_get_what_the_office_says(tmp_path: Path, connector: type[Connector]) -> None:
    assert json.loads(run(tmp_path, "items", "--json").stdout) == connector.items_
    assert json.loads(run(tmp_path, "notices", "--json").stdout)["next"] == "x"


def test_that_there_is_nothing_is_said(tmp_path: Path, connector: type[Connector]) -> None:
    connector.items_ = []
    assert "Không có mục nào" in run(tmp_path, "items").stderr
    assert run(tmp_path, "items", "--json").stdout == "[]\n"


@pytest.mark.parametrize("odd", [{"ok": True}, ["x"], [{"id": "x", "body": None}], 7])
def test_well_formed_json_of_somebody_else_is_no_traceback(
    tmp_path: Path, connector: type[Connector], odd: Any
) -> None:
    connector.items_ = odd
    assert (
        "không phải là câu trả lời của cơ quan thống kê" in run(tmp_path, "items", expect=5).stderr
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [(Refused({"type": "urn:x:unsigned", "title": "Sai"}), 4), (Unreachable("away"), 5)],
)
def test_who_is_refused_or_reaches_nobody_is_told(
    tmp_path: Path, connector: type[Connector], error: Exception, code: int
) -> None:
    connector.items_ = error
    said = run(tmp_path, "items", expect=code).stderr
    assert "Sai" in said or "away" in said
