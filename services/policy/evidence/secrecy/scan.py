"""Markings of secrecy in the texts of a workbook: Mật, Tối mật, Tuyệt mật. Where and of which level, never the text.

The words alone say nothing: mật ong is honey, mật độ density. A marking stands by itself, as a stamp does; or beside
its label; or in a sentence that says what the document is. Law 29/2018/QH14, Article 10(2): the highest level counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from services.model.enumerations import SecretLevel
from services.model.legacy import ENCODINGS, decoded, is_latin
from services.policy.evidence.finding import Finding
from services.policy.evidence.identifiers.scan import safe_names
from services.policy.evidence.secrecy.wording import (
    AROUND,
    LEVELS,
    LONGEST,
    is_work_secret,
    level_of,
    toned_of,
)
from services.policy.evidence.texts import Texts, fold

_CANDIDATE = r"m *\W* *a *\W* *t|secret"
_LEGACY = r"(?i)m\W*(?:ë|aä)\W*t"
"""«mật» in TCVN3 and VNI, whose texts are too short here to be surely that."""
_LABEL = re.compile(r"^(?:do|cap|muc)(?: do)?(?: bao)? mat$")
_PIECE = r"^(?:tuyet|toi|mat|[tuyeoima])$"
_WHOLE = {name.replace(" ", ""): level for name, level in LEVELS.items()}
_TONED_WHOLE = ("tuyệtmật", "tốimật", "mật")
_GAP = re.compile(r"\t+|(?:\r?\n[ \t]*){2,}|[ \u00a0\u2000-\u200a\u3000]{3,}")
"""What sets a stamp apart in its cell: no single line break, which wraps «MẬT ĐỘ DÂN SỐ» in any narrow heading."""
_JOINED_BEFORE = re.compile(r"\b(?:bi|bao|ri|gi|tui|co|than|khong|chua|phi|duong|ong|lay)\W*$")
_JOINED_AFTER = re.compile(r"^\W*(?:do|ong|mia|thiet|khau|duong|hoa)\b")
"""Words that make another word with «mật» beside it, or deny it."""
_BESIDE = 6
"""Columns to the right of a label within which its value stands; or it stands in the cell below."""
_APART = 3
"""Cells within which the pieces of a stamp stand."""


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
        level = _highest(level_of(text, folded), *_in_parts(text))
        if level is not None:
            found[index] = level
        elif row is not None and _LABEL.match(folded.strip(AROUND)):
            labels.append((sheet, column, row))
    if labels:
        found |= dict(_beside(candidates, labels))
    found |= dict(_legacy(texts))
    order = list(SecretLevel)
    for index, level in _split(texts):
        found[index] = min(level, found.get(index, level), key=order.index)
    names = safe_names(texts.sheets)
    places = texts.frame.select("sheet", "cell").rows()
    return tuple(
        Finding(names[places[index][0]], places[index][1], level.value)
        for index, level in sorted(found.items(), key=lambda item: (order.index(item[1]), item[0]))
    )


def names_work_secret(texts: Texts) -> bool:
    """Whether a text says that the document is a work secret, which is no state secret."""
    candidates = texts.frame.filter(pl.col("folded").str.contains("bi mat cong tac", literal=True))
    return any(is_work_secret(folded) for folded in candidates["folded"])


def _in_parts(text: str) -> Iterator[SecretLevel]:
    """The levels of stamps in capitals that a tab, a gap or a blank line sets apart from the rest of the cell."""
    parts = [part for part in _GAP.split(text) if part.strip()]
    if len(parts) < 2:
        return
    folded = ["", *fold(pl.Series(parts)), ""]
    for number, part in enumerate(parts, 1):
        joined = _JOINED_BEFORE.search(folded[number - 1]) or _JOINED_AFTER.search(
            folded[number + 1]
        )
        if part.isupper() and not joined and (level := level_of(part, folded[number])):
            yield level


def _highest(*levels: SecretLevel | None) -> SecretLevel | None:
    """Law 29/2018/QH14, Article 10(2): of several the highest counts."""
    order = list(SecretLevel)
    return min((level for level in levels if level is not None), key=order.index, default=None)


def _legacy(texts: Texts) -> Iterator[tuple[int, SecretLevel]]:
    """Stamps in the encodings from before Unicode, whose capitals are a matter of the font."""
    candidates = texts.frame.filter(
        pl.col("text").str.contains(_LEGACY) & (pl.col("text").str.len_chars() <= LONGEST)
    )
    for index, text in candidates.select("index", "text").iter_rows():
        for encoding in ENCODINGS if is_latin(text) else ():
            meant = decoded(text, encoding).upper()
            (folded,) = fold(pl.Series([meant]))
            if level := level_of(meant, folded):
                yield index, level
                break


def _split(texts: Texts) -> Iterator[tuple[int, SecretLevel]]:
    """Stamps cut over cells side by side, or one below the other; told of the last cell."""
    placed = texts.frame.filter(
        pl.col("row").is_not_null() & pl.col("folded").str.strip_chars(AROUND).str.contains(_PIECE)
    )
    cells = [
        (sheet, row, _number(column), index, folded.strip(AROUND), toned_of(text).strip(AROUND))
        for sheet, row, column, index, folded, text in placed.select(
            "sheet", "row", "column", "index", "folded", "text"
        ).iter_rows()
    ]
    lines: dict[tuple[str, int, int], list[tuple[int, int, str, str]]] = {}
    for sheet, row, column, index, folded, toned in cells:
        lines.setdefault(("row", sheet, row), []).append((column, index, folded, toned))
        lines.setdefault(("column", sheet, column), []).append((row, index, folded, toned))
    for line in lines.values():
        yield from _joined(sorted(line))


def _joined(line: list[tuple[int, int, str, str]]) -> Iterator[tuple[int, SecretLevel]]:
    for first in range(len(line)):
        whole = toned = ""
        before = line[first][0]
        for at, index, folded, written in line[first:]:
            if at - before > _APART:
                break
            whole, toned, before = whole + folded, toned + written, at
            if not any(word.startswith(whole) for word in _WHOLE):
                break
            if whole == folded:
                continue
            level = _WHOLE.get(whole)
            untoned = toned == whole and level is not SecretLevel.CONFIDENTIAL
            if level and (toned in _TONED_WHOLE or untoned):
                yield index, level


def _beside(
    candidates: pl.DataFrame, labels: list[tuple[int, str, int]]
) -> Iterator[tuple[int, SecretLevel]]:
    """The levels that stand right of a label of their own, or below it."""
    placed = {(sheet, line, _number(letters)) for sheet, letters, line in labels}
    for index, sheet, row, column, folded in candidates.select(
        "index", "sheet", "row", "column", "folded"
    ).iter_rows():
        level = LEVELS.get(folded.strip(AROUND))
        if level is None or row is None:
            continue
        at = _number(column)
        right = any((sheet, row, at - away) in placed for away in range(1, _BESIDE + 1))
        if right or (sheet, row - 1, at) in placed:
            yield index, level


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
