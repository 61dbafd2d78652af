"""Text as a workbook may hold it: never a formula, never too long, no sign that XML forbids."""

import re

LONGEST = 32_767
LONGEST_TITLE = 31
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")


def clean(text: str, longest: int = LONGEST) -> str:
    """The text without signs that XML forbids, cut to `longest` with an ellipsis."""
    cleaned = _FORBIDDEN.sub("\ufffd", text)
    return cleaned if len(cleaned) <= longest else f"{cleaned[: longest - 1]}…"


def escaped(text: str) -> str:
    """The same text for an element: Excel reads _x0041_ as the sign of that number."""
    return _ESCAPE.sub("_x005F_", text)


def title(wanted: str, taken: set[str]) -> str:
    """A name for a sheet as Excel allows it, that none of `taken` (in lower case) has."""
    allowed = _NOT_IN_TITLES.sub("_", clean(wanted)).strip("'") or "_"
    name = allowed[:LONGEST_TITLE]
    number = 1
    while name.lower() in taken:
        number += 1
        ending = f" ({number})"
        name = allowed[: LONGEST_TITLE - len(ending)] + ending
    return name


def location(sheet: str, cell: str) -> str:
    """Where a link leads: 'Biểu 1'!C8."""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"
