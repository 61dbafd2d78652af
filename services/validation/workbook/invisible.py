"""Signs that nobody sees, and that make another text of it: they are left out, and named."""

import re
from dataclasses import replace

from services.validation.workbook.address import address
from services.validation.workbook.legacy import marked
from services.validation.workbook.sheet import Decoded, Sheet

INVISIBLE = "Cf"
"""The signs of Unicode's category for format (TR44): joiners, marks of direction, soft hyphens, byte order marks."""
SIGNS = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U00013438\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


def left_out(sheet: Sheet) -> Sheet:
    """The sheet without them; it names the cells that had some."""
    cells = []
    for (row, column), text in marked(sheet):
        if SIGNS.search(text):
            sheet.rows[row][column] = SIGNS.sub("", text)
            cells.append(address(row, column))
    if not cells:
        return sheet
    return replace(sheet, decoded=(*sheet.decoded, Decoded(INVISIBLE, tuple(cells))))
