"""The rows of a sheet below a table's header: their code, their label, and whether they hold figures."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from services.model.table import Role, Table
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.wording import row_code
from services.validation.workbook import address
from services.validation.workbook.cells import printed
from services.validation.workbook.numbers import Content, Reading, read_number

_LONGEST_CODE = 6
_NUMBERING_ROWS = 5
_LONGEST_NUMBERING = 20
_WIDEST_NUMBERING = 200
_COMPUTED = re.compile(r"\(?\d{1,2}\)?(?:\s*[-+*/:x×]\s*\(?\d{1,3}\)?)+\s*%?")
"""A column that is computed from others, without its own number: 4/3, (2)-(1)."""
_COLUMN = re.compile(r"(?:cột|column)\s+(?=\d)", re.IGNORECASE)
_ROMAN = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV",
)  # fmt: skip


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
        if is_numbering(layout, number):
            continue
        cells = [layout.sheet.value(number, column) for column in values]
        written = printed(layout.sheet.value(number, text)).strip() if text is not None else ""
        first = printed(layout.sheet.value(number, code)).strip() if code is not None else ""
        has_numbers = any(_may_be_figure(read_number(cell), first) for cell in cells)
        yield Line(number, row_code(first), written, has_numbers)


def place_of(table: Table, layout: Layout, role: Role) -> int | None:
    """The sheet's column that has a role in the table."""
    return next((layout.columns[c.id] for c in table.of_role(role) if c.id in layout.columns), None)


def label_cell(table: Table, layout: Layout, line: Line) -> str:
    """The cell of a line's label."""
    place = place_of(table, layout, Role.LABEL)
    return address(line.number, 0 if place is None else place)


def is_numbering(layout: Layout, row: int) -> bool:
    """Whether a row numbers the columns, read from left to right as it stands in the sheet.

    A note may stand beside it, and a column before the form's may be numbered too: it is enough that
    the columns of the form are numbered, or that all are.
    """
    cells = layout.sheet.rows[row]
    under_header = row <= layout.header_row + _NUMBERING_ROWS
    own = [cells[place] for place in sorted(layout.columns.values()) if place < len(cells)]
    # Further down it is named by letters, and by those of the form's columns: other rows are many.
    candidates = (own, cells[:_WIDEST_NUMBERING]) if under_header else (own,)
    return any(
        numbers_columns([text for cell in some if (text := printed(cell).strip())], under_header)
        for some in candidates
    )


def numbers_columns(texts: list[str], under_header: bool = False) -> bool:
    """Whether texts number the columns: A, B, 1, 2, 3=1+2, … or a, b, …, or I, II, …; x is a mark.

    Without letters they do only right under the header, and where they begin with 1.
    """
    if not texts or any(len(text) > _LONGEST_NUMBERING for text in texts):
        return False
    texts = [_bare(_bare(text).split("=")[0]) for text in texts]
    texts = [text for text in texts if not _COMPUTED.fullmatch(text)]
    roman = [text.upper() for text in texts]
    if set(roman) & set(_ROMAN[1:]) and set(roman) <= set(_ROMAN):
        texts = [str(_ROMAN.index(text) + 1) for text in roman]
    letters = [text for text in texts if len(text) == 1 and text.isalpha() and text not in "xX"]
    others = [text for text in texts if text not in letters]
    numbers = [int(text) for text in others if text.isascii() and text.isdigit() and len(text) < 4]
    rising = all(first < second <= first + 3 for first, second in pairwise(numbers))
    begins = bool(letters) or (under_header and len(numbers) > 2 and numbers[0] == 1)
    return begins and len(numbers) == len(others) and rising


def _bare(text: str) -> str:
    """What stands within brackets, behind "Cột", or in a circle."""
    return _COLUMN.sub("", unicodedata.normalize("NFKC", text).strip()).strip("()[]. ")


def _may_be_figure(reading: Reading, code: str) -> bool:
    """Whether a cell belongs to a row of figures, not to a note or a signature below them."""
    if reading.content is Content.NOT_NUMBER:
        return 0 < len(code) <= _LONGEST_CODE
    return reading.content is not Content.BLANK
