"""Coordinates of a place in Viet Nam: degrees with decimals, degrees with minutes and seconds, metres of VN-2000.

A number alone is none: growth of 103.5 percent looks like a longitude. It takes a pair, seconds, or a heading.
"""

from __future__ import annotations

import re

# From the southern islands to Hà Giang, and from the western border to Trường Sa.
LATITUDE = (6.5, 23.5)
LONGITUDE = (102.0, 118.0)
# Metres of VN-2000: northing, and easting with the false 500,000.
NORTHING = (700_000.0, 2_650_000.0)
EASTING = (200_000.0, 900_000.0)

_DECIMAL = r"\d{1,3}[.,]\d{3,8}"
_BETWEEN = r"(?:\W{1,3}|[°nebd ,;]{1,4}|\W{0,2}[a-z ]{2,10}\W{1,3})"
_PAIR = re.compile(rf"(?<![\d.,])(?P<first>{_DECIMAL}){_BETWEEN}(?P<second>{_DECIMAL})(?![\d%])")
_DEGREES = re.compile(
    r"(?<![\d.,])(?P<degrees>\d{1,3}) ?(?:[°˚d]|o|do) ?(?P<minutes>[0-5]?\d) ?(?:['’′`]|phut)"
    r" ?(?P<seconds>[0-5]?\d(?:[.,]\d+)?) ?(?:[\"”“″]|['’′`]{2}|giay)"
)
_NUMBER = re.compile(r"(\d{1,7})(?:[.,](\d{1,8}))?")
CANDIDATE = (
    r"\d[.,]\d{3,8}\D{1,14}\d{1,3}[.,]\d{3,8}|\d ?(?:[°˚d]|o|do) ?\d{1,2} ?(?:['’′`]|phut) ?\d"
)


def speak(folded: str) -> bool:
    """Whether a text holds a place by itself: a pair of degrees in Viet Nam, or degrees down to seconds."""
    if any(is_pair(pair["first"], pair["second"]) for pair in _PAIR.finditer(folded)):
        return True
    return any(_in_viet_nam(float(match["degrees"])) for match in _DEGREES.finditer(folded))


def is_pair(first: str, second: str) -> bool:
    """Whether two printed numbers are latitude and longitude, in either order, as receivers print them."""
    one, other = degrees(first), degrees(second)
    if one is None or other is None:
        return False
    low, high = sorted((one, other))
    return LATITUDE[0] <= low <= LATITUDE[1] and LONGITUDE[0] <= high <= LONGITUDE[1]


def degrees(text: str) -> float | None:
    """A number with four to eight decimals; a computed share or index has more, a printed one fewer."""
    match = _NUMBER.fullmatch(text)
    if not match or not match[2] or len(match[2]) < 4:
        return None
    return float(f"{match[1]}.{match[2]}")


def fits(folded: str, text: str) -> bool:
    """Whether a value under a heading for coordinates is one, whichever way it is written."""
    if speak(folded):
        return True
    match = _NUMBER.fullmatch(folded.replace(" ", "").rstrip("°nebd"))
    if not match:
        return False
    value = float(f"{match[1]}.{match[2] or 0}")
    return (
        (match[2] is not None and _in_viet_nam(value))
        or NORTHING[0] <= value <= NORTHING[1]
        or EASTING[0] <= value <= EASTING[1]
    )


def _in_viet_nam(value: float) -> bool:
    return int(LATITUDE[0]) <= value <= LATITUDE[1] or LONGITUDE[0] <= value <= LONGITUDE[1]
