"""`solieu rules test`: changed rules over what a person may read, through validation's API, before they are adopted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.model.messages import LANGUAGES, texts
from services.model.text import Text
from services.terminal.client import person
from services.terminal.show import AsJson, Exit, as_json, in_both, say, table

SECONDS = 120.0
"""Until the next line."""
COLUMNS = ("submission", "sender", "period", "attempt", "verdict", "rules")

app = typer.Typer(no_args_is_help=True, help="Quy tắc kiểm tra · Rules of checks")


@app.callback()
def commands() -> None:
    """Without it a single command would take the place of the group."""


@app.command(
    help="Thử quy tắc mới trên những gì bạn được xem · Try changed rules over what you may read"
)
def test(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, metavar="RULES.yaml",
            help="form, rules, removed; hoặc cả biểu (YAML) · form, rules, removed; or a whole form (YAML)",
        ),
    ],
    since: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Nhận từ ngày · Received from this day on"),
    ],
    by: Annotated[
        str,
        typer.Option(
            "--person",
            help="Mã của bạn; mật khẩu đọc từ đầu vào chuẩn · Your id; the password comes on standard input"
        ),
    ],
    json: AsJson = False,
) -> None:  # fmt: skip
    """No verdict is recorded. Exit codes: 0 no verdict changes, 1 some do, 2 bad rules, 4 refused, 5 broken off."""
    from services.model.text import ModelError
    from services.model.written import load_written_yaml

    try:
        change = load_written_yaml(file)
    except ModelError as error:
        say("operators.rules.unreadable", error=True, file=file, reason=error.text)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    body = {"since": f"{since:%Y-%m-%d}", "change": change}
    api = person("validation", by, SECONDS)
    lines = list(_followed(api.lines("/v1/rules/tests", body)))
    if not lines or lines[-1]["kind"] != "end":
        say("operators.rules.broken_off", error=True)
        raise typer.Exit(Exit.UNREACHABLE)
    if json:
        as_json({"begin": lines[0], "results": lines[1:-1], "end": lines[-1]})
    else:
        _show(lines[1:-1], lines[-1])
    if lines[-1]["changed"]:
        raise typer.Exit(Exit.DIFFERS)


def _followed(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same lines, with a bar of progress on standard error while they come."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for line in lines:
            if line["kind"] == "begin":
                progress.update(task, description=line["form"], total=line["attempts"])
            elif line["kind"] == "result":
                progress.advance(task)
            yield line


def _show(results: list[dict[str, Any]], end: dict[str, Any]) -> None:
    changed = [result for result in results if result.get("changes")]
    untested = [result for result in results if "untested" in result]
    if changed:
        table([f"operators.rules.{name}" for name in COLUMNS], map(_row, changed))
    for submission in untested:
        about = {"submission": submission["submission_id"], "attempt": submission["attempt"]}
        where = in_both(submission["where"])
        say(f"operators.rules.untested.{submission['untested']}", **about, where=where)
    say("operators.rules.totals", **{name: end[name] for name in ("tested", "changed", "untested")})


def _row(one: dict[str, Any]) -> list[object]:
    names = ("submission_id", "sender", "period", "attempt")
    return [*(one[name] for name in names), _verdicts(one), ", ".join(one["rules"])]


def _verdicts(one: dict[str, Any]) -> Text:
    """The verdict then → now, each with its number of errors."""
    then, now = (texts(f"operators.rules.verdict.{one[when]}") for when in ("then", "now"))
    before, after = one["errors"]
    changed = (f"{then.of(lang)} ({before}) → {now.of(lang)} ({after})" for lang in LANGUAGES)
    return Text(*changed)
