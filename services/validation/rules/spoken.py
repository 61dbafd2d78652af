"""A rule's expression as people read it: cells and headings in place of the names of its columns."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from services.model import wording
from services.model.messages import LANGUAGES
from services.model.text import Language, Text

_WORDS = {
    "and": Text("và", "and"),
    "or": Text("hoặc", "or"),
    "not": Text("không", "not"),
    "between": Text("trong khoảng", "between"),
    "in": Text("là một trong", "one of"),
    "is null": Text("để trống", "is blank"),
    "is not null": Text("có giá trị", "has a value"),
}
"""What SQL's words are called."""
_TOKEN = re.compile(
    r"'(?:[^']|'')*'"
    r"|(?<![\w.])(?P<word>is null|is not null|and|or|not|between|in)(?![\w.])"
    r'|"(?P<quoted>[^"]+)"'
    r"|(?<![\w.])(?P<name>[^\W\d]\w*)(?!\s*[(.])"
    r"|(?<![\w.])(?P<number>\d+\.\d+)",
    re.IGNORECASE,
)


def spoken(expression: str, called: Mapping[str, Text]) -> Text:
    """`rate <= 0.5 and total >= part` as `C5 <= 0,5 and D5 >= E5`, where `called` says so of its names.

    What is no name of these stays: texts, functions, columns of other tables.
    """
    joined = " ".join(expression.split())
    vi, en = (_TOKEN.sub(partial(_said, called=called, lang=lang), joined) for lang in LANGUAGES)
    return Text(vi, en)


def _said(match: re.Match[str], called: Mapping[str, Text], lang: Language) -> str:
    if match["word"]:
        return _WORDS[match["word"].lower()].of(lang)
    if match["number"]:
        return wording.number(Decimal(match["number"]), lang)
    name = match["quoted"] or match["name"]
    return getattr(called[name], lang) if name in called else match[0]


def joined(parts: Sequence[Text]) -> Text:
    """Several after one another; a comma stands within numbers."""
    return Text("; ".join(part.vi for part in parts), "; ".join(part.en for part in parts))
