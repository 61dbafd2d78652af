"""What stands in a cell where a number is expected.

Text is read as a number only where it can mean one thing: 12.342.460,42 and 1.225.073 are
Vietnamese, 1234.5 is plain; 1.225 could be either, so the sender is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.model.observation import Missing, round_value
from services.validation.workbook import CellValue


class Content(StrEnum):
    """What a cell holds."""

    NUMBER = "number"
    MISSING = "missing"
    BLANK = "blank"
    AMBIGUOUS = "ambiguous"
    NOT_NUMBER = "not_number"
    TOO_LARGE = "too_large"
    UNCLEAR = "unclear"
    """Its number format shows another number than the stored one, and it isn't said which is meant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell read as a number: `value` where it is one, `missing` where a mark stands instead."""

    content: Content
    value: Decimal | None = None
    missing: Missing | None = None
    rounded: bool = False
    from_text: bool = False


BLANK = Reading(Content.BLANK)
_MARKS = {
    "-": Reading(Content.MISSING, Decimal("0.000000"), Missing.NIL),
    "...": Reading(Content.MISSING, None, Missing.NOT_COLLECTED),
    "x": Reading(Content.MISSING, None, Missing.NOT_APPLICABLE),
}
_MARK_SPELLINGS = {"–": "-", "—": "-", "…": "...", "....": "...", "X": "x", "×": "x"}
_AMBIGUOUS = re.compile(r"[+-]?(?!0[0-9]*[.,])[0-9]{1,3}[.,][0-9]{3}")
_SPACE = "[ \u00a0\u2007-\u200a\u202f]"
_SPACES = re.compile(r"\s")
_SPACED = re.compile(
    rf"[+-]?{_SPACE}*[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})*(?:[.,][0-9]+)?|[+-]?{_SPACE}*\S+"
)
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_VIETNAMESE = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_ENGLISH = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}")


class Convention(StrEnum):
    """Which sign begins the fraction where people write numbers as text."""

    COMMA = ","
    POINT = "."


def convention_of(values: Iterable[CellValue]) -> Convention | None:
    """The one convention that all unambiguous texts among the values follow; None without any, or with both."""
    conventions = conventions_of(values)
    return next(iter(conventions)) if len(conventions) == 1 else None


def conventions_of(values: Iterable[CellValue]) -> frozenset[Convention]:
    """The conventions that unambiguous texts among the values follow."""
    signed = (
        value for value in values if isinstance(value, str) and ("." in value or "," in value)
    )
    return frozenset(convention for value in signed if (convention := _shown(value)))


def _shown(value: str) -> Convention | None:
    text = _packed(value)
    if _AMBIGUOUS.fullmatch(text):
        return None
    if _PLAIN.fullmatch(text) or _ENGLISH.fullmatch(text):
        return Convention.POINT
    return Convention.COMMA if _VIETNAMESE.fullmatch(text) else None


def _packed(value: str) -> str:
    """A text without its blanks, where they part a sign from its number or thousands from each other.

    Others part two numbers, which are never read as one: the text stays as it is, and is none.
    """
    text = value.strip()
    whole = _SPACED.fullmatch(text)
    return _SPACES.sub("", text) if whole or not any(map(str.isdigit, text)) else text


def read_number(value: CellValue, convention: Convention | None = None) -> Reading:
    """The number, the mark, or what is wrong with the cell.

    1.225 is read only where the `convention` of its neighbours says what it means.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Reading(Content.NOT_NUMBER)
    if not isinstance(value, str):
        return _number(value) if value == value else Reading(Content.NOT_NUMBER)
    if value.isascii() and value.isdigit():
        return _number(value, from_text=True)
    text = _packed(value)
    if not text:
        return BLANK
    if mark := _MARKS.get(_MARK_SPELLINGS.get(text, text)):
        return mark
    if _AMBIGUOUS.fullmatch(text):
        if convention is None:
            return Reading(Content.AMBIGUOUS)
        thousands = "." if convention is Convention.COMMA else ","
        return _number(text.replace(thousands, "").replace(",", "."), from_text=True)
    if _PLAIN.fullmatch(text):
        return _number(text, from_text=True)
    if _VIETNAMESE.fullmatch(text):
        return _number(text.replace(".", "").replace(",", "."), from_text=True)
    if _ENGLISH.fullmatch(text):
        return _number(text.replace(",", ""), from_text=True)
    return Reading(Content.NOT_NUMBER)


def read_decimal(text: str) -> Reading:
    """A number as programs write it: a point before the fraction, never between thousands."""
    return _number(text) if _DECIMAL.fullmatch(text) else Reading(Content.NOT_NUMBER)


def read_scaled(number: float, power: int) -> Reading:
    """A stored number times ten to the `power`, in decimals: 0.07 is 7 percent, without the noise of floats."""
    return _number(f"{Decimal(repr(number)).scaleb(power):f}")


def _number(number: float | str, from_text: bool = False) -> Reading:
    try:
        value, rounded = round_value(number)
    except ValueError:
        return Reading(Content.TOO_LARGE)
    return Reading(Content.NUMBER, value, None, rounded, from_text)
