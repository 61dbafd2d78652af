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
    "is true": Text("là đúng", "is true"),
    "is not true": Text("không là đúng", "is not true"),
    "is false": Text("là sai", "is false"),
    "is not false": Text("không là sai", "is not false"),
}
"""What SQL's words are called."""
_TOKEN = re.compile(
    r"'(?:[^']|'')*'"
    r"|(?P<blank>(?:\s|--[^\n]*)+)"
    r"|(?P<list>,)"
    # Names that are none of columns: of a type, of a part of a date, before a text.
    r"|(?:::|\bas\b)\s*\w++|\bextract\s*\(\s*\w++|\b(?:date|timestamp|interval)(?=\s*')"
    r'|"(?P<quoted>[^"]+)"'
    r"|(?<![\w.])(?P<word>is\s+(?:not\s+)?(?:null|true|false)|and|or|not|between|in(?=\s*\())(?![\w.])"
    r"|(?<![\w.])(?P<name>[^\W\d]\w*+)(?!\s*[(.])"
    r"|(?<![\w.])(?P<number>\d*\.\d+)",
    re.IGNORECASE,
)


def spoken(expression: str, called: Mapping[str, Text]) -> Text:
    """`rate <= 0.5 and total >= part` as `C5 <= 0,5 and D5 >= E5`, where `called` says so of its names.

    What is no name of these stays: texts, functions, columns of other tables. In Vietnamese a semicolon parts what a
    comma parts in rules: it stands within numbers. Names without quotes have no case, as in the language of rules.
    """
    bare = {name.lower(): said for name, said in called.items()} | dict(called)
    vi, en = (_TOKEN.sub(partial(_said, called=bare, lang=lang), expression) for lang in LANGUAGES)
    return Text(vi.strip(), en.strip())


def _said(match: re.Match[str], called: Mapping[str, Text], lang: Language) -> str:
    if match["blank"]:
        return " "
    if match["list"]:
        return ";" if lang == "vi" else ","
    if match["word"]:
        return _WORDS[" ".join(match["word"].lower().split())].of(lang)
    if match["number"]:
        return wording.number(Decimal(match["number"]), lang)
    name = match["quoted"] or match["name"] or ""
    said = called.get(name) or (called.get(match["name"].lower()) if match["name"] else None)
    return said.of(lang) if said else match[0]


def joined(parts: Sequence[Text]) -> Text:
    """Several after one another; a comma stands within numbers."""
    return Text("; ".join(part.vi for part in parts), "; ".join(part.en for part in parts))
