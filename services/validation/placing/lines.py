"""The rows of a sheet below a table's header: their code, their label, and whether they hold figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.model.table import Role, Table
from services.validation.cells import printed
from services.validation.numbers import Content, Reading, read_number
from services.validation.placing.layout import Layout
from services.validation.placing.wording import row_code
from services.validation.workbook import address

_LONGEST_CODE = 6
_NUMBERING_ROWS = 2
_LONGEST_NUMBERING = 20


@dataclass(frozen=True)
class Line:
    """A row of the sheet below the header."""

    number: int
    code: str
    text: str
    has_numbers: bool


def rows_below(layout: Layout) -> Iterator[int]:
    """The sheet's rows below the header in which something stands."""
    rows = layout.sheet.rows
    for number in range(layout.header_row + 1, len(rows)):
        if any(cell != "" for cell in rows[number]):
            yield number


def lines_below(table: Table, layout: Layout) -> Iterator[Line]:
    """The rows below the header with their code and label, without the one that numbers the columns."""
    code, text = (place_of(table, layout, role) for role in (Role.CODE, Role.LABEL))
    values = [layout.columns[c.id] for c in table.of_role(Role.VALUE) if c.id in layout.columns]
    for number in rows_below(layout):
        cells = [layout.sheet.value(number, column) for column in values]
        written = printed(layout.sheet.value(number, text)).strip() if text is not None else ""
        first = printed(layout.sheet.value(number, code)).strip() if code is not None else ""
        shown = [printed(cell).strip() for cell in cells if cell != ""]
        under_header = number <= layout.header_row + _NUMBERING_ROWS
        if numbers_columns([one for one in (written, first, *shown) if one], under_header):
            continue
        has_numbers = any(_may_be_figure(read_number(cell), first) for cell in cells)
        yield Line(number, row_code(first), written, has_numbers)


def place_of(table: Table, layout: Layout, role: Role) -> int | None:
    """The sheet's column that has a role in the table."""
    return next((layout.columns[c.id] for c in table.of_role(role) if c.id in layout.columns), None)


def label_cell(table: Table, layout: Layout, line: Line) -> str:
    """The cell of a line's label."""
    place = place_of(table, layout, Role.LABEL)
    return address(line.number, 0 if place is None else place)


def numbers_columns(texts: list[str], under_header: bool = False) -> bool:
    """Whether a row is the one that numbers the columns: A, B, 1, 2, 3=1+2, … or a, b, …; x is a mark.

    Without letters it is one only right under the header, and where it begins with 1.
    """
    if any(len(text) > _LONGEST_NUMBERING for text in texts):
        return False
    texts = [text.strip("()[]") for text in texts]
    letters = [text for text in texts if len(text) == 1 and text.isalpha() and text not in "xX"]
    others = [text.split("=")[0].strip() for text in texts if text not in letters]
    numbers = [int(text) for text in others if text.isascii() and text.isdigit() and len(text) < 4]
    rising = all(first < second <= first + 3 for first, second in pairwise(numbers))
    begins = bool(letters) or (under_header and len(numbers) > 2 and numbers[0] == 1)
    return begins and len(numbers) == len(others) and rising


def _may_be_figure(reading: Reading, code: str) -> bool:
    """Whether a cell belongs to a row of figures, not to a note or a signature below them."""
    if reading.content is Content.NOT_NUMBER:
        return 0 < len(code) <= _LONGEST_CODE
    return reading.content is not Content.BLANK
