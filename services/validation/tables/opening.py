"""The cells of a plain table, by the reader of workbooks: a line that names the columns, then rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.model.expression import ROW
from services.model.text import ModelError
from services.validation.workbook import (
    BrokenQuotes,
    CellValue,
    OversizedWorkbook,
    ProtectedWorkbook,
    Sheet,
    UnreadableWorkbook,
    Workbook,
    address,
    open_workbook,
)
from services.validation.workbook.cells import printed
from services.validation.workbook.numbers import Convention, Reading, conventions_of, read_number

_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")


class TableError(ModelError):
    """A table can't be read; the text says which file, where, and how to mend it."""


@dataclass(frozen=True)
class Cells:
    """The cells of each column, "" where blank; `separator` is what parts them in a file of text."""

    columns: Mapping[str, list[CellValue]]
    separator: str
    _conventions: dict[str, frozenset[Convention]] = field(default_factory=dict)

    def number(self, column: str, raw: CellValue) -> Reading:
        """A cell read as a number, as forms read it: the other cells of the column say what begins a fraction.

        Where they say nothing in a file of text, a point does, as does a comma where commas don't part the cells.
        """
        return read_number(raw, self._convention(column, raw) if isinstance(raw, str) else None)

    def _convention(self, column: str, raw: str) -> Convention | None:
        if column not in self._conventions:
            self._conventions[column] = conventions_of(self.columns[column])
        shown = self._conventions[column]
        if shown or not self.separator:
            return next(iter(shown)) if len(shown) == 1 else None
        if "," not in raw:
            return Convention.POINT
        return None if self.separator == "," else Convention.COMMA


def open_cells(path: Path) -> Cells:
    """The table of a file: of a workbook its first visible sheet. Raises TableError."""
    if path.suffix.lower() not in _SUFFIXES:
        found = path.suffix or "this"
        raise TableError(f"{path.name}: no table is read from {found}: use .csv, .xlsx or .ods")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: {error.strerror or error}") from None
    workbook = _opened(path, content)
    sheet = next((sheet for sheet in workbook.sheets if not sheet.hidden), None)
    if sheet is None or sheet.broken:
        raise TableError(f"{path.name}: no sheet that can be read and isn't hidden")
    if sheet.oversized:
        raise TableError(f"{path.name}: spreads to {sheet.oversized}: make several tables of it")
    unsolved = sorted(place for place, one in sheet.formulas.items() if not one.stored)
    if unsolved:
        cell = address(*unsolved[0])
        raise TableError(
            f"{path.name}: {cell} has a formula without its result: save it in a spreadsheet program"
        )
    return Cells(_columns(path, sheet), workbook.separator)


def _opened(path: Path, content: bytes) -> Workbook:
    if not content.strip():
        raise TableError(f"{path.name}: the first line has to name the columns")
    try:
        return open_workbook(content)
    except ProtectedWorkbook:
        problem = "needs a password: save it without one"
    except OversizedWorkbook:
        problem = "unpacks to more than is read: make several tables of it"
    except BrokenQuotes as error:
        problem = f"a quote in row {error.row - 1} isn't closed where its cell ends"
    except UnreadableWorkbook as error:
        problem = f"can't be read ({error}): save it as .xlsx, or as text in UTF-8"
    raise TableError(f"{path.name}: {problem}")


def _columns(path: Path, sheet: Sheet) -> dict[str, list[CellValue]]:
    rows = sheet.rows
    names = [printed(cell).strip() for cell in rows[0]] if rows else []
    width = len(names)
    while names and not names[-1] and all(_blank(row[len(names) - 1 :]) for row in rows):
        names.pop()
    _check_names(path, names)
    body: list[list[CellValue]] = []
    for row in rows[1:]:
        if len(names) > 1 and len(row) <= 1 and _blank(row):
            continue
        row = row or [""]
        if len(row) < len(names) or not _blank(row[len(names) :]):
            raise TableError(
                f"{path.name}: row {len(body) + 1} has {len(row)} cells, the first line names {width} columns:"
                f" each row needs all of them, and one that holds the separator stands in double quotes"
            )
        body.append(row)
    while len(names) > 1 and body and _blank(body[-1]):
        body.pop()
    return {name: [row[place] for row in body] for place, name in enumerate(names)}


def _blank(cells: Iterable[CellValue]) -> bool:
    return not any(printed(cell).strip() for cell in cells)


def _check_names(path: Path, names: list[str]) -> None:
    if not names:
        raise TableError(f"{path.name}: the first line has to name the columns")
    for name, count in Counter(names).items():
        if not name:
            number = names.index(name) + 1
            raise TableError(f"{path.name}: column {number} has no name in the first line")
        if count > 1:
            raise TableError(f"{path.name}: column {name} is there {count} times")
        if name == ROW:
            raise TableError(f"{path.name}: the name {name} is taken: rename the column")
