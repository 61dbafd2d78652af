"""A command that was called wrongly says so in both languages, names what was meant, and ends with exit code 2."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer

from services import cli
from services.model.text import Text
from services.terminal.help import translate
from services.terminal.show import tell

WRONG = [
    ("check x.xlsx --perod 2026", "Không có tùy chọn «--perod». Có phải: --period?"),
    ("chek", "Không có lệnh «chek». Có phải: check?"),
    ("people chnge", "Không có lệnh «chnge». Có phải: changes?"),
    ("nonsense", "Không có lệnh «nonsense».\n"),
    ("check", "Thiếu {file}."),
    ("--lang vi", "Thiếu lệnh."),
    ("template cv17809-1 --output x", "Thiếu --period."),
    ("check x.xlsx --form", "Tùy chọn --form cần một giá trị."),
    ("codes --json=yes", "Tùy chọn --json không có giá trị."),
    ("codes extra", "Thừa: extra"),
    ("codes --lang vi", "Không có tùy chọn «--lang». Viết trước lệnh: solieu --lang … codes\n"),
    ("--lang fr codes", "--lang không đúng: phải là một trong vi, en"),
    ("report abc --attempt 0", "--attempt không đúng: phải là một số từ 1 đến …"),
    ("report abc --attempt x", "--attempt không đúng: phải là một số từ 1 đến …"),
    ("policy matrix --day 1/1/2026", "--day không đúng: phải là ngày theo mẫu %Y-%m-%d"),
    ("audit verify /nowhere", "{receipt} không đúng: phải là tệp có sẵn và đọc được"),
    ("check /nowhere --form a --period 2026 --area 11", "Không đọc được tệp /nowhere"),
    ("republish --service nobody", "--service không đúng: phải là một trong intake"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[call for call, _ in WRONG])
def test_what_is_wrong_and_what_was_meant(
    arguments: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["solieu", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert said in printed.err
    assert printed.out == ""
    for word in ("Usage", "Error", "No such", "Invalid", "Missing option", "Got unexpected"):
        assert word not in printed.err


def codes_to(output: int) -> tuple[int, str]:
    """How `solieu codes` ends that writes there, and what it says to standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "codes", "--json"],
        stdout=output, stderr=subprocess.PIPE, text=True, check=False,
        env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    os.close(output)
    return done.returncode, done.stderr


def test_a_reader_who_has_enough_is_no_failed_check() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert codes_to(writer) == (141, "")


def test_a_broken_connection_is_no_reader_who_has_enough(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError("a broker's connection")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 5
    assert "a broker's connection" in capfd.readouterr().err


@pytest.mark.parametrize("call", ["codes", "codes --json", "--help"])
def test_a_reader_who_leaves_any_output_is_no_failed_check(call: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", *call.split()], stdout=output, check=False
        )
    assert done.returncode == 141


@pytest.mark.parametrize("how", [">&-", "| cat"])
def test_a_closed_output_or_one_of_another_encoding_is_no_failed_check(how: str) -> None:
    call = f"{sys.executable} -m services.cli codes {how}; exit ${{PIPESTATUS[0]}}"
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(["bash", "-c", call], env=environment, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_a_sentence() -> None:
    code, said = codes_to(os.open("/dev/full", os.O_WRONLY))
    assert (code, said.splitlines()[0]) == (5, "Không ghi được kết quả: hết chỗ trên đĩa.")
    assert "Traceback" not in said


def test_an_interruption_is_no_failed_check(tmp_path: Path) -> None:
    """While it reads what nobody goes on to write."""
    file = tmp_path / "never.xlsx"
    os.mkfifo(file)
    asked = ["check", str(file), "--form", "t0111", "--area", "11", "--period", "2025", "--offline"]
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", *asked], stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        writer = -1
        while writer < 0:
            assert process.poll() is None
            time.sleep(0.05)
            with suppress(OSError):  # nobody reads yet
                writer = os.open(file, os.O_WRONLY | os.O_NONBLOCK)
        process.send_signal(signal.SIGINT)
        # Python sees a signal that comes just before a blocking call when that call is over, not before.
        os.close(writer)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert (process.returncode, "Traceback" in said) == (130, False)


def test_one_language_where_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["solieu", "--lang", "en", "check", "--perod", "x"])
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == (
        "There is no option --perod. Was it --period?\nSee: solieu check --help\n"
    )


def all_help(command: Any) -> Iterator[str]:
    """What a command, its options and the commands below it say of themselves."""
    yield from (one.help for one in (command, *command.params) if getattr(one, "help", None))
    for below in getattr(command, "commands", {}).values():
        yield from all_help(below)


def test_help_speaks_the_chosen_language_alone() -> None:
    command = typer.main.get_command(cli.app)
    both = list(all_help(command))
    halves = [text for text in both if text.count(" · ") == 1]
    # Two are typer's own until help is asked for, one is a pattern of file names.
    assert (len(halves), len(both)) == (len(both) - 3, len(both))
    translate(command, "vi")
    assert [text for text in all_help(command) if " · " in text] == []
    assert next(all_help(command)) == "Từ bảng tính của cơ quan đến đầu vào GRDP"


OF_TYPER = re.compile(
    r"Usage|OPTIONS|Options|Arguments|ARGS|Commands|required|env var|default:|Show |and exit"
)


def all_commands(command: Any) -> Iterator[list[str]]:
    """How each command is called."""
    yield []
    for name, below in getattr(command, "commands", {}).items():
        yield from ([name, *call] for call in all_commands(below))


def printed_by(
    call: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.setattr(sys, "argv", ["solieu", *call])
    with suppress(SystemExit):
        cli.main()
    return capsys.readouterr().out


def test_no_word_of_typers_own_stands_in_vietnamese_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = list(all_commands(typer.main.get_command(cli.app)))
    assert len(calls) > 50
    for call in calls:
        said = printed_by(["--lang", "vi", *call, "--help"], monkeypatch, capsys)
        assert "Cách dùng: solieu" in said
        assert "In trợ giúp này" in said
        assert OF_TYPER.findall(said) == [], call


def test_help_speaks_both_languages_where_none_is_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = printed_by(["check", "--help"], monkeypatch, capsys)
    for words in ("Cách dùng · Usage: solieu check", " Tùy chọn · Options ", "Đối số · Arguments"):
        assert words in said


@pytest.mark.parametrize(
    ("environment", "call"),
    [
        ("vi", ["--help"]),
        ("vi", []),
        ("vi", ["check", "--help"]),
        ("en", ["--help", "--lang", "vi"]),
    ],
)
def test_help_speaks_the_language_wherever_it_is_chosen(
    environment: str,
    call: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOLIEU_LANG", environment)
    said = printed_by(call, monkeypatch, capsys)
    assert "Cách dùng: solieu" in said
    assert " · " not in said


def test_the_words_of_help_are_loaded_for_help_alone() -> None:
    script = (
        "import sys; sys.argv = ['solieu', 'codes', '--json']\n"
        "from services import cli\n"
        "try: cli.main()\n"
        "finally: print('typer.rich_utils' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == "False\n"


def test_the_language_is_chosen_before_the_help_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["solieu", "--lang", "en", "--help"])
    with suppress(SystemExit):
        cli.main()
    printed = capsys.readouterr().out
    assert "The evidence log" in printed
    assert "Nhật ký bằng chứng" not in printed


def test_without_arguments_there_is_the_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["solieu"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "validate" in capsys.readouterr().out


def test_nothing_that_others_named_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Text("tệp \x1b]0;x\x07", "file \x1b]0;x\x07"))
    assert "\x1b]" not in capsys.readouterr().out


def test_a_template_is_never_written_over_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = tmp_path / "filled.xlsx"
    filled.write_bytes(b"filled in")
    call = ["template", "cv17809-1", "--period", "2026-Q3", "-o", str(filled)]
    monkeypatch.setattr(sys, "argv", ["solieu", *call])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "có thể đã điền" in capsys.readouterr().err
    assert filled.read_bytes() == b"filled in"


def test_a_key_that_is_not_there_is_wrong_usage_and_not_the_offices_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n", encoding="utf-8")
    call = ["check", str(file), "--form", "cv17809-1", "--area", "11", "--period", "2026-Q3"]
    monkeypatch.setattr(sys, "argv", ["solieu", *call, "--key", "/nowhere", "--url", "http://x"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "Không có tệp khóa /nowhere" in capsys.readouterr().err


def test_codes_and_rules_say_their_severity_in_the_chosen_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = printed_by(["--lang", "vi", "codes"], monkeypatch, capsys)
    assert "ESS cấp 0 · Lỗi · định dạng tệp · STRUVAL 500" in said
    assert "ESS: cấp do quy tắc nêu · mức độ do quy tắc nêu · ràng buộc" in said
    assert not re.search(r" (error|warning|information|rule|format|structure|constraint) ", said)
    assert "ESS level 0 · Error · format of the file" in printed_by(["codes"], monkeypatch, capsys)
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "rules.yaml").write_text("rules: [{id: r, expression: a > 0, severity: warning}]")
    call = ["validate", str(tmp_path / "a.csv"), "--rules", str(tmp_path / "rules.yaml")]
    assert "Cảnh báo" in printed_by(["--lang", "vi", *call], monkeypatch, capsys)
    said = printed_by(["--lang", "en", *call], monkeypatch, capsys)
    assert "Warning" in said
    assert "warning" not in said
