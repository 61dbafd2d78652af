from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from services.connector import client
from services.connector.client import Receipt, Refused, Undecided, Unreachable
from services.connector.commands import app
from services.connector.keys import Key

STATE: dict[str, Any] = {
    "id": "1", "attempt": 1, "state": "stored", "figures": 94, "findings": [], "reasons": [],
}  # fmt: skip
FINDING = {"sheet": "Biểu 1", "cells": ["C5", "C6"], "rule": "total-2", "code": "total"}
REASON = {
    "instrument": "1618/QĐ-UBND", "article": "6", "clause": "2", "requirement": "R19",
    "cells": [{"sheet": "Danh sách", "cell": "D4", "kind": "name"}],
}  # fmt: skip


T = TypeVar("T")


class Connector:
    """Stands for the connector; `answer` is what waiting brings."""

    answer: dict[str, Any] | Exception
    receipt: Receipt | Exception = Receipt("1", 1, 202)

    def __init__(self, url: str, key: Path, sender: str | None) -> None:
        Key.load(key)

    def __enter__(self) -> Connector:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, path: Path, **claims: Any) -> Receipt:
        path.read_bytes()
        return given(self.receipt)

    def wait(self, id_: str, attempt: int, *, seconds: float) -> dict[str, Any]:
        return given(self.answer)


def given(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> type[Connector]:
    fresh = type("Fresh", (Connector,), {})
    monkeypatch.setattr(client, "Connector", fresh)
    return fresh


def run(tmp_path: Path, *more: str, file: str = "a.csv") -> Any:
    (tmp_path / "a.csv").write_bytes(b"a;b")
    if not (tmp_path / "k.json").exists():
        Key.generate("so").save(tmp_path / "k.json")
    words = [
        "--form",
        "f",
        "--area",
        "11",
        "--period",
        "2026-Q3",
        "--completeness",
        "estimate",
        "--regime",
        "coordination",
    ]
    return CliRunner().invoke(
        app, ["submit", str(tmp_path / file), *words, "--key", str(tmp_path / "k.json"), *more]
    )


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("cleared", 0),
        ("stored", 0),
        ("superseded", 0),
        ("returned", 1),
        ("withheld", 2),
        ("held", 3),
    ],
)
def test_exit_codes_of_verdicts(
    tmp_path: Path, connector: type[Connector], state: str, code: int
) -> None:
    connector.answer = STATE | {"state": state, "findings": [FINDING], "reasons": [REASON]}
    result = run(tmp_path, "--wait")
    assert result.exit_code == code, result.output
    assert "C5 C6" in result.stderr
    assert "Điều 6 khoản 2 (R19): Danh sách!D4" in result.stderr


def test_vietnamese_comes_first(tmp_path: Path, connector: type[Connector]) -> None:
    connector.answer = STATE
    output = run(tmp_path, "--wait").stderr
    assert output.index("Đã nhận") < output.index("Received")
    assert output.index("lưu: 94 số liệu") < output.index("stored: 94 figures")


def test_json_is_all_of_standard_output(tmp_path: Path, connector: type[Connector]) -> None:
    connector.answer = STATE
    assert json.loads(run(tmp_path, "--wait", "--json").stdout) == STATE
    assert json.loads(run(tmp_path, "--json").stdout)["id"] == "1"


def test_refused(tmp_path: Path, connector: type[Connector]) -> None:
    problem = {
        "type": "urn:solieu:problem:password", "status": 422, "title": "Có mật khẩu", "detail": "Bỏ mật khẩu",
        "en": {"title": "Protected", "detail": "Remove it"},
    }  # fmt: skip
    connector.receipt = Refused(problem)
    result = run(tmp_path)
    assert result.exit_code == 4
    assert result.stderr.index("Bỏ mật khẩu") < result.stderr.index("Remove it")
    as_json = run(tmp_path, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (4, problem)


def test_unreachable(tmp_path: Path, connector: type[Connector]) -> None:
    connector.receipt = Unreachable("http://x: refused")
    assert run(tmp_path).exit_code == 5
    connector.receipt = Receipt("1", 1, 202)
    connector.answer = Undecided(STATE | {"state": "validated"})
    assert run(tmp_path, "--wait").exit_code == 5


def test_missing_files_are_no_verdict(tmp_path: Path, connector: type[Connector]) -> None:
    """Not 2, as a missing file is for other commands: 2 says that it was withheld."""
    assert run(tmp_path, file="none.csv").exit_code == 4
    (tmp_path / "k.json").write_text("x")
    assert run(tmp_path).exit_code == 4


def test_keys_new(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    arguments = ["keys", "new", "--sender", "so", "--file", str(file)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed["id"] == Key.load(file).id
    assert "d" not in printed["public_key"]
    assert CliRunner().invoke(app, arguments).exit_code == 4
    assert Key.load(file).id == printed["id"]
