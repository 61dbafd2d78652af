"""How Vietnamese forms write things: periods, completeness, units, numbers.

"Tháng 9" is a month and "9 tháng" the nine months since January; "sơ bộ" in a heading says how
complete a column is. Everything here compares texts that `normalise` made equal.
"""

import re
from functools import lru_cache

from services.model.observation import Completeness
from services.model.period import Frequency, Period
from services.model.text import normalise

_ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV"}
_COMPLETENESS = {
    "ước tính": Completeness.ESTIMATE,
    "ước thực hiện": Completeness.ESTIMATE,
    "sơ bộ": Completeness.PRELIMINARY,
    "chính thức": Completeness.OFFICIAL,
}
_UNIT_LINE = re.compile(r"(?:.*\()?\s*(?:đơn vị(?: tính)?|đvt)\s*:\s*(.+?)\s*\)?\s*")
_FOOTNOTE = re.compile(r"\s*\(\d{1,2}\)\s*$")
_LEADING = re.compile(r"^(?:(?:trong đó|chia ra)\s*:?|[-+*•]|\s)+")


@lru_cache(maxsize=1024)
def spellings(period: Period, since_january: bool = False) -> tuple[str, ...]:
    """The ways in which a heading writes a period; the first is the one that we print.

    `since_january`: the heading of a column that counts from the start of the year, so that the
    first quarter is written as three months there.
    """
    year, number = period.year, period.number
    names: tuple[str, ...]
    match period.frequency:
        case Frequency.YEAR:
            heads = ("Năm {year}", "Cả năm {year}", "12 tháng năm {year}")
            return tuple(head.format(year=year) for head in heads)
        case Frequency.QUARTER:
            names = (f"Quý {_ROMAN[number]}", f"Quý {number}")
            if since_january and number == 1:
                names = ("3 tháng", "3 tháng đầu")
        case Frequency.HALF_YEAR:
            names = ("6 tháng đầu", "6 tháng") if number == 1 else ("6 tháng cuối",)
        case Frequency.MONTH:
            names = (f"Tháng {number}", f"Tháng {number:02}")
        case Frequency.DAY:
            return (f"Ngày {period.start:%d/%m/%Y}", f"{period.start:%d/%m/%Y}")
        case Frequency.RANGE:
            months = period.months
            if months is None or period.start.month != 1:
                return (str(period),)
            names = (f"{months} tháng", f"{months} tháng đầu")
    return tuple(f"{name}{joint}{year}" for name in names for joint in (" năm ", "/", " "))


def completeness_in(text: str) -> Completeness | None:
    """The completeness that a normalised heading prints, if it prints one."""
    for words, completeness in _COMPLETENESS.items():
        if words in text:
            return completeness
    return None


def without_completeness(text: str) -> str:
    """A normalised heading without the words that say how complete its column is."""
    for words in _COMPLETENESS:
        text = text.replace(words, "")
    return " ".join(text.replace("()", "").split())


@lru_cache(maxsize=65_536)
def heading(text: str) -> str:
    """A heading as it is compared: normalised, without footnote marks such as (1)."""
    return _FOOTNOTE.sub("", normalise(text))


@lru_cache(maxsize=65_536)
def label(text: str) -> str:
    """A row's label as it is compared: without bullets and "Trong đó:" before it."""
    return _LEADING.sub("", heading(text)).rstrip(" :.")


def unit_line(text: str) -> str | None:
    """The unit that a line such as "Đơn vị tính: Triệu đồng" names, normalised."""
    found = _UNIT_LINE.fullmatch(normalise(text))
    return found[1] if found else None


@lru_cache(maxsize=65_536)
def row_code(text: str) -> str:
    """A row code as it is compared: 01 and 1 are the same."""
    return normalise(text).lstrip("0") or ("0" if text.strip() else "")
