"""How many rows and columns of a worksheet part are filled: found by searching its bytes."""

import re

from services.validation.workbook.address import column_letters, column_number

MOST_CELLS = 4_000_000
"""Cells from A1 to the last filled one; the reader keeps a place for each."""
_MOST_COUNTED = 1_000_000
"""Rows and cells that are counted one by one, in sheets that don't address them as usual."""
MOST_COLUMNS = 16_384
_SHORT = ((1, 3), (1, 4), (1, 5), (2, 3))
"""Letters and digits of addresses that span no more than MOST_CELLS."""
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]{1,3}\d{1,7}:)?([A-Z]{1,3})(\d{1,7})"')
_SIMPLE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_SAMPLE = 65_536
_ELEMENT = re.compile(rb"<(?:\w+:)?(c|row)(/|\s[^<>]*)?>")
REFERENCE = re.compile(rb"""\sr=["']([A-Za-z]{0,3})(\d{1,7})["']""")


def extent(content: bytes) -> tuple[int, int]:
    """How many rows and columns lie between A1 and the last filled cell; a few more do no harm."""
    row, column = _supposed(content)
    if re.search(rb":c[\s/>]", content):
        return _counted_extent(content)
    # Addresses of no more letters and digits than a sheet of this size needs can't lie too far out.
    for letters, digits in _SHORT:
        height, width = 10**digits - 1, 26**letters
        short = row <= height and column <= width and height * width <= MOST_CELLS
        if short and not _has_other_cells(content, letters, digits):
            return max(row, 1), max(column, 1)
    fits = row * column <= MOST_CELLS and not _has_other_cells(content, 3, 7)
    if fits and not _is_beyond(content, row, column):
        return row, column
    return _counted_extent(content)


def _has_other_cells(content: bytes, letters: int, digits: int) -> bool:
    """Whether a cell's address has more letters or digits than these, or isn't in its usual place."""
    usual = rb'<c(?! r="[A-Z]{1,%d}[0-9]{1,%d}")[\s/>]' % (letters, digits)
    return re.search(usual, content) is not None


def _supposed(content: bytes) -> tuple[int, int]:
    """The rows and columns that the sheet declares, or that its first and last cells have."""
    if match := _DIMENSION.search(content, 0, 4096):
        return int(match[2]), column_number(match[1].decode()) + 1
    places = [
        (int(row), column_number(letters.decode()) + 1)
        for part in (content[:_SAMPLE], content[-_SAMPLE:])
        for letters, row in _SIMPLE.findall(part)
    ]
    rows, columns = zip(*places, strict=True) if places else ((1,), (1,))
    return max(rows), max(columns)


def _is_beyond(content: bytes, row: int, column: int) -> bool:
    """Whether a cell lies beyond a row or a column."""
    letters = _greater(column_letters(column - 1), "A", "Z", 3)
    digits = _greater(str(row), "0", "9", 7)
    # One at a time: a pattern of both takes longer.
    patterns = (rf'<c r="(?:{letters})\d', rf'<c r="[A-Z]+(?:{digits})"')
    return any(re.search(pattern.encode(), content) for pattern in patterns)


def _greater(written: str, lowest: str, highest: str, longest: int) -> str:
    """A pattern of what counts as more than `written`: longer, or as long and later."""
    choices = [f"[{lowest}-{highest}]{{{len(written) + 1},{max(longest, len(written) + 1)}}}"]
    for place, sign in enumerate(written):
        if sign < highest:
            rest = len(written) - place - 1
            later = f"[{chr(ord(sign) + 1)}-{highest}]"
            choices.append(f"{written[:place]}{later}[{lowest}-{highest}]{{{rest}}}")
    return "|".join(choices)


def _counted_extent(content: bytes) -> tuple[int, int]:
    """The same, cell by cell: also for files that leave out addresses or range."""
    last_row = last_column = row = column = count = 0
    for match in _ELEMENT.finditer(content):
        count += 1
        if count > _MOST_COUNTED:
            return MOST_CELLS, 2
        reference = REFERENCE.search(match[2] or b"")
        if match[1] == b"row":
            row, column = int(reference[2]) if reference else row + 1, 0
            continue
        if reference and reference[1]:
            row, column = int(reference[2]), column_number(reference[1].decode().upper()) + 1
        else:
            column += 1
        if not (match[2] or b"").endswith(b"/"):
            last_row, last_column = max(last_row, row), max(last_column, column)
    return last_row, last_column
