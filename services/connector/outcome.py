"""What became of a command: its exit code, and what it tells. Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from errno import ENOSPC, EPIPE
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from services.connector import show
from services.connector.show import say
from services.model.messages import LANGUAGES, texts
from services.model.system_errors import reason
from services.model.text import Language
from services.terminal.show import as_json as print_json
from services.terminal.show import in_line

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
        say("unreachable", url=url, reason=reason(error))
        if file is not None:
            say("perhaps_taken")
        raise typer.Exit(Exit.UNREACHABLE) from None
    except BadKey:
        say("bad_key", file=key)
    except OSError as error:
        if error.errno in (ENOSPC, EPIPE) or file is None:
            raise  # of the output: services.cli tells
        say("no_file", file=file)
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as odd:
        # Whatever a server's JSON may be that is not the office's.
        say("unreachable", url=url, reason=f"{in_line(texts('connector.not_ours'))} ({odd!r:.100})")
        raise typer.Exit(Exit.UNREACHABLE) from odd
    else:
        return
    raise typer.Exit(WRONG_USAGE)


def write(file: Path, content: bytes) -> None:
    """Writes what was asked for; ends the command where it can't."""
    try:
        file.write_bytes(content)
    except OSError as error:
        say("not_written", file=file, reason=reason(error))
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
    english = refused.problem.get("en")
    by_language = zip(
        LANGUAGES,
        (refused.problem, english if isinstance(english, dict) else refused.problem),
        strict=True,
    )
    show.tell({lang: _refusal(refused.code, lang, said) for lang, said in by_language})


def _refusal(code: str, lang: Language, said: Mapping[str, Any]) -> str:
    named = {name: said.get(name, "") for name in ("title", "detail")}
    return show.text("refused", lang, code=code, **named)
