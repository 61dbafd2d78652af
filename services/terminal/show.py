"""How commands speak: Vietnamese first, English second; tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Annotated, Any

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="In JSON cho chương trình · JSON for programs")
]


class Exit(IntEnum):
    """Exit codes besides 0."""

    DIFFERS = 1
    WRONG_USAGE = 2
    NOT_FOUND = 4
    UNREACHABLE = 5


def as_json(value: Any) -> None:
    """Prints a value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say(message: str, *, error: bool = False, **values: object) -> None:
    """Prints a message of schemas/messages in both languages, an error to standard error."""
    from services.model.messages import texts

    both = texts(message, **values)
    typer.echo(both.vi, err=error)
    typer.secho(both.en, err=error, dim=True)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; `headings` are message ids."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from services.model.messages import texts

    shown = Table()
    for index, heading in enumerate(headings):
        both = texts(heading)
        title = Text.assemble(both.vi, ("\n" + both.en, "dim"))
        shown.add_column(title, overflow="fold", no_wrap=index == 0)
    for row in rows:
        shown.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(shown)


def width() -> int:
    """How many characters a line of the terminal has; 80 where there is none."""
    from rich.console import Console

    return Console().width


def show_problem(what: str, problem: dict[str, Any]) -> None:
    """Prints a service's problem details (RFC 9457), as services.kernel.problems writes them."""
    english = problem.get("en", {})
    typer.echo(f"{what}: {problem.get('title')}. {problem.get('detail', '')}", err=True)
    typer.secho(f"{english.get('title', '')}. {english.get('detail', '')}", err=True, dim=True)
    if where := problem.get("where"):
        typer.echo(f"  {where}", err=True)
    for error in problem.get("errors", []):
        typer.echo(f"  {json.dumps(error, ensure_ascii=False)}", err=True)
