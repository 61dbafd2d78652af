"""Cells of a sheet's part: found or made at their place, and coloured."""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from services.model.enumerations import Severity
from services.validation.telling.ooxml.package import Element, main
from services.validation.telling.ooxml.styles import Styles
from services.validation.workbook import address
from services.validation.workbook.address import COLUMNS, place_of
from services.validation.workbook.sheet import Place


def anchors(sheet: Element, places: Iterable[Place]) -> dict[Place, Place]:
    """For each place the cell that is seen there: inside a merged range its first one."""
    seen = {place: place for place in places}
    ordered = sorted(seen)
    for merged in sheet.iterfind(f"{main('mergeCells')}/{main('mergeCell')}"):
        first, _, last = merged.get("ref", "").partition(":")
        top, bottom = place_of(first), place_of(last)
        if top and bottom:
            start = bisect_left(ordered, (top[0], 0))
            for place in ordered[start : bisect_right(ordered, (bottom[0], COLUMNS))]:
                if top[1] <= place[1] <= bottom[1]:
                    seen[place] = top
    return seen


def colour(sheet: Element, marks: Mapping[Place, Severity], styles: Styles) -> None:
    """Gives each marked cell the colour of its severity; the format that it had stays."""
    columns: dict[int, set[int]] = defaultdict(set)
    for row, column in marks:
        columns[row].add(column)
    data = sheet.find(main("sheetData"))
    rows = _found(data, "row", columns, lambda name: int(name) - 1, lambda row: str(row + 1))
    for number, row in rows.items():
        known = len(row)
        cells = _found(row, "c", columns[number], _column, partial(address, number))
        if len(row) > known:
            # A hint for readers, which no longer holds.
            row.attrib.pop("spans", None)
        for column, cell in cells.items():
            style = cell.get("s") or _inherited(sheet, row, column)
            severity = marks[number, column]
            cell.set("s", str(styles.marked(int(style), severity)))


def _found(
    parent: Element,
    tag: str,
    wanted: Iterable[int],
    number: Callable[[str], int],
    name: Callable[[int], str],
) -> dict[int, Element]:
    """The child at each wanted position, made where there is none. Positions may be unsaid."""
    missing = deque(sorted(wanted))
    found: dict[int, Element] = {}

    def made() -> Element:
        position = missing.popleft()
        found[position] = parent.makeelement(main(tag), r=name(position))
        return found[position]

    last = -1
    for child in parent.iterchildren(main(tag)):
        last = number(child.get("r")) if child.get("r") else last + 1
        while missing and missing[0] < last:
            child.addprevious(made())
        if missing and missing[0] == last:
            found[missing.popleft()] = child
    while missing:
        parent.append(made())
    return found


def _column(cell: str) -> int:
    place = place_of(cell)
    if place is None:
        raise ValueError(f"no cell is called {cell}")
    return place[1]


def _inherited(sheet: Element, row: Element, column: int) -> str:
    """The format of a blank cell: its row's, or its column's."""
    if row.get("customFormat") in ("1", "true"):
        return str(row.get("s", "0"))
    for one in sheet.iterfind(f"{main('cols')}/{main('col')}"):
        if int(one.get("min", "0")) <= column + 1 <= int(one.get("max", "0")):
            return str(one.get("style", "0"))
    return "0"
