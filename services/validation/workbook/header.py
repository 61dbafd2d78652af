"""The text of a page's header or footer, as Excel prints it (ECMA-376 part 1, 18.3.1.46)."""

import re
from collections.abc import Iterator

_SECTION = re.compile(r"&[LCR]", re.IGNORECASE)
_CODE = re.compile(
    r'&(?:"[^"]*"|K(?:[0-9A-F]{6}|[0-9]{2}[+-][0-9]{3})|\d{1,3}|[A-Z+\-])', re.IGNORECASE
)
_AMPERSAND = "&&"


def sections(printed: str) -> Iterator[str]:
    """The texts at the left, in the centre and at the right, without the codes of fonts and fields."""
    # Nobody writes this character: it stands for an ampersand while the codes go.
    kept = printed.replace(_AMPERSAND, "\0")
    for section in _SECTION.split(kept):
        if text := _CODE.sub("", section).replace("\0", "&").strip():
            yield text
