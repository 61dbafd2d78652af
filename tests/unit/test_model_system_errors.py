"""Why something failed is said in both languages."""

import errno
import os
import re
import socket
import sys
from pathlib import Path

import httpx2
import pytest

from services import cli
from services.connector.transport import Transport, Unreachable
from services.model.system_errors import USUAL, reason, with_file
from services.model.text import Text


@pytest.mark.parametrize("number", USUAL)
def test_the_usual_is_said_in_both_languages(number: int) -> None:
    said = reason(OSError(number, os.strerror(number)))
    assert said.vi != said.en
    assert os.strerror(number) not in said.vi


def test_the_rest_has_a_number_and_the_systems_words() -> None:
    said = reason(OSError(errno.EXDEV, "Invalid cross-device link"))
    assert said == Text("lỗi hệ thống 18", "system error 18: Invalid cross-device link")


def test_what_no_system_said_stays_as_it_is() -> None:
    assert reason(ValueError("as it is")) == Text("lỗi ValueError", "as it is")
    assert reason(TimeoutError()).en == "TimeoutError"


def test_a_name_without_an_address() -> None:
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    assert reason(error).vi == "không tìm thấy địa chỉ của máy chủ này"


def test_what_is_behind_another_error_is_said() -> None:
    with pytest.raises(httpx2.ConnectError) as refused:
        httpx2.get("http://127.0.0.1:1/")
    assert reason(refused.value).vi == "máy chủ từ chối kết nối; có thể chưa chạy"


def test_the_file_is_named_where_it_is_no_other(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "a").read_bytes()
    assert with_file(missing.value).vi == f"{tmp_path / 'a'}: không có tệp hoặc thư mục này"


def test_an_office_that_is_away_has_said_why() -> None:
    transport = Transport(httpx2.Client(base_url="http://127.0.0.1:1"), patience=0.0)
    with pytest.raises(Unreachable) as away:
        transport.send(lambda: transport.client.build_request("GET", "/"))
    assert reason(away.value).vi == "máy chủ từ chối kết nối; có thể chưa chạy"


@pytest.mark.parametrize(
    "call",
    [
        "validate {folder}/a.csv --rules {rules}",
        "check {folder} --form cv17809-1 --area 11 --period 2026-Q3 --offline",
        "catalogue check {folder}",
        "template cv17809-1 --period 2026-Q3 -o {folder}/none/a.xlsx",
        "template cv17809-1 --period 2026-Q3 -o {folder}/{long}.xlsx",
    ],
)
def test_no_sentence_holds_the_systems_english(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    places = {"folder": tmp_path, "rules": tmp_path / "rules.yaml"}
    words = [word.format(**places, long="a" * 300) for word in call.split()]
    monkeypatch.setattr(sys, "argv", ["solieu", "--lang", "vi", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code
    assert said
    assert not re.search(r"Errno|No such|[Dd]irectory|too long|refused", said), said
