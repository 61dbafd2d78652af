"""The cells of sheets that are in an encoding from before Unicode, as Unicode (`services.model.legacy`).

A cell that could be either is decided by its font, which is looked up only in workbooks that hold such text.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from services.model.legacy import STRANGE, Encoding, decoded, evident, is_latin
from services.validation.workbook.address import address
from services.validation.workbook.sheet import Decoded, Place, Sheet

DECOMPOSED = "NFD"
"""Unicode whose marks stand apart from their letters; composed, like all text here."""
_FONTS = {Encoding.TCVN3: (".vn",), Encoding.VNI: ("vni-", "vni ")}


def decode(sheets: list[Sheet], fonts: Callable[[str], Mapping[Place, str]]) -> list[Sheet]:
    """The sheets with all their text in composed Unicode; each names the cells that weren't.

    `fonts` gives the fonts of a sheet's cells; it is called only where some text needs it.
    """
    texts_of = [dict(marked(sheet)) for sheet in sheets]
    found: list[dict[Place, Encoding]] = [
        {
            place: encoding
            for place, text in texts.items()
            if STRANGE.search(text) and (encoding := evident(text))
        }
        for texts in texts_of
    ]
    if any(found):
        named = [fonts(sheet.name) for sheet in sheets]
        sure = {encoding for each in found for encoding in each.values()} - _in_use(texts_of, named)
        for texts, known, of_cells in zip(texts_of, found, named, strict=True):
            known |= {
                place: encoding
                for place, text in texts.items()
                if place not in known
                and is_latin(text)
                and (encoding := _of_font(of_cells.get(place, "")) or evident(text)) in sure
            }
    return [_rewritten(*each) for each in zip(sheets, texts_of, found, strict=True)]


def marked(sheet: Sheet) -> Iterator[tuple[Place, str]]:
    """The texts of a sheet that have other characters than ASCII."""
    for number, row in enumerate(sheet.rows):
        # Most rows are numbers alone: this is the faster way to see that.
        if not [cell for cell in row if isinstance(cell, str) and not cell.isascii()]:
            continue
        for column, cell in enumerate(row):
            if isinstance(cell, str) and not cell.isascii():
                yield (number, column), cell


def _in_use(texts_of: list[dict[Place, str]], fonts: list[Mapping[Place, str]]) -> set[Encoding]:
    """The encodings whose fonts are also on text that is Unicode already: they decide nothing."""
    return {
        encoding
        for texts, of_cells in zip(texts_of, fonts, strict=True)
        for place, text in texts.items()
        if not is_latin(text) and (encoding := _of_font(of_cells.get(place, "")))
    }


def _of_font(name: str) -> Encoding | None:
    return next((one for one, starts in _FONTS.items() if name.lower().startswith(starts)), None)


def _rewritten(
    sheet: Sheet, texts: Mapping[Place, str], encodings: Mapping[Place, Encoding]
) -> Sheet:
    cells: dict[str, list[str]] = {}
    for (row, column), text in texts.items():
        encoding = encodings.get((row, column))
        if encoding is not None:
            text = decoded(text, encoding)
        elif not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
        else:
            continue
        sheet.rows[row][column] = text
        cells.setdefault(encoding or DECOMPOSED, []).append(address(row, column))
    listed = tuple(Decoded(name, tuple(places)) for name, places in cells.items())
    return replace(sheet, decoded=listed) if listed else sheet
