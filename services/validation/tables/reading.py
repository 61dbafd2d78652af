"""Reads a plain table: a header, then rows. Numbers are exact decimals; blank cells are null.

A column is a number only if all its cells are plainly numbers without leading noughts, so that codes
such as 01 stay text. Dates are written 2026-11-20. A type that is declared comes before that.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from services.model.expression import ROW
from services.model.expression.values import DIGITS, nearest
from services.model.rule_conditions import RAW
from services.model.text import ModelError
from services.validation.rules.engine import Frame

_NUMBER = r"^-?(0|[1-9][0-9]*)([.][0-9]+)?$"
_DECLARED_NUMBER = r"^[+-]?[0-9]+([.][0-9]+)?$"
_COMMA_NUMBER = r"^-?(0|[1-9][0-9]*)(,[0-9]+)?$"
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TRUTHS = ("true", "false")
_SEPARATORS = (",", ";", "\t", "|")


class ColumnKind(StrEnum):
    """The type of a column as RULES.yaml declares it."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"


class TableError(ModelError):
    """A table can't be read; the text says which file, where, and how to mend it."""


def read_table(path: Path, declared: Mapping[str, ColumnKind], raw: frozenset[str]) -> Frame:
    """The table of a file; raises TableError.

    `declared` are types by column. Of the columns in `raw` the cells as written are kept too, and a
    cell that isn't of the declared type is null; in any other column such a cell is an error.
    """
    cells = _cells(path)
    unknown = set(declared) - set(cells.columns)
    if unknown:
        name = min(unknown)
        raise TableError(f"{path.name}: columns: no column {name}: {nearest(name, cells.columns)}")
    columns = []
    for series in cells:
        kind = declared.get(series.name)
        typed = _infer(series) if kind is None else _declared(path, series, kind, raw)
        columns.append(typed)
        if series.name in raw:
            columns.append(series.alias(RAW + series.name))
    return Frame.of(pl.DataFrame(columns))


def _cells(path: Path) -> pl.DataFrame:
    """The cells as text, blanks null."""
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise TableError(
            f"{path.name}: no table is read from {path.suffix or 'this'}: use .csv, .tsv or .xlsx"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from None
    cells = read(path, content)
    trimmed = cells.with_columns(pl.all().str.strip_chars())
    return trimmed.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _of_text(path: Path, content: bytes) -> pl.DataFrame:
    text = _decoded(path, content)
    header = text.partition("\n")[0].rstrip("\r")
    if not header.strip():
        raise TableError(f"{path.name}: the first line has to name the columns")
    separator = "\t" if path.suffix.lower() == ".tsv" else max(_SEPARATORS, key=header.count)
    if separator in header:
        text = _without_blank_lines(text)
    try:
        rows = pl.read_csv(
            io.BytesIO(text.encode()), separator=separator, has_header=False, infer_schema=False
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        problem = _ragged(text, separator) or str(error).splitlines()[0]
        raise TableError(f"{path.name}: {problem}") from None
    names = [name.strip() if name else "" for name in rows.row(0)]
    while names and not names[-1] and not rows[rows.columns[len(names) - 1]].count():
        names.pop()
    _check_names(path, names)
    body = rows.slice(1).select(rows.columns[: len(names)])
    body = body.rename(dict(zip(body.columns, names, strict=True)))
    return body if separator == "," else _with_points(body)


def _without_blank_lines(text: str) -> str:
    """The text without its blank lines, but for those within quotes: no rows, where there are columns."""
    parts = text.split('"')
    parts[::2] = [_BLANK_LINES.sub("\n", part) for part in parts[::2]]
    return '"'.join(parts)


def _ragged(text: str, separator: str) -> str:
    """Which row has more cells than the header, if one has."""
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    width = len(next(rows))
    for number, row in enumerate(rows, 1):
        if len(row) > width:
            return (
                f"row {number} has {len(row)} cells, the first line names {width} columns:"
                f" put cells that hold {separator!r} into double quotes"
            )
    return ""


def _with_points(cells: pl.DataFrame) -> pl.DataFrame:
    """Decimal commas as points: where commas don't separate the cells, they separate the decimals."""
    return cells.with_columns(
        pl.col(name).str.replace(",", ".", literal=True)
        for name in cells.columns
        if (filled := cells[name].str.strip_chars().replace("", None).drop_nulls()).len()
        and filled.str.contains(_COMMA_NUMBER).all()
    )


def _decoded(path: Path, content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path.name}: byte {error.start} is not {encoding}: save it as UTF-8"
        ) from None
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _check_names(path: Path, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if not name:
            raise TableError(
                f"{path.name}: column {names.index(name) + 1} has no name in the first line"
            )
        if count > 1:
            raise TableError(f"{path.name}: column {name} is there {count} times")
        if name == ROW or name.startswith(RAW):
            raise TableError(f"{path.name}: the name {name} is taken: rename the column")


def _of_workbook(path: Path, content: bytes) -> pl.DataFrame:
    """The first sheet."""
    try:
        sheet = CalamineWorkbook.from_object(io.BytesIO(content)).get_sheet_by_index(0)
    except CalamineError as error:
        raise TableError(f"{path.name}: no workbook that can be read: {error}") from None
    rows = sheet.to_python(skip_empty_area=False)
    if not rows:
        raise TableError(f"{path.name}: the first line has to name the columns")
    names = [_written(cell).strip() for cell in rows[0]]
    while names and not names[-1]:
        names.pop()
    _check_names(path, names)
    body = [[_written(cell) for cell in row[: len(names)]] for row in rows[1:]]
    return pl.DataFrame(body, schema=dict.fromkeys(names, pl.String()), orient="row")


_READERS = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), _of_workbook),
    **dict.fromkeys((".csv", ".tsv", ".txt"), _of_text),
}


def _written(cell: object) -> str:
    """A cell of a workbook as text: numbers without an exponent, dates as 2026-11-20."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        number = Decimal(repr(cell))
        return f"{number.to_integral_value() if number % 1 == 0 else number:f}"
    if isinstance(cell, datetime):
        midnight = cell.time() == datetime.min.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else unicodedata.normalize("NFC", str(cell))


def _infer(series: pl.Series) -> pl.Series:
    filled = series.drop_nulls()
    if not len(filled):
        return series.cast(pl.Null)
    if filled.str.contains(_NUMBER).all():
        return _number(series)
    if filled.str.contains(_DATE).all():
        dates = series.str.to_date("%Y-%m-%d", strict=False)
        return dates if dates.null_count() == series.null_count() else series
    if filled.str.to_lowercase().is_in(_TRUTHS).all():
        return series.str.to_lowercase() == "true"
    return series


def no_number(series: pl.Series) -> tuple[int, str] | None:
    """The first cell (row, text) that keeps a column with numbers from being one of numbers."""
    if series.dtype != pl.String or not series.str.contains(_NUMBER).any():
        return None
    wrong = (~series.str.contains(_NUMBER)).fill_null(False).arg_true()
    return (wrong[0] + 1, str(series[wrong[0]])) if len(wrong) else None


def _number(series: pl.Series) -> pl.Series:
    """Decimals with the places that are written; text where there are too many digits."""
    places = series.str.extract(r"[.]([0-9]+)$").str.len_chars().max()
    scale = places if isinstance(places, int) else 0
    whole = series.str.extract(r"([0-9]+)").str.len_chars().max()
    if isinstance(whole, int) and whole + scale > DIGITS:
        return series
    return series.cast(pl.Decimal(DIGITS, scale))


def _declared(path: Path, series: pl.Series, kind: ColumnKind, raw: frozenset[str]) -> pl.Series:
    if kind is ColumnKind.TEXT:
        return series
    fits = {
        ColumnKind.NUMBER: series.str.contains(_DECLARED_NUMBER),
        ColumnKind.INTEGER: series.str.contains(r"^[+-]?[0-9]+([.]0+)?$"),
        ColumnKind.DATE: series.str.contains(_DATE)
        & series.str.to_date("%Y-%m-%d", strict=False).is_not_null(),
        ColumnKind.BOOLEAN: series.str.to_lowercase().is_in(_TRUTHS),
    }[kind]
    wrong = (~fits & series.is_not_null()).fill_null(False).arg_true()
    if len(wrong) and series.name not in raw:
        row = wrong[0]
        raise TableError(
            f"{path.name}: row {row + 1}, column {series.name}: {series[row]!r} is no {kind.value}"
            f" ({len(wrong)} such cells); mend them, declare the column as text, or add a rule"
            f" of kind type for it, which lists them"
        )
    kept = pl.select(pl.when(fits).then(series)).to_series().alias(series.name)
    match kind:
        case ColumnKind.DATE:
            return kept.str.to_date("%Y-%m-%d", strict=False)
        case ColumnKind.BOOLEAN:
            return kept.str.to_lowercase() == "true"
        case ColumnKind.NUMBER | ColumnKind.INTEGER:
            return _number(kept.str.strip_prefix("+"))
