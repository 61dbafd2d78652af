"""The texts of a workbook, as validation wrote them into the `cells` object: one row a text, also folded."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import polars as pl

from services.model.legacy import (
    Encoding,
    decoded,
    evident,
    is_latin,
    vietnamese_share,
)

FORMAT = 1
# What a cell of a workbook can hold; a longer text is no cell's.
LONGEST_TEXT = 32_767
_LOOKALIKES = str.maketrans(
    "авсеіјкмнорѕтухԁԛԝαβεηικμνορτυχɑıℓ",
    "abceijkmhopstyxdqwabenikmvoptuxail",
)
"""Small letters of Cyrillic and Greek, and a few others, that look like Latin ones (Unicode TR 39, confusables)."""
_LATIN_1 = r"[¡-ÿ]"
_AS_IT_IS = r"^[0-9.,\-]+$"
_INVISIBLE = r"\p{Cf}+"
_FOREIGN = r"[\p{Cyrillic}\p{Greek}ɑıℓ]"


class CellsError(ValueError):
    """The bytes are no `cells` object that this module reads."""


@dataclass(frozen=True)
class Texts:
    """The sheets' names, and a frame of sheet (number), cell, text, where, folded, column, row, index.

    A sheet's name is a text like any other, without a cell.
    """

    sheets: tuple[str, ...]
    frame: pl.DataFrame


def read(content: bytes) -> Texts:
    """The texts of a `cells` object; raises CellsError for other bytes."""
    try:
        document: dict[str, Any] = json.loads(content)
        if document["format"] != FORMAT:
            raise CellsError(f"format {document['format']} is not {FORMAT}")
        names = [str(sheet["name"]) for sheet in document["sheets"]]
        cells = document["cells"]
        columns = {
            name: [cell[name] for cell in cells] for name in ("sheet", "cell", "text", "where")
        }
        columns["sheet"] += range(len(names))
        columns["cell"] += [""] * len(names)
        columns["text"] += names
        columns["where"] += ["sheet"] * len(names)
        columns["text"] = [text[:LONGEST_TEXT] for text in columns["text"]]
        if not all(0 <= sheet < len(names) for sheet in columns["sheet"]):
            raise CellsError("a cell is on no sheet")
        return Texts(tuple(names), _frame(columns))
    except CellsError:
        raise
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        raise CellsError(f"not a cells object: {type(error).__name__}") from None


def fold(texts: pl.Series) -> pl.Series:
    """Lower case, without tone marks and invisible characters, đ as d, single spaces, letters as they look."""
    # Most texts are printed figures, which are folded as they are.
    written = ~texts.str.contains(_AS_IT_IS)
    if not written.any():
        return texts
    # A series is changed in place by this, so it is done to another one.
    return texts.clone().scatter(written.arg_true(), _folded(texts.filter(written)))


def _folded(texts: pl.Series) -> pl.Series:
    folded = (
        texts.str.normalize("NFKD")
        .str.replace_all(r"[\p{Mn}\p{Cf}]+", "")
        .str.to_lowercase()
        .str.replace_all("đ", "d", literal=True)
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )
    foreign = folded.str.contains(_FOREIGN)
    if not foreign.any():
        return folded
    seen = folded.filter(foreign).map_elements(latin, return_dtype=pl.String)
    return folded.scatter(foreign.arg_true(), seen)


def repaired(texts: pl.Series) -> pl.Series:
    """Text that is surely TCVN3 or VNI as Unicode: validation repairs cells, but no comments and no names of sheets.

    Where one text surely is, others of the workbook that could be either are too.
    """
    latin_1 = texts.str.contains(_LATIN_1)
    candidates = texts.filter(latin_1)
    sure = {encoding for text in candidates.unique() if (encoding := evident(text))}
    if not sure:
        return texts
    meant = candidates.map_elements(lambda text: _meant(text, sure), return_dtype=pl.String)
    return texts.clone().scatter(latin_1.arg_true(), meant)


def _meant(text: str, sure: Set[Encoding]) -> str:
    if not is_latin(text):
        return text
    readings = [text, *(decoded(text, encoding) for encoding in sure)]
    return max(reversed(readings), key=vietnamese_share)


def latin(text: str) -> str:
    """Small letters, each that looks like a Latin one as that."""
    return text.lower().translate(_LOOKALIKES)


def _frame(columns: dict[str, list[Any]]) -> pl.DataFrame:
    types = {"sheet": pl.Int32, "cell": pl.String, "text": pl.String, "where": pl.String}
    place = pl.col("cell").str.extract_groups(r"^([A-Z]{1,3})([0-9]{1,7})$")
    frame = pl.DataFrame(columns, schema=types, strict=True).with_row_index("index")
    frame = frame.with_columns(repaired(frame["text"]).str.replace_all(_INVISIBLE, ""))
    return frame.with_columns(
        fold(frame["text"]).alias("folded"),
        column=place.struct.field("1"),
        row=place.struct.field("2").cast(pl.Int32),
    ).with_columns(cell=pl.when(pl.col("row").is_null()).then(pl.lit("")).otherwise("cell"))
