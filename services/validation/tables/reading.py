"""A plain table as rules see it. Numbers are exact decimals; blank cells are null.

A column is a number only if all its cells are plainly numbers without leading noughts, so that codes
such as 01 stay text. Dates are written 2026-11-20. A type that is declared comes before that, and reads
numbers as forms do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import polars as pl

from services.model.expression.scope import find
from services.model.expression.values import DIGITS, nearest
from services.model.messages import texts
from services.model.observation import round_value
from services.model.text import Text
from services.validation.reading.placing.entries import Entry
from services.validation.rules.engine import Frame
from services.validation.rules.table import Table
from services.validation.tables.opening import Cells, TableError, open_cells
from services.validation.workbook import CellValue
from services.validation.workbook.cells import printed
from services.validation.workbook.dates import read_date
from services.validation.workbook.numbers import (
    BLANK,
    Content,
    Reading,
)

_NUMBER = r"^-?(0|[1-9][0-9]*)([.][0-9]+)?$"
_PLAIN = r"^[+-]?[0-9]+([.][0-9]+)?$"
_COMMA_NUMBER = r"^-?(0|[1-9][0-9]*)(,[0-9]+)?$"
_EITHER_NUMBER = r"^-?(0|[1-9][0-9]*)([.,][0-9]+)?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TRUTHS = ("true", "false")
_FIGURES = 15
"""Digits of a workbook's number that mean something: Excel keeps no more, the others are noise of binary fractions."""


LONGEST_SHOWN = 60
"""Characters of a cell that a sentence shows whole."""


class ColumnKind(StrEnum):
    """The type of a column as RULES.yaml declares it."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"


_NUMBERS = (ColumnKind.NUMBER, ColumnKind.INTEGER)


@dataclass(frozen=True)
class PlainTable:
    """A table twice: as a frame for conditions and queries, and as cells for rules about these."""

    frame: Frame
    cells: Table
    source: Cells

    def no_number(self, column: str) -> tuple[int, str] | None:
        """The first cell (row, text) that keeps a column with numbers from being one of numbers."""
        series = self.frame.data[column]
        if series.dtype != pl.String or not series.str.contains(_EITHER_NUMBER).any():
            return None
        fits = series.str.contains(_EITHER_NUMBER) & (series.str.len_chars() <= DIGITS)
        for row, (text, fit) in enumerate(zip(series, fits, strict=True), 1):
            if fit is False or (fit and _is_ambiguous(self.source, column, row - 1)):
                return row, str(text)
        return None


def read_table(
    path: Path, declared: Mapping[str, ColumnKind], typed: Mapping[str, Sequence[ColumnKind]]
) -> PlainTable:
    """The table of a file; raises TableError.

    `declared` are types by column, `typed` those that rules of kind type ask for. A cell that isn't of its type is
    null where a rule of that kind lists it, else an error.
    """
    cells = open_cells(path)
    unknown = [name for name in declared if find(name, cells.columns) is None]
    if unknown:
        near = nearest(unknown[0], cells.columns)
        raise TableError("validate.table.unknown", file=path.name, name=unknown[0], near=near)
    declared = {find(name, cells.columns) or name: kind for name, kind in declared.items()}
    typed = {find(name, cells.columns) or name: kinds for name, kinds in typed.items()}
    series = []
    for name, column in cells.columns.items():
        text = pl.Series(name, [_written(cell) or None for cell in column], dtype=pl.String)
        asked = typed.get(name, ())
        kind = declared.get(name) or next(iter(asked), None)
        if kind is None:
            series.append(_infer(text, cells))
        else:
            series.append(_declared(path, text, kind, cells, listed=kind in asked))
    frame = Frame.of(pl.DataFrame(series))
    rows = tuple(str(number) for number in range(1, frame.data.height + 1))
    numbers = {name for name, kinds in typed.items() if set(kinds) & set(_NUMBERS)}
    of_text = {column.name for column in series if column.dtype == pl.String} - numbers
    entries = _Entries(cells, rows, frozenset(of_text))
    return PlainTable(frame, Table(path.name, entries, rows, keys=frame.keys), cells)


@dataclass(frozen=True)
class _Entries(Mapping[tuple[str, str], Entry]):
    """Entries by row and column, each made when it is asked for: a table may have millions."""

    cells: Cells
    rows: Sequence[str]
    texts: frozenset[str]

    def __getitem__(self, place: tuple[str, str]) -> Entry:
        row, column = place
        raw = self.cells.columns[column][int(row) - 1]
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            raw = _written(raw)
        return Entry("", raw, self._reading(column, raw))

    def _reading(self, column: str, raw: CellValue) -> Reading:
        if column not in self.texts:
            return self.cells.number(column, raw)
        return Reading(Content.NOT_NUMBER) if printed(raw).strip() else BLANK

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((row, column) for row in self.rows for column in self.cells.columns)

    def __len__(self) -> int:
        return len(self.rows) * len(self.cells.columns)


def _with_points(column: pl.Series, separator: str) -> pl.Series:
    """Decimal commas as points: where commas don't separate the cells, they separate the decimals."""
    filled = column.drop_nulls()
    if separator in ("", ",") or not len(filled) or not filled.str.contains(_COMMA_NUMBER).all():
        return column
    return column.str.replace(",", ".", literal=True)


def _written(cell: CellValue) -> str:
    """A cell as text: numbers without an exponent, dates as 2026-11-20."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return _plain(Decimal(f"{cell:.{_FIGURES}g}"))
    if isinstance(cell, datetime):
        midnight = cell.time() == datetime.min.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _infer(text: pl.Series, cells: Cells) -> pl.Series:
    series = _with_points(text, cells.separator)
    filled = series.drop_nulls()
    if not len(filled):
        return series.cast(pl.Null)
    if filled.str.contains(_NUMBER).all():
        rows = range(0 if cells.separator else len(series))
        unsure = any(_is_ambiguous(cells, series.name, row) for row in rows)
        return series if unsure else _number(series)
    if filled.str.contains(_DATE).all() and all(map(read_date, filled)):
        return series.str.to_date("%Y-%m-%d", strict=False)
    if filled.str.to_lowercase().is_in(_TRUTHS).all():
        return series.str.to_lowercase() == "true"
    return series


def _is_ambiguous(cells: Cells, column: str, row: int) -> bool:
    """Whether a workbook has a text such as 1.225 there: thousands, or a fraction."""
    raw = cells.columns[column][row]
    if cells.separator or not isinstance(raw, str):
        return False
    return cells.number(column, raw).content is Content.AMBIGUOUS


def _number(series: pl.Series) -> pl.Series:
    """Decimals with the places that are written; text where there are too many digits."""
    places = series.str.extract(r"[.]([0-9]+)$").str.len_chars().max()
    scale = places if isinstance(places, int) else 0
    whole = series.str.extract(r"([0-9]+)").str.len_chars().max()
    if isinstance(whole, int) and whole + scale > DIGITS:
        return series
    return series.cast(pl.Decimal(DIGITS, scale))


def _declared(
    path: Path, text: pl.Series, kind: ColumnKind, cells: Cells, *, listed: bool
) -> pl.Series:
    """The column in its type; raises TableError naming the first cell that isn't of it, unless a rule lists it."""
    if kind is ColumnKind.TEXT:
        return text
    kept = _KEPT[kind](text, cells)
    wrong = (kept.is_null() & text.is_not_null()).arg_true().to_list()
    if kind in _NUMBERS:
        wrong = [row for row in wrong if not _is_mark(text.name, row, cells)]
    if wrong and not listed:
        row = wrong[0]
        boolean = kind is ColumnKind.BOOLEAN
        raise TableError(
            "validate.table.not_of_type" if boolean else "validate.table.not_of_type_nor_listed",
            file=path.name, row=row + 1, column=text.name, found=short(str(text[row])), type=kind,
            count=len(wrong),
        )  # fmt: skip
    match kind:
        case ColumnKind.DATE:
            return kept.str.to_date("%Y-%m-%d", strict=False)
        case ColumnKind.BOOLEAN:
            return kept.str.to_lowercase() == "true"
        case ColumnKind.NUMBER | ColumnKind.INTEGER:
            numbers = _number(kept.str.strip_prefix("+"))
            if numbers.dtype == pl.String:
                raise TableError(
                    "validate.table.digits", file=path.name, name=text.name, digits=DIGITS
                )
            return numbers


def short(text: str) -> str | Text:
    """A cell as a sentence shows it."""
    if len(text) <= LONGEST_SHOWN:
        return repr(text)
    return texts("validate.table.long", count=len(text), begins=text[:10])


def _is_mark(column: str, row: int, cells: Cells) -> bool:
    """Whether a cell without a number says why, as forms do: `...` was not collected, `x` can't be."""
    return cells.number(column, cells.columns[column][row]).content is Content.MISSING


def _numbers(text: pl.Series, cells: Cells) -> pl.Series:
    """Numbers that are plainly written as they are, others as forms read them; null where there is none."""
    found: list[str | None] = []
    for written, fits, raw in zip(
        text, text.str.contains(_PLAIN), cells.columns[text.name], strict=True
    ):
        reading = cells.number(text.name, raw)
        # Plainly written it keeps all its digits, unless its point parts thousands.
        if fits and (reading.content is Content.TOO_LARGE or _is_same(written, reading.value)):
            found.append(written)
        else:
            found.append(None if reading.value is None else f"{reading.value:f}")
    return pl.Series(text.name, found, dtype=pl.String)


def _is_same(written: str, value: Decimal | None) -> bool:
    return value is not None and round_value(written)[0] == value


def _integers(text: pl.Series, cells: Cells) -> pl.Series:
    numbers = _numbers(text, cells)
    whole = numbers.str.contains(r"^[^.]*([.]0*)?$")
    return pl.select(pl.when(whole).then(numbers)).to_series().alias(text.name)


def _dates(text: pl.Series, cells: Cells) -> pl.Series:
    dates = [day.isoformat() if (day := read_date(value or "")) else None for value in text]
    return pl.Series(text.name, dates, dtype=pl.String)


def _booleans(text: pl.Series, _: Cells) -> pl.Series:
    fits = text.str.to_lowercase().is_in(_TRUTHS)
    return pl.select(pl.when(fits).then(text)).to_series().alias(text.name)


_KEPT = {
    ColumnKind.NUMBER: _numbers,
    ColumnKind.INTEGER: _integers,
    ColumnKind.DATE: _dates,
    ColumnKind.BOOLEAN: _booleans,
}
