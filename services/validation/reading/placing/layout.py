"""Where a table stands in a sheet, and its headings as they are compared: of the form, and of the sheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from services.model.period import Period
from services.model.table import Column, Span, Table
from services.validation.reading.placing.wording import heading, spellings
from services.validation.workbook import CellValue, Sheet

PERIOD = "{period}"
_HEADER_ROWS = 8
_YEARS = range(1990, 2101)


@dataclass(frozen=True)
class Layout:
    """A table found in a sheet: last header row, and the sheet's column of each form column.

    `beside` are columns under the same merged heading as a form column that isn't among them, in which
    a number or two stand.
    """

    index: int
    sheet: Sheet
    header_row: int
    columns: Mapping[str, int]
    ambiguous: Mapping[str, tuple[int, ...]]
    beside: Mapping[str, tuple[int, ...]]

    @property
    def placed(self) -> set[str]:
        """The form columns whose heading is there, be it more than once."""
        return set(self.columns) | set(self.ambiguous)

    def absent(self, table: Table) -> frozenset[str]:
        """The columns that can't be read and have to be: none has their heading, or several have."""
        needed = (column for column in table.columns if not column.optional)
        return frozenset(column.id for column in needed if column.id not in self.columns)

    def missing(self, table: Table) -> tuple[Column, ...]:
        """The columns that the form needs and the sheet does not have."""
        return tuple(
            column
            for column in table.columns
            if not column.optional and column.id not in self.placed
        )


def header_texts(column: Column, period: Period | None) -> Iterator[tuple[str, ...]]:
    """The header paths of a column, with the period's spellings filled in, as compared."""
    for path in column.headers:
        if not any(PERIOD in part for part in path):
            yield tuple(heading(part) for part in path)
        elif period is not None:
            for spelling in spellings(period, column.span is Span.YEAR_TO_DATE):
                yield tuple(heading(part.replace(PERIOD, spelling)) for part in path)


def path_above(sheet: Sheet, row: int, column: int) -> tuple[str, ...]:
    """The header texts over a column down to `row`, outermost first; repeated ones once."""
    first = max(0, row - _HEADER_ROWS + 1)
    cells = (_header_text(sheet.spread(number, column)) for number in range(first, row + 1))
    texts = (heading(cell) for cell in cells if cell.strip())
    return tuple(text for text, _ in groupby(texts) if text)


def _header_text(cell: CellValue) -> str:
    """A header's text; a year may stand there as a number."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell in _YEARS:
        return str(int(cell))
    return cell if isinstance(cell, str) else ""
