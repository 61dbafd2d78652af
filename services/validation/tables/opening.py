"""The cells of a plain table, by the reader of workbooks: a line that names the columns, then rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.model.expression import ROW
from services.model.messages import texts
from services.model.system_errors import reason
from services.model.text import ModelError, in_english
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
    """A table can't be read; `text` says which file, where, and how to mend it."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(texts(message, **values))


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
        found = path.suffix or texts("validate.table.kind.none")
        raise TableError("validate.table.kind", file=path.name, found=found)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError("validate.table.file", file=path, reason=reason(error)) from None
    workbook = _opened(path, content)
    sheet = next((sheet for sheet in workbook.sheets if not sheet.hidden), None)
    if sheet is None or sheet.broken:
        raise TableError("validate.table.no_sheet", file=path.name)
    if sheet.oversized:
        raise TableError("validate.table.spread", file=path.name, cell=sheet.oversized)
    unsolved = sorted(place for place, one in sheet.formulas.items() if not one.stored)
    if unsolved:
        raise TableError("validate.table.formula", file=path.name, cell=address(*unsolved[0]))
    return Cells(_columns(path, sheet), workbook.separator)


def _opened(path: Path, content: bytes) -> Workbook:
    if not content.strip():
        raise TableError("validate.table.no_names", file=path.name)
    try:
        return open_workbook(content)
    except ProtectedWorkbook:
        raise TableError("validate.table.protected", file=path.name) from None
    except OversizedWorkbook:
        raise TableError("validate.table.oversized", file=path.name) from None
    except BrokenQuotes as error:
        raise TableError("validate.table.quotes", file=path.name, row=error.row - 1) from None
    except UnreadableWorkbook as error:
        words = in_english(str(error))
        raise TableError("validate.table.unreadable", file=path.name, words=words) from None


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
            given = {"row": len(body) + 1, "found": len(row), "expected": width}
            raise TableError("validate.table.short", file=path.name, **given)
        body.append(row)
    while len(names) > 1 and body and _blank(body[-1]):
        body.pop()
    return {name: [row[place] for row in body] for place, name in enumerate(names)}


def _blank(cells: Iterable[CellValue]) -> bool:
    return not any(printed(cell).strip() for cell in cells)


def _check_names(path: Path, names: list[str]) -> None:
    if not names:
        raise TableError("validate.table.no_names", file=path.name)
    for name, count in Counter(names).items():
        if not name:
            raise TableError(
                "validate.table.nameless", file=path.name, number=names.index(name) + 1
            )
        if count > 1:
            raise TableError("validate.table.repeated", file=path.name, name=name, count=count)
        if name == ROW:
            raise TableError("validate.table.taken", file=path.name, name=name)
