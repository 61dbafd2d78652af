"""What became of a command: its exit code, and what it tells. Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from services.connector import show
from services.connector.show import say
from services.model.messages import LANGUAGES
from services.model.text import Language
from services.terminal.show import as_json as print_json

if TYPE_CHECKING:
    from services.connector.client import Connector, Receipt, Refused


class Exit(IntEnum):
    """What became of a submission, as an exit code."""

    CLEARED = 0
    RETURNED = 1
    HELD = 3
    REFUSED = 4
    UNREACHABLE = 5
    WITHHELD = 6
    """Not 2, by which every command says that it was called wrongly."""


WRONG_USAGE = 2
EXITS = {
    "returned": Exit.RETURNED,
    "withheld": Exit.WITHHELD,
    "held": Exit.HELD,
}


@contextmanager
def errors(as_json: bool, *, url: str, key: Path, file: Path | None = None) -> Iterator[None]:
    """Says what went wrong, and ends the command with its exit code."""
    from services.connector.client import NoOffice, Refused, Unreachable
    from services.connector.keys import BadKey

    try:
        yield
    except Refused as refused:
        _show_refusal(refused, as_json)
        raise typer.Exit(Exit.REFUSED) from None
    except NoOffice as error:
        say("no_office", sender=error)
    except Unreachable as error:
        say("unreachable", url=url, reason=error)
        if file is not None:
            say("perhaps_taken")
        raise typer.Exit(Exit.UNREACHABLE) from None
    except BadKey:
        say("bad_key", file=key)
    except OSError:
        say("no_file", file=file)
    else:
        return
    raise typer.Exit(WRONG_USAGE)


def write(file: Path, content: bytes) -> None:
    """Writes what was asked for; ends the command where it can't."""
    try:
        file.write_bytes(content)
    except OSError as error:
        say("not_written", file=file, reason=error.strerror)
        raise typer.Exit(Exit.REFUSED) from None
    say("written", file=file)


def wait(connector: Connector, receipt: Receipt, seconds: float, as_json: bool) -> None:
    """Waits for the verdict, tells it, and ends the command with its exit code."""
    from services.connector.client import Undecided

    try:
        state = connector.wait(receipt.id, receipt.attempt, seconds=seconds)
    except Undecided as undecided:
        say("waiting", seconds=seconds, state=undecided.state["state"])
        raise typer.Exit(Exit.UNREACHABLE) from None
    if as_json:
        print_json(state)
    else:
        _show_state(connector, state)
    raise typer.Exit(EXITS.get(state["state"], Exit.CLEARED))


def _show_state(connector: Connector, state: dict[str, Any]) -> None:
    """The state in words, and each finding as the report has it."""
    from services.connector.client import Refused, Unreachable

    show.state(state)
    if not state["findings"]:
        return
    try:
        report = connector.report(state["id"], state["attempt"])
    except (Refused, Unreachable):
        show.codes(state["findings"])
    else:
        show.findings(report["findings"])


def _show_refusal(refused: Refused, as_json: bool) -> None:
    if as_json:
        print_json(refused.problem)
        return
    english = refused.problem.get("en", refused.problem)
    by_language = zip(LANGUAGES, (refused.problem, english), strict=True)
    show.tell({lang: _refusal(refused.code, lang, texts) for lang, texts in by_language})


def _refusal(code: str, lang: Language, texts: Mapping[str, Any]) -> str:
    named = {name: texts.get(name, "") for name in ("title", "detail")}
    return show.text("refused", lang, code=code, **named)
