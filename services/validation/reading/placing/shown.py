"""Numbers as their cells show them, where a number format shows another number than the stored one.

Whoever fills in a form sees what is shown, beside the printed unit: 9,616.289 under "triệu đồng" is meant
so, whether 9616.289 is stored or 9616289123 with a format that scales. What can't be told is an error.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from services.model.observation import Missing
from services.model.table import Unit
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.entries import Entry
from services.validation.reading.placing.units import meaning
from services.validation.workbook import Sheet
from services.validation.workbook.address import place_of
from services.validation.workbook.formats import Shown, shown
from services.validation.workbook.numbers import Content, Reading, read_number, read_scaled

Key = TypeVar("Key", bound=Hashable)
_ERROR = Context(level=WITHIN)
_UNCLEAR = Reading(Content.UNCLEAR)
_SHORT = {"tr": 6, "k": 3, "K": 3, "M": 6, "mn": 6, "Mn": 6, "B": 9, "bn": 9, "Bn": 9}
_MONEY = "VND"


def read_as_shown(
    entries: dict[Key, Entry],
    sheet: Sheet,
    about: Callable[[Key], tuple[str, Unit | None]],
    notebook: Notebook,
) -> None:
    """Reads again each entry whose number format shows another number; `about` is its column and unit.

    A column and unit of which some cells are scaled and others aren't is an error, as is one whose
    scaled numbers are all below 1, and are shares of which some lack the percent sign of the others.
    """
    if not sheet.formats:
        return
    powers: dict[Key, int | None] = {}
    groups: dict[tuple[str, Unit | None], list[Key]] = defaultdict(list)
    for key, one in entries.items():
        if one.reading.content is not Content.NUMBER or isinstance(one.raw, str):
            continue
        place = place_of(one.cell)
        code = sheet.formats.get(place) if place is not None else None
        assert isinstance(one.raw, int | float)
        column, unit = about(key)
        powers[key] = 0 if code is None else _power(shown(code, one.raw), one.raw, unit)
        if one.raw != 0:
            groups[column, unit].append(key)
    for (_, unit), keys in groups.items():
        odd = _mixed_shares(entries, powers, keys) if _is_share(unit) else _mixed(powers, keys)
        powers |= dict.fromkeys([*odd, *_vanishing(entries, powers, keys)])
    _note(entries, powers, sheet, notebook)


def _mixed(powers: Mapping[Key, int | None], keys: list[Key]) -> Iterator[Key]:
    """The numbers that are scaled otherwise than most of their column; all where none are most."""
    counts = Counter(power for key in keys if (power := powers[key]) is not None)
    if len(counts) > 1:
        (usual, most), (_, next_most) = counts.most_common(2)
        yield from (key for key in keys if powers[key] != usual or most == next_most)


def _vanishing(
    entries: Mapping[Key, Entry], powers: Mapping[Key, int | None], keys: list[Key]
) -> Iterator[Key]:
    """Scaled numbers of a column in which none is shown as 1 or more: nobody can read them there."""
    scaled = [key for key in keys if (powers[key] or 0) < 0]
    sizes = [abs(value) for key in scaled if (value := entries[key].reading.value) is not None]
    if all(size.scaleb(powers[key] or 0) < 1 for key, size in zip(scaled, sizes, strict=True)):
        yield from scaled


def _mixed_shares(
    entries: Mapping[Key, Entry], powers: Mapping[Key, int | None], keys: list[Key]
) -> Iterator[Key]:
    """Numbers up to 1 without a percent sign in a column of others with one: 0.97 beside 97 %."""
    if any(powers[key] == 2 for key in keys):
        for key in keys:
            raw = entries[key].raw
            if powers[key] == 0 and isinstance(raw, int | float) and abs(raw) <= 1:
                yield key


def _note(
    entries: dict[Key, Entry], powers: dict[Key, int | None], sheet: Sheet, notebook: Notebook
) -> None:
    scaled: list[str] = []
    unclear: list[str] = []
    for key, power in powers.items():
        entry = entries[key]
        if power is None:
            unclear.append(entry.cell)
            entries[key] = replace(entry, reading=_UNCLEAR)
        elif power:
            scaled.append(entry.cell)
            assert isinstance(entry.raw, int | float)
            entries[key] = replace(entry, reading=read_scaled(entry.raw, power))
    if scaled:
        notebook.repair("number_as_shown", Place(sheet.name, tuple(scaled)), count=len(scaled))
    if unclear:
        codes = dict.fromkeys(sheet.formats.get(place_of(cell) or (-1, -1), "") for cell in unclear)
        values = {"count": len(unclear), "found": " | ".join(code or "General" for code in codes)}
        notebook.find("format_unclear", Place(sheet.name, tuple(unclear)), _ERROR, **values)


def _power(how: Shown, number: float, unit: Unit | None) -> int | None:
    """By which power of ten the number is shown larger than it is stored; None where that isn't clear."""
    if not how.digits:
        reading = read_number(how.text)
        is_nought = reading.content is Content.BLANK or reading.missing is Missing.NIL
        same = reading.value is not None and reading.value == Decimal(repr(number))
        return 0 if same or (number == 0 and is_nought) else None
    if not how.clear:
        return None
    if how.percent:
        return how.power if how.power in (0, 2) and _is_share(unit) else None
    return how.power if _agrees(how, unit) else None


def _is_share(unit: Unit | None) -> bool:
    return unit is not None and meaning(unit.labels[0]).base == "%"


def _agrees(how: Shown, unit: Unit | None) -> bool:
    """Whether the text beside the digits says nothing of another power of ten than the unit's."""
    if not how.text:
        return True
    written = meaning(how.text)
    power = _SHORT.get(how.text, written.power)
    if power == 0:
        # A currency sign says nothing of thousands or millions; a word that nobody knows may.
        return how.power == 0 or written.base == _MONEY
    return unit is not None and meaning(unit.labels[0]).power == power
