"""What `make steady` reads of its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import told
from tests.steady import failed_in, main

REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_fails"><failure message="x"/></testcase>
<testcase classname="tests.unit.test_a" name="test_passes"/>
<testcase classname="tests.unit.test_a" name="test_is_skipped"><skipped/></testcase>
<testcase classname="tests.unit.test_b" name="test_breaks[x]"><error message="at teardown"/></testcase>
</testsuite></testsuites>"""


def test_failures_and_errors_are_listed(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(REPORT)
    assert failed_in(tmp_path / "1.xml") == [
        "tests.unit.test_a::test_fails",
        "tests.unit.test_b::test_breaks[x]",
    ]


@pytest.mark.parametrize(("body", "code", "said"), [("pass", 0, ""), ("assert 0", 1, "2 of 2  ")])
def test_each_run_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, code: int, said: str
) -> None:
    test = tmp_path / "test_made_up.py"
    test.write_text(f"def test_it():\n    {body}\n")
    assert (
        main(["--times", "2", "--processes", "0", "--", str(test), "-p", "no:cacheprovider"])
        == code
    )
    assert said in capsys.readouterr().out


def test_a_failed_test_shows_what_its_programs_had_to_say(tmp_path: Path) -> None:
    """Their stack is deleted with the test: without this nobody finds out why they were slow, or ended."""
    (tmp_path / "supervisord.log").write_text(
        "INFO spawned: 'intake-worker' with pid 7\nINFO reaped\nWARN exited: intake-worker (exit status 1)\n",
        encoding="utf-8",
    )
    lines = [f'{{"event": "waiting", "level": "warning", "n": {n}}}' for n in range(100)]
    (tmp_path / "intake-worker.log").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "quiet.log").write_text('{"event": "received", "level": "info"}', encoding="utf-8")
    said = told(tmp_path)
    assert "exited: intake-worker" in said and "reaped" not in said
    assert '"n": 99' in said and '"n": 59' not in said, "the last of them"
    assert "quiet.log" not in said
