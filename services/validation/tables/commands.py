"""`solieu validate`: rules over any table. Exit codes: 0 no error, 1 a rule failed, 2 wrong usage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.model.messages import texts
from services.model.text import Text as Said
from services.terminal.show import AsJson, Exit, in_line, say, stacked
from services.terminal.show import as_json as print_json
from services.terminal.usage import wrong

if TYPE_CHECKING:
    from services.validation.tables.result import Result

SHOWN = 10
"""Failing rows of a rule that the table for people lists; --json has all."""

DataFile = Annotated[
    Path,
    typer.Argument(
        help="Bảng .csv, .tsv, .xlsx, .xls hoặc .ods · A .csv, .tsv, .xlsx, .xls or .ods table"
    ),
]
RulesFile = Annotated[Path, typer.Option("--rules", help="Các quy tắc (YAML) · The rules (YAML)")]
Key = Annotated[
    str, typer.Option("--key", help="Cột khóa, cách nhau dấu phẩy · Columns of the key")
]
With = Annotated[
    list[str] | None,
    typer.Option("--with", help="TÊN=TỆP: bảng khác · NAME=FILE: another table"),
]


def validate(
    data: DataFile, rules: RulesFile, key: Key = "", others: With = None, as_json: AsJson = False
) -> None:
    """Checks any table by rules; the language is described in docs/rules.md."""
    from services.model.text import ModelError
    from services.validation.tables.opening import TableError
    from services.validation.tables.result import validate_table

    tables = _others(others or [])

    names = [column.strip() for column in key.split(",") if column.strip()]
    try:
        result = validate_table(data, rules, tables, names)
    except TableError as error:
        say("validate.wrong", error=True, problem=error.text)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    except ModelError as error:
        say("validate.wrong_rules", error=True, problem=error.text)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    for rule, one in zip(result.rules, result.outcomes, strict=True):
        if one.error:
            say("validate.not_computed", error=True, rule=rule.id, reason=one.error)
    if as_json:
        print_json(result.to_dict())
    else:
        _show(result)
    raise typer.Exit(Exit.DIFFERS if result.fails else 0)


def _others(options: list[str]) -> dict[str, Path]:
    tables: dict[str, Path] = {}
    for option in options:
        name, equals, path = option.partition("=")
        if not (equals and name and path):
            raise wrong(f"--with {option}", "name_and_file")
        if name in tables or name == "data":
            raise wrong(f"--with {option}", "new_name", name=name)
        tables[name] = Path(path)
    return tables


def _show(result: Result) -> None:
    """The counts as a table, then the first rows that fail."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    counts = Table()
    for name in ("rule", "severity", "pass", "fail", "undecided"):
        counts.add_column(
            stacked(texts(f"validate.column.{name}")),
            overflow="fold",
            justify="left" if name in ("rule", "severity") else "right",
        )
    for rule, one in zip(result.rules, result.outcomes, strict=True):
        severity = stacked(texts(f"validation.severity.{rule.severity.value}"))
        shown = (one.passed, one.failed, one.undecided)
        counts.add_row(Text(_printable(rule.id)), severity, *map(str, shown))
    console.print(counts)
    for rule, one in zip(result.rules, result.outcomes, strict=True):
        if not one.failed:
            continue
        text = f"{rule.id}: {in_line(rule.message) if rule.message else rule.expression}"
        console.print(Text(_printable(text), style="bold"))
        failing = result.failing(rule, one)
        for entry in failing[:SHOWN]:
            console.print(Text("  " + _printable(in_line(_place(**entry)))))
        if len(failing) > SHOWN:
            more = texts("validate.more", count=len(failing) - SHOWN)
            console.print(Text("  " + in_line(more)))


def _place(row: int | None, key: Any) -> Said:
    if row is None:
        return texts("validate.lacking", key=_spelt(key))
    return texts("validate.row" if key is None else "validate.keyed_row", row=row, key=_spelt(key))


def _spelt(key: Any) -> str:
    """A key of one column or of several; a column without a value is blank."""
    if isinstance(key, Mapping):
        return ", ".join(f"{name} = {_spelt(value)}" for name, value in key.items())
    if isinstance(key, list):
        return ", ".join(map(_spelt, key))
    return "" if key is None else str(key)


def _printable(text: str) -> str:
    """A text of a table without signs that would move the cursor of a terminal, or colour it."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
