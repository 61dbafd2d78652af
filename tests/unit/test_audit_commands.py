"""`solieu audit`: what it prints, writes and returns, without any service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from services import cli
from services.kernel.settings import Settings
from services.model import verifier
from services.model.messages import text
from services.model.verifier import Reason
from tests.unit.test_audit_verifier import CLEARED, ORIGINAL, SUBMISSION, path, receipt_of


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["audit", *map(str, arguments)])


SIZE = receipt_of(path(*CLEARED))["checkpoint"]["size"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A receipt, and beside it the original, the sender's key and the log's checkpoint."""
    made = path(*CLEARED)
    receipt = receipt_of(made)
    (tmp_path / "original.xlsx").write_bytes(ORIGINAL)
    (tmp_path / "key.json").write_text(json.dumps(made.jwk), encoding="utf-8")
    (tmp_path / "checkpoint.json").write_text(json.dumps(receipt["checkpoint"]), encoding="utf-8")
    (tmp_path / "receipt.json").write_text(json.dumps(receipt, indent=1), encoding="utf-8")
    return tmp_path / "receipt.json"


def test_a_receipt_is_verified(file: Path) -> None:
    result = run("verify", file, "--checkpoint", file.parent / "checkpoint.json")
    assert result.exit_code == 0
    assert text("audit.verdict.cleared", "vi") in result.stdout
    assert "Biên nhận đúng" in result.stdout
    assert SUBMISSION in result.stdout
    assert "submission.stored" in result.stdout
    assert "--file" in result.stdout


def test_a_receipt_made_from_nothing_is_not_proved(file: Path) -> None:
    """Keys, log and verdict are its maker's: nothing contradicts it, and nothing speaks for it."""
    of_all = ["--file", file.parent / "original.xlsx", "--key", file.parent / "key.json"]
    for options in ([], of_all):
        result = run("verify", file, *options)
        assert result.exit_code == 3
        assert "CHƯA ĐƯỢC CHỨNG MINH" in result.stdout
        assert "NOT PROVED" in result.stdout
        assert "--checkpoint" in result.stdout
        assert "Biên nhận đúng" not in result.stdout
        result = run("verify", file, *options, "--json")
        found = json.loads(result.stdout)
        assert (result.exit_code, found["consistent"], found["proved"]) == (3, True, False)


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        (("submission.returned",), "returned"),
        (("submission.validated", "submission.withheld"), "withheld"),
        (CLEARED, "cleared"),
        ((*CLEARED, "submission.withdrawn"), "withdrawn"),
        (("submission.validated", "submission.held", "submission.withdrawn"), "withdrawn"),
    ],
)
def test_the_receipt_of_every_verdict_is_shown(
    tmp_path: Path, later: tuple[str, ...], verdict: str
) -> None:
    receipt = receipt_of(path(*later))
    (tmp_path / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")
    (tmp_path / "checkpoint.json").write_text(json.dumps(receipt["checkpoint"]), encoding="utf-8")
    result = run("verify", tmp_path / "receipt.json", "--checkpoint", tmp_path / "checkpoint.json")
    assert result.exit_code == 0, result.output
    for language in ("vi", "en"):
        assert text(f"audit.verdict.{verdict}", language) in result.stdout


def test_with_all_that_is_known_from_elsewhere(file: Path) -> None:
    given = {"--file": "original.xlsx", "--key": "key.json", "--checkpoint": "checkpoint.json"}
    options = [part for name, value in given.items() for part in (name, file.parent / value)]
    result = run("verify", file, *options, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["consistent"], found["proved"]) == (True, True)
    assert (found["verdict"], found["file_compared"]) == ("cleared", True)
    assert [one["topic"] for one in found["events"]] == ["submission.received", *CLEARED]
    assert "--file" not in run("verify", file, *options).stdout


@pytest.mark.parametrize(
    ("option", "content", "reason"),
    [
        ("--file", "another", Reason.ORIGINAL),
        ("--checkpoint", json.dumps({"size": SIZE, "root": "00" * 32}), Reason.CHECKPOINT),
        ("--key", json.dumps({"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}), Reason.KEY),
    ],
)
def test_what_does_not_agree_is_refuted(
    file: Path, option: str, content: str, reason: Reason
) -> None:
    other = file.parent / "other"
    other.write_text(content, encoding="utf-8")
    result = run("verify", file, option, other, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["consistent"], found["proved"]) == (False, False)
    assert found["reason"] == reason.value
    shown = run("verify", file, option, other)
    assert shown.exit_code == 1
    assert text(f"audit.unproved.{reason.value}", "vi") in shown.stderr


def test_a_checkpoint_of_another_time_says_what_would_prove(file: Path) -> None:
    other = file.parent / "other"
    other.write_text(json.dumps({"size": SIZE + 3, "root": "00" * 32}), encoding="utf-8")
    result = run("verify", file, "--checkpoint", other)
    assert result.exit_code == 3
    assert f"/v1/consistency?first={SIZE}&second={SIZE + 3}" in result.stdout
    assert "--consistency" in result.stdout


def test_a_changed_receipt_is_refuted(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"submission.cleared", b"submission.cleaned"))
    assert run("verify", file).exit_code == 1
    file.write_bytes(b"\xff")
    assert run("verify", file).exit_code == 1


def test_a_file_that_can_not_be_used_is_wrong_usage(file: Path) -> None:
    assert run("verify", file.parent / "missing.json").exit_code == 2
    assert run("verify", file, "--file", file.parent / "missing.json").exit_code == 2
    for option in ("--key", "--checkpoint"):
        assert run("verify", file, option, file.parent / "original.xlsx").exit_code == 2
    assert run("verify", file, "--checkpoint", file.parent / "key.json").exit_code == 2
    endless = file.parent / "endless.json"
    endless.write_text('{"size": Infinity, "root": ""}', encoding="utf-8")
    assert run("verify", file, "--checkpoint", endless).exit_code == 2


def with_token(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    config = Settings(operator_token=SecretStr(token))
    monkeypatch.setattr("services.kernel.settings.settings", lambda: config)


def answers(monkeypatch: pytest.MonkeyPatch, status: int, content: Any) -> list[Any]:
    asked: list[Any] = []
    with_token(monkeypatch, "operator")

    def request(method: str, url: str, **options: Any) -> httpx2.Response:
        asked.append((url.partition("/v1/")[2], options["params"]))
        return httpx2.Response(status, json=content)

    monkeypatch.setattr(httpx2, "request", request)
    return asked


def test_a_fetched_receipt_verifies(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, 200, json.loads(file.read_bytes()))
    fetched = file.parent / "fetched.json"
    result = run("receipt", SUBMISSION, "-o", fetched, "--attempt", 1)
    assert result.exit_code == 0
    assert asked == [(f"receipts/{SUBMISSION}", {"attempt": "1"})]
    assert verifier.verify_receipt(verifier.read_receipt(fetched.read_bytes())).attempt == 1


@pytest.mark.parametrize(("status", "code"), [(404, 4), (409, 4), (410, 4), (401, 4), (503, 5)])
def test_no_receipt_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    answers(monkeypatch, status, {"title": "Không có", "detail": "…", "en": {"title": "None"}})
    result = run("receipt", SUBMISSION, "-o", tmp_path / "receipt.json")
    assert result.exit_code == code
    assert "Không có" in result.stderr
    assert not (tmp_path / "receipt.json").exists()


def test_without_a_token_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, 200, {})
    with_token(monkeypatch, "")
    result = run("receipt", SUBMISSION, "-o", tmp_path / "receipt.json")
    assert (result.exit_code, asked) == (2, [])
    assert "SOLIEU_OPERATOR_TOKEN" in result.stderr


def test_verifying_needs_no_database_and_no_network(file: Path) -> None:
    program = (
        "import sys\n"
        "from services.cli import app\n"
        f"code = app(['audit', 'verify', {str(file)!r}], standalone_mode=False)\n"
        "assert code == 3, code\n"
        "heavy = ('sqlalchemy', 'sqlmodel', 'psycopg', 'httpx2', 'kafka', 'faust', 'fastapi')\n"
        "assert not set(heavy) & set(sys.modules), set(heavy) & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
