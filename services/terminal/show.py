"""How commands speak: Vietnamese first, English second, or the one that was chosen; JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.model.messages import LANGUAGES, texts
from services.model.text import Language, Text

if TYPE_CHECKING:
    from rich.text import Text as Styled

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves a terminal's cursor or changes its title: names of files and answers of servers are anybody's."""
_languages: ContextVar[tuple[Language, ...]] = ContextVar("languages", default=LANGUAGES)
AsJson = Annotated[
    bool, typer.Option("--json", help="In JSON cho chương trình · JSON for programs")
]


class Exit(IntEnum):
    """Exit codes besides 0."""

    DIFFERS = 1
    WRONG_USAGE = 2
    NOT_FOUND = 4
    UNREACHABLE = 5
    INTERRUPTED = 130
    """By SIGINT (Ctrl-C), as a shell tells of it."""
    NOT_READ = 141
    """By SIGPIPE, likewise: whoever read the output has enough, as `head`."""


def as_json(value: Any) -> None:
    """Prints a value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def speak(language: Language | None) -> None:
    """Chooses the language that this command prints; None is both, Vietnamese first."""
    _languages.set(LANGUAGES if language is None else (language,))


def first_language() -> Language:
    """The one that was chosen, or Vietnamese."""
    return _languages.get()[0]


def only_language() -> Language | None:
    """The one that was chosen; None where both are spoken."""
    first, *others = _languages.get()
    return None if others else first


def spoken(text: Text) -> list[str]:
    """A text in the languages of this command, each said once."""
    return list(dict.fromkeys(_clean(text.of(language)) for language in _languages.get()))


def _clean(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def in_line(text: Text) -> str:
    """A text in the languages of this command, beside each other."""
    return " · ".join(spoken(text))


def stacked(text: Text) -> Styled:
    """A text in the languages of this command, the second below the first and dim."""
    from rich.text import Text as Styled

    first, *others = spoken(text)
    return Styled.assemble(first, *(("\n" + other, "dim") for other in others))


def tell(text: Text, indent: str = "", *, error: bool = False) -> None:
    """Prints a text in the languages of this command, an error to standard error."""
    first, *others = spoken(text)
    typer.echo(indent + first, err=error)
    for other in others:
        typer.secho(indent + other, err=error, dim=True)


def say(message: str, /, *, error: bool = False, **values: object) -> None:
    """Prints a message of schemas/messages, an error to standard error."""
    tell(texts(message, **values), error=error)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; `headings` are message ids, a cell that is a Text stands in the languages of this command."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    shown = Table()
    for index, heading in enumerate(headings):
        shown.add_column(stacked(texts(heading)), overflow="fold", no_wrap=index == 0)
    for row in rows:
        cells = (cell if isinstance(cell, Text | Styled) else _plain(cell) for cell in row)
        shown.add_row(*(stacked(cell) if isinstance(cell, Text) else cell for cell in cells))
    Console().print(shown)


def _plain(cell: object) -> Styled:
    """A cell as it is: what looks like rich's markup is none."""
    from rich.text import Text as Styled

    return Styled("" if cell is None else _clean(str(cell)))


def width() -> int:
    """How many characters a line of the terminal has; 80 where there is none."""
    from rich.console import Console

    return Console().width


def show_problem(what: str, problem: dict[str, Any]) -> None:
    """Prints a service's problem details (RFC 9457), as services.kernel.problems writes them."""
    english = problem.get("en")
    english = english if isinstance(english, dict) else problem
    vi = f"{what}: {problem.get('title')}. {problem.get('detail', '')}"
    tell(Text(vi, f"{what}: {english.get('title')}. {english.get('detail', '')}"), error=True)
    if where := problem.get("where"):
        tell(in_both(where), "  ", error=True)
    for error in problem.get("errors", []):
        tell(_fault(error), "  ", error=True)


def in_both(answered: Any) -> Text:
    """What a service answers in both languages; as it came, where it is something else."""
    match answered:
        case {"vi": str(vi), "en": str(en)}:
            return Text(vi, en)
        case _:
            return Text(str(answered), str(answered))


def _fault(error: Any) -> Text:
    """One of several things that are wrong: where, what, and how to mend it; as it came, where it is another's."""
    match error:
        case {"where": where, "what": {"vi": vi, "en": en}, "mend": {"vi": mend_vi, "en": mend_en}}:
            return Text(f"{where}: {vi}. {mend_vi}", f"{where}: {en}. {mend_en}")
        case _:
            as_it_came = json.dumps(error, ensure_ascii=False)
            return Text(as_it_came, as_it_came)
