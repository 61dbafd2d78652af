from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from services.connector import client
from services.connector.client import Notice, Receipt, Refused, Undecided, Unreachable
from services.connector.commands import app
from services.connector.keys import Key
from services.model.statement import Nil, NilKind
from services.model.text import ModelError, Text
from tests.unit.opened import opened

STATE: dict[str, Any] = {
    "id": "1", "attempt": 1, "state": "stored", "figures": 94, "findings": [], "reasons": [],
}  # fmt: skip
FINDING = {"sheet": "Biểu 1", "cells": ["C5", "C6"], "rule": "total-2", "code": "total"}
REPORT: dict[str, Any] = {
    "form": "cv17809-1", "figures": 94, "verdict": "returned",
    "findings": [
        FINDING | {
            "severity": "error", "value": None,
            "expected": "291552.905", "found": "101906.435", "difference": "-189646.47",
            "message": {"vi": "Tổng không khớp, tính ra 291.552,905.", "en": "The total is wrong."},
            "mend": {"vi": "Sửa ô sai.", "en": "Correct the cell."},
        }
    ],
}  # fmt: skip
REASON = {
    "policy": "dien-bien.names", "message": "policy.identifiers", "requirement": "R19",
    "instrument": "dien-bien-1618-2021", "number": "1618/QĐ-UBND", "article": "6", "clause": "2",
    "cells": [
        {"sheet": "Danh sách", "cell": "C4", "kind": "person_name"},
        {"sheet": "Danh sách", "cell": "D4", "kind": "phone"},
        {"sheet": "Danh sách", "cell": "C5", "kind": "person_name"},
    ],
    "text": {"vi": "Có tên người.", "en": "There are names."},
}  # fmt: skip
HELD: dict[str, Any] = {
    "policy": "policy.form-missing", "message": "policy.form-missing", "requirement": "",
    "instrument": "", "article": "", "clause": None, "cells": [],
}  # fmt: skip


T = TypeVar("T")


STATE_OF_REPORT = {"state": "returned"}


class Connector:
    """Stands for the connector; `answer` is what waiting brings."""

    answer: dict[str, Any] | Exception = STATE_OF_REPORT
    sent: Receipt | Exception = Receipt("1", 1, 202)
    found: dict[str, Any] | Exception = REPORT
    workbook: bytes | Exception = b"PK"
    notice: Notice | Exception = Notice("7", 201)
    announced: list[dict[str, Any]]
    stated: list[dict[str, Any]]
    asked: list[tuple[str, int | None]]

    def __init__(
        self, url: str, key: Path, sender: str | None, *, office: str | None = None
    ) -> None:
        Key.load(key)

    def __enter__(self) -> Connector:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, path: Path, **claims: Any) -> Receipt:
        path.read_bytes()
        self.stated.append(claims)
        return given(self.sent)

    def wait(self, id_: str, attempt: int, *, seconds: float) -> dict[str, Any]:
        return given(self.answer)

    def report(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        self.asked.append((id_, attempt))
        return given(self.found)

    def state(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        return given(self.answer)

    def marked(self, id_: str, attempt: int | None = None) -> bytes:
        return given(self.workbook)

    def receipt(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        self.asked.append((id_, attempt))
        return given(self.found)

    def announce_secret(self, **document: Any) -> Notice:
        self.announced.append(document)
        return given(self.notice)


def given(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> type[Connector]:
    fresh = type("Fresh", (Connector,), {"asked": [], "announced": [], "stated": []})
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
        ("withheld", 6),
        ("held", 3),
    ],
)
def test_exit_codes_of_verdicts(
    tmp_path: Path, connector: type[Connector], state: str, code: int
) -> None:
    connector.answer = STATE | {"state": state, "findings": [FINDING], "reasons": [REASON]}
    result = run(tmp_path, "--wait")
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert "C5, C6" in result.stderr


def test_a_reason_names_article_and_cells(tmp_path: Path, connector: type[Connector]) -> None:
    connector.answer = STATE | {"state": "withheld", "reasons": [REASON]}
    said = run(tmp_path, "--wait").stderr
    assert "  R19, khoản 2 Điều 6 1618/QĐ-UBND\n  R19, Article 6(2) of 1618/QĐ-UBND\n" in said
    assert "    Có tên người.\n    There are names.\n" in said
    assert "Danh sách C4, C5 (tên người)" in said and "Danh sách D4 (số điện thoại)" in said


def test_an_instrument_without_a_number_has_its_id(
    tmp_path: Path, connector: type[Connector]
) -> None:
    reason = {name: value for name, value in REASON.items() if name != "number"}
    connector.answer = STATE | {"state": "withheld", "reasons": [reason]}
    assert "R19, khoản 2 Điều 6 dien-bien-1618-2021" in run(tmp_path, "--wait").stderr


def test_a_reason_that_no_article_says(tmp_path: Path, connector: type[Connector]) -> None:
    connector.answer = STATE | {"state": "held", "reasons": [HELD]}
    result = run(tmp_path, "--wait")
    assert (result.exit_code, "policy.form-missing" in result.stderr) == (3, True)
    assert "Điều" not in result.stderr


def said_of_the_finding(output: str) -> None:
    """The words of REPORT's finding, with the numbers that its message doesn't have."""
    lines = [line.strip() for line in output.splitlines()]
    first = lines.index("Biểu 1 C5, C6: Tổng không khớp, tính ra 291.552,905.")
    assert lines[first + 1 : first + 6] == [
        "Biểu 1 C5, C6: The total is wrong.",
        "thực tế 101.906,435; lệch -189.646,47",
        "expected 291,552.905; found 101,906.435; difference -189,646.47",
        "Cách sửa: Sửa ô sai.",
        "To mend it: Correct the cell.",
    ]


def test_what_is_returned_is_told_from_its_report(
    tmp_path: Path, connector: type[Connector]
) -> None:
    connector.answer = STATE | {"state": "returned", "attempt": 2, "findings": [FINDING]}
    result = run(tmp_path, "--wait")
    said_of_the_finding(result.stderr)
    assert (result.exit_code, connector.asked) == (1, [("1", 2)])


def test_without_a_report_the_verdict_and_its_codes_remain(
    tmp_path: Path, connector: type[Connector]
) -> None:
    connector.answer = STATE | {"state": "returned", "findings": [FINDING]}
    for gone in (Refused({"status": 404}), Unreachable("away")):
        connector.found = gone
        result = run(tmp_path, "--wait")
        assert result.exit_code == 1
        assert "Biểu 1 C5, C6: total (total-2)" in result.stderr


def report(tmp_path: Path, *more: str) -> Any:
    Key.generate("so").save(tmp_path / "k.json")
    words = ["report", "1", "--key", str(tmp_path / "k.json"), *more]
    return CliRunner().invoke(app, words)


def test_report(tmp_path: Path, connector: type[Connector]) -> None:
    result = report(tmp_path, "--attempt", "2")
    said_of_the_finding(result.stderr)
    assert (result.exit_code, connector.asked) == (1, [("1", 2)])


def test_a_report_as_json(tmp_path: Path, connector: type[Connector]) -> None:
    connector.found = REPORT | {"verdict": "valid", "findings": []}
    connector.answer = STATE
    result = report(tmp_path, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, connector.found)


@pytest.mark.parametrize(("state", "code"), [("held", 3), ("withheld", 6)])
def test_a_report_without_errors_says_where_the_submission_stands(
    tmp_path: Path, connector: type[Connector], state: str, code: int
) -> None:
    connector.found = REPORT | {"verdict": "valid", "findings": []}
    connector.answer = STATE | {"state": state, "reasons": [REASON]}
    result = report(tmp_path)
    assert result.exit_code == code
    assert ("không được dùng" in result.stderr.lower()) == (state == "withheld")


def test_no_report(tmp_path: Path, connector: type[Connector]) -> None:
    connector.found = Refused({"type": "urn:solieu:problem:no_report", "title": "Chưa có báo cáo"})
    result = report(tmp_path)
    assert (result.exit_code, "Chưa có báo cáo" in result.stderr) == (4, True)


def test_cleared_says_how_many_figures(tmp_path: Path, connector: type[Connector]) -> None:
    connector.answer = STATE | {"state": "cleared"}
    output = run(tmp_path, "--wait").stderr
    assert "chấp nhận: 94 số liệu" in output and "Cleared: 94 figures" in output


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
    connector.sent = Refused(problem)
    result = run(tmp_path)
    assert result.exit_code == 4
    assert result.stderr.index("Bỏ mật khẩu") < result.stderr.index("Remove it")
    as_json = run(tmp_path, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (4, problem)


def test_unreachable(tmp_path: Path, connector: type[Connector]) -> None:
    connector.sent = Unreachable("http://x: refused")
    assert run(tmp_path).exit_code == 5
    connector.sent = Receipt("1", 1, 202)
    connector.answer = Undecided(STATE | {"state": "validated"})
    assert run(tmp_path, "--wait").exit_code == 5


def test_missing_files_are_no_verdict(tmp_path: Path, connector: type[Connector]) -> None:
    assert run(tmp_path, file="none.csv").exit_code == 2
    (tmp_path / "k.json").write_text("x")
    assert run(tmp_path).exit_code == 2


PARTICULARS = ("--document-number", "12/BC-STC", "--level", "secret", "--date", "2026-11-20",
               "--receiver", "thong-ke-dien-bien")  # fmt: skip


def announce(tmp_path: Path, *more: str, file: str = "a.docx") -> Any:
    (tmp_path / "a.docx").write_bytes(b"secret")
    Key.generate("so").save(tmp_path / "k.json")
    words = ["submit", str(tmp_path / file), "--key", str(tmp_path / "k.json"), *more]
    return CliRunner().invoke(app, words)


def test_a_secret_is_announced_and_its_file_not_opened(
    tmp_path: Path, connector: type[Connector]
) -> None:
    with opened(tmp_path / "a.docx") as times:
        result = announce(tmp_path, "--classification", "state_secret", *PARTICULARS)
    assert times == ["w"] or times == ["wb"], "by this test alone"
    assert result.exit_code == 0, result.output
    assert connector.announced == [
        {"document_number": "12/BC-STC", "level": "secret", "date": "2026-11-20",
         "receiver": "thong-ke-dien-bien"}
    ]  # fmt: skip
    assert result.stderr.index("không gửi gì") < result.stderr.index("nothing of it was sent")


def test_a_secret_announced_before_and_as_json(tmp_path: Path, connector: type[Connector]) -> None:
    connector.notice = Notice("7", 200)
    secret = ("--classification", "state_secret", *PARTICULARS)
    result = announce(tmp_path, *secret, "--json")
    assert json.loads(result.stdout) == {"id": "7", "status": 200}
    (tmp_path / "k.json").unlink()
    assert "từ trước" in announce(tmp_path, *secret).stderr


@pytest.mark.parametrize("left_out", [0, 2, 4, 6])
def test_a_secret_needs_all_particulars(
    tmp_path: Path, connector: type[Connector], left_out: int
) -> None:
    some = PARTICULARS[:left_out] + PARTICULARS[left_out + 2 :]
    result = announce(tmp_path, "--classification", "state_secret", *some)
    assert (result.exit_code, connector.announced) == (2, [])
    assert PARTICULARS[left_out] in result.stderr


def test_a_secret_document_without_its_classification_is_not_sent(
    tmp_path: Path, connector: type[Connector]
) -> None:
    connector.sent = AssertionError("it was sent")
    assert run(tmp_path, *PARTICULARS).exit_code == 2
    assert run(tmp_path, *PARTICULARS[:2]).exit_code == 2


def test_a_secret_that_is_not_there_or_wrong(tmp_path: Path, connector: type[Connector]) -> None:
    secret = ("--classification", "state_secret", *PARTICULARS)
    result = announce(tmp_path, *secret, file="none.docx")
    assert (result.exit_code, connector.announced) == (2, [])
    (tmp_path / "k.json").unlink()
    connector.notice = ModelError(Text("document_number: sai mẫu", "document_number: wrong"))
    result = announce(tmp_path, *secret)
    assert result.exit_code == 4
    assert "document_number: sai mẫu" in result.stderr


def test_a_submission_needs_its_options(tmp_path: Path, connector: type[Connector]) -> None:
    result = announce(tmp_path, "--form", "f")
    assert result.exit_code == 2
    assert "--area" in result.stderr and "--regime" in result.stderr


def test_the_marked_workbook_is_written(tmp_path: Path, connector: type[Connector]) -> None:
    out = tmp_path / "m.xlsx"
    result = report(tmp_path, "--marked", str(out))
    assert (result.exit_code, out.read_bytes()) == (1, b"PK")
    said_of_the_finding(result.stderr)


def test_no_marked_workbook(tmp_path: Path, connector: type[Connector]) -> None:
    connector.workbook = Refused({"type": "urn:solieu:problem:not-marked", "title": "Không có"})
    out = tmp_path / "m.xlsx"
    result = report(tmp_path, "--marked", str(out))
    assert (result.exit_code, out.exists()) == (4, False)
    assert "not-marked" in result.stderr


def test_a_place_that_cant_be_written(tmp_path: Path, connector: type[Connector]) -> None:
    result = report(tmp_path, "--marked", str(tmp_path / "none" / "m.xlsx"))
    assert result.exit_code == 4
    assert "m.xlsx" in result.stderr and "Traceback" not in result.output


def test_a_receipt_is_written_for_verify(tmp_path: Path, connector: type[Connector]) -> None:
    connector.found = {"format": 1, "statement": "ế"}
    Key.generate("so").save(tmp_path / "k.json")
    out = tmp_path / "r.json"
    words = ["receipt", "1", "--key", str(tmp_path / "k.json"), "-o", str(out), "--attempt", "2"]
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, connector.asked) == (0, [("1", 2)])
    assert json.loads(out.read_text(encoding="utf-8")) == connector.found


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
    assert printed["office"] is None
    assert "--office" in result.stderr


@pytest.mark.parametrize(
    ("words", "office"),
    [
        (("--sender", "so-tai-chinh-dien-bien"), "thong-ke-dien-bien"),
        (("--sender", "bo-tai-chinh"), "cuc-thong-ke"),
        (("--sender", "so-moi", "--office", "thong-ke-lai-chau"), "thong-ke-lai-chau"),
    ],
)
def test_a_new_key_knows_the_office_that_it_signs_for(
    tmp_path: Path, words: tuple[str, ...], office: str
) -> None:
    file = tmp_path / "k.json"
    result = CliRunner().invoke(app, ["keys", "new", *words, "--file", str(file)])
    assert (result.exit_code, Key.load(file).office) == (0, office)
    assert office in result.stderr


def test_a_nil_is_stated_with_its_reason(tmp_path: Path, connector: type[Connector]) -> None:
    assert run(tmp_path, "--nil", "none_occurred", "--reason", " Không phát sinh ").exit_code == 0
    (claims,) = connector.stated
    assert claims["nil"] == Nil(kind=NilKind.NONE_OCCURRED, reason="Không phát sinh")
    assert "reason" not in claims


def test_a_correction_says_why(tmp_path: Path, connector: type[Connector]) -> None:
    assert run(tmp_path, "--reason", " Nhập nhầm đơn vị ").exit_code == 0
    (claims,) = connector.stated
    assert claims["reason"] == "Nhập nhầm đơn vị"
    assert "nil" not in claims


@pytest.mark.parametrize(
    "words",
    [
        ("--nil", "none_occurred"),
        ("--reason", "  "),
        ("--nil", "not_collected", "--reason", "  "),
        ("--nil", "zero", "--reason", "Không phát sinh"),
    ],
)
def test_a_nil_needs_its_reason_and_one_of_two_kinds(
    tmp_path: Path, connector: type[Connector], words: tuple[str, ...]
) -> None:
    assert run(tmp_path, *words).exit_code == 2
    assert connector.stated == []
