"""How Vietnamese forms write things: periods, completeness, units, numbers.

"Tháng 9" is a month and "9 tháng" the nine months since January; "sơ bộ" in a heading says how
complete a column is. Everything here compares texts that `normalise` made equal.
"""

import re
from functools import lru_cache

from services.model.enumerations import Completeness
from services.model.period import Frequency, Period
from services.model.text import folded, normalise
from services.validation.reading.placing.units import meaning

_ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV"}
_COMPLETENESS = {
    "ước tính": Completeness.ESTIMATE,
    "ước thực hiện": Completeness.ESTIMATE,
    "sơ bộ": Completeness.PRELIMINARY,
    "chính thức": Completeness.OFFICIAL,
}
_WORDS = dict(
    enumerate(
        (
            *("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"),
            *("mười một", "mười hai"),
        ),
        1,
    )
)
_UNIT_LINE = re.compile(r"(?:.*\()?\s*(đơn vị|đơn vị tính|đvt|unit)\s*:\s*(.+?)\s*\)?\s*")
_UNIT_WORDS = re.compile(r"\(?\s*(?:đơn vị tính|đvt)\s*:?\s*")
_UNIT_BEHIND = re.compile(r"\s*\(([^()]+)\)$")
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
            heads = (
                *("Năm {year}", "Cả năm {year}", "12 tháng năm {year}", "12 tháng {year}"),
                *("12 tháng/{year}", "Năm {year} cả năm", "{year} cả năm", "{year}"),
            )
            return tuple(head.format(year=year) for head in heads)
        case Frequency.QUARTER:
            names = (f"Quý {_ROMAN[number]}", f"Quý {number}", f"Quý {_WORDS[number]}")
            if since_january and number == 1:
                names = _months_so_far(3)
        case Frequency.HALF_YEAR:
            names = _months_so_far(6)[1::-1] + _months_so_far(6)[2:]
            if number == 2:
                names = ("6 tháng cuối", "Sáu tháng cuối")
        case Frequency.MONTH:
            names = (f"Tháng {number}", f"Tháng {number:02}", f"Tháng {_WORDS[number]}")
        case Frequency.DAY:
            return (f"Ngày {period.start:%d/%m/%Y}", f"{period.start:%d/%m/%Y}")
        case Frequency.RANGE:
            months = period.months
            if months is None or period.start.month != 1:
                return (str(period),)
            names = _months_so_far(months)
    behind = (f"{name}{joint}{year}" for name in names for joint in (" năm ", "/", " "))
    # A year over several columns comes before what each of them is.
    before = (f"{head}{year} {name}" for name in names for head in ("Năm ", ""))
    return (*behind, *before)


def _months_so_far(months: int) -> tuple[str, ...]:
    """The months since January, which aren't the month of that number: "9 tháng", "Chín tháng"."""
    if months not in _WORDS:
        return (f"{months} tháng",)
    word = _WORDS[months].capitalize()
    return (f"{months} tháng", f"{months} tháng đầu", f"{word} tháng", f"{word} tháng đầu")


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


@lru_cache(maxsize=65_536)
def spelled(text: str) -> str:
    """The same, but with each tone mark on the letter on which it was written."""
    return _LEADING.sub("", _FOOTNOTE.sub("", folded(text))).rstrip(" :.")


def unit_line(text: str) -> str | None:
    """The unit that a line such as "Đơn vị tính: Triệu đồng" names, normalised.

    "Đơn vị:" alone may as well be followed by an organisation, so there the unit must be a usual one.
    """
    match = _UNIT_LINE.fullmatch(normalise(text))
    if match is None or (match[1] in ("đơn vị", "unit") and not meaning(match[2]).known):
        return None
    return match[2]


def announces_unit(text: str) -> bool:
    """Whether a cell says only "Đơn vị tính:", so that the unit stands in the next one."""
    return bool(_UNIT_WORDS.fullmatch(normalise(text)))


def unit_behind(text: str) -> tuple[str, str | None]:
    """A normalised heading without the unit in brackets behind it, and that unit if it is one."""
    match = _UNIT_BEHIND.search(text)
    if match is None or not meaning(match[1]).known:
        return text, None
    return text[: match.start()], match[1]


@lru_cache(maxsize=65_536)
def row_code(text: str) -> str:
    """A row code as it is compared: 01 and 1 are the same, a and A are not."""
    return " ".join(text.split()).lstrip("0") or ("0" if text.strip() else "")
