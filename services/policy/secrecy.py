"""Markings of secrecy in the texts of a workbook: Mật, Tối mật, Tuyệt mật. Where and of which level, never the text.

The words alone say nothing: mật ong is honey, mật độ density. A marking stands by itself, as a stamp does; or beside
its label; or in a sentence that says what the document is. Law 29/2018/QH14, Article 10(2): the highest level counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import polars as pl

from services.model.statement import SecretLevel
from services.policy.identifiers.finding import Finding
from services.policy.identifiers.scan import safe_names
from services.policy.texts import Texts, latin

_LEVELS = {
    "tuyet mat": SecretLevel.TOP_SECRET,
    "toi mat": SecretLevel.SECRET,
    "mat": SecretLevel.CONFIDENTIAL,
}
_LEVEL = r"(?P<level>tuyet mat|toi mat|mat)"
_AROUND = " \t\n.,:;-–—_*#()[]{}<>«»\"'“”!|/\\"
_LONGEST = 60
"""Characters of a stamp; what is longer is a sentence."""
_CANDIDATE = r"m *\W* *a *\W* *t"
_LABEL = re.compile(r"^(?:do|cap|muc)(?: do)? mat$")
_LABELLED = re.compile(rf"\b(?:do|cap|muc)(?: do)? mat *[:\-–] *\W*{_LEVEL}\b")
_STATED = re.compile(
    rf"\b(?:tai lieu|van ban|so lieu|thong tin|bao cao|ho so)(?: thuoc)?(?: loai| do| dang)? {_LEVEL}(?=[\s.,;:)]*$)"
)
_LISTED = re.compile(r"\bthuoc (?:danh muc |pham vi |loai )*bi mat nha nuoc\b")
_DENIED = re.compile(r"\b(?:khong|chua|ngoai|loai tru|tru)\b[^.;]{0,40}$")
_TONED = re.compile(r"\bmật\b")
_SPACED = re.compile(r"^\w(?:[ .\-_*]+\w){2,}$")
_BESIDE = 3
"""Columns to the right of a label within which its value stands."""


def markings(texts: Texts) -> tuple[Finding, ...]:
    """The markings, the highest level first, each with its sheet and cell."""
    candidates = texts.frame.filter(
        pl.col("folded").str.contains(_CANDIDATE) & (pl.col("folded").str.len_chars() > 0)
    )
    found: dict[int, SecretLevel] = {}
    labels: list[tuple[int, str, int]] = []
    for index, sheet, row, column, folded, text in candidates.select(
        "index", "sheet", "row", "column", "folded", "text"
    ).iter_rows():
        level = level_of(text, folded)
        if level is not None:
            found[index] = level
        elif row is not None and _LABEL.match(folded.strip(_AROUND)):
            labels.append((sheet, column, row))
    if labels:
        found |= dict(_beside(candidates, labels))
    names = safe_names(texts.sheets)
    places = texts.frame.select("sheet", "cell").rows()
    order = list(SecretLevel)
    return tuple(
        Finding(names[places[index][0]], places[index][1], level.value)
        for index, level in sorted(found.items(), key=lambda one: (order.index(one[1]), one[0]))
    )


def level_of(text: str, folded: str) -> SecretLevel | None:
    """The level that a text marks by itself; `folded` is it without tone marks (`texts.fold`)."""
    stamp = folded.strip(_AROUND)
    if len(stamp) <= _LONGEST and (level := _stamped(text, stamp)):
        return level
    if labelled := _LABELLED.search(folded):
        return _LEVELS[labelled["level"]]
    if (stated := _STATED.search(folded)) and not _DENIED.search(folded[: stated.start()]):
        level = _LEVELS[stated["level"]]
        # "Thông tin mất" is lost, not secret: without the word's own tone mark the lowest level is not believed.
        return level if level is not SecretLevel.CONFIDENTIAL or _is_toned(text) else None
    listed = _LISTED.search(folded)
    return (
        SecretLevel.CONFIDENTIAL
        if listed and not _DENIED.search(folded[: listed.start()])
        else None
    )


def _stamped(text: str, stamp: str) -> SecretLevel | None:
    """The level of a text that is nothing but a marking, its letters spaced out or not."""
    plain = text.strip(_AROUND)
    spaced = _SPACED.fullmatch(stamp) is not None
    if spaced:
        joined = re.sub(r"[ .\-_*]+", "", stamp)
        stamp = {"tuyetmat": "tuyet mat", "toimat": "toi mat"}.get(joined, joined)
        plain = re.sub(r"[ .\-_*]+", "", plain)
    level = _LEVELS.get(stamp)
    if level is SecretLevel.CONFIDENTIAL and not spaced:
        # Honey and molasses are "Mật" in lists of products; a stamp is in capitals.
        return level if _is_toned(text) and plain in (plain.upper(), plain.lower()) else None
    if level is None and stamp == "bi mat nha nuoc":
        return SecretLevel.CONFIDENTIAL
    return level


def _is_toned(text: str) -> bool:
    return _TONED.search(unicodedata.normalize("NFC", latin(text))) is not None


def _beside(
    candidates: pl.DataFrame, labels: list[tuple[int, str, int]]
) -> Iterator[tuple[int, SecretLevel]]:
    """The levels that stand right of a label of their own."""
    for index, sheet, row, column, folded in candidates.select(
        "index", "sheet", "row", "column", "folded"
    ).iter_rows():
        level = _LEVELS.get(folded.strip(_AROUND))
        if level is None or row is None:
            continue
        at = _number(column)
        if any(
            (sheet, row) == (one, line) and 0 < at - _number(letters) <= _BESIDE
            for one, letters, line in labels
        ):
            yield index, level


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
