"""Finds a table by the meaning of its headings: where it starts and which column is which.

A column's heading is all header texts above it, merged cells spread out. It is matched on
normalised text against the header paths of the form, from the innermost label outwards; so an
inserted column, a moved table or another number of header rows still reads.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby

from services.model.period import Period
from services.model.table import Table
from services.validation.reading.placing.layout import Layout, header_texts, path_above
from services.validation.reading.placing.wording import heading, unit_behind, without_completeness
from services.validation.workbook import Sheet, Workbook
from services.validation.workbook.numbers import Content, read_number

REPORTED = "Số liệu đã gửi"
"""The sheet of a blank form with what its sender reported before: nothing of it is read as figures."""
_SEARCHED_ROWS = 80
_SEARCHED_COLUMNS = 120
_COUNTED_ROWS = 500
_STRAY = 3
"""A column is clearly filled where it holds so many numbers for each of another one."""

Wanted = dict[str, list[tuple[str, float]]]


def find_layouts(table: Table, workbook: Workbook, periods: Mapping[str, Period]) -> list[Layout]:
    """The sheets in which the table is found whole; else the one where most of it is found.

    Sheets that the form names come first, visible ones before hidden ones; empty where not even
    half of the columns are found anywhere.
    """
    wanted = _wanted(table, periods)
    named = {heading(name) for name in table.sheets}
    sheets = [one for one in enumerate(workbook.sheets) if one[1].name != REPORTED]
    rank = {index: (heading(one.name) not in named, one.hidden) for index, one in sheets}
    best: list[Layout] = []
    ordered = sorted(sheets, key=lambda pair: rank[pair[0]])
    for _, group in groupby(ordered, key=lambda pair: rank[pair[0]]):
        layouts = [
            layout for index, sheet in group if (layout := _find(table, index, sheet, wanted))
        ]
        if whole := [layout for layout in layouts if not layout.missing(table)]:
            return whole
        best += layouts
    best = [layout for layout in best if 2 * len(layout.columns) >= len(_needed(table))]
    return sorted(best, key=lambda layout: -len(layout.columns))[:1]


def _needed(table: Table) -> set[str]:
    return {column.id for column in table.columns if not column.optional}


def _wanted(table: Table, periods: Mapping[str, Period]) -> Wanted:
    """Heading text → the form's columns that it may be, better the more of the path it is."""
    wanted: Wanted = defaultdict(list)
    for column in table.columns:
        for path in header_texts(column, periods.get(column.id)):
            for first in range(len(path)):
                score = len(path) - first + (0.5 if first == 0 else 0)
                wanted[" ".join(path[first:])].append((column.id, score))
    return wanted


def _find(table: Table, index: int, sheet: Sheet, wanted: Wanted) -> Layout | None:
    """The table in one sheet: the last row of the first run in which all needed columns match."""
    best: Layout | None = None
    needed = _needed(table)
    if not _mentions(sheet, wanted):
        return None
    for row in range(min(len(sheet.rows), _SEARCHED_ROWS)):
        if not any(cell != "" for cell in sheet.rows[row]):
            continue
        before = len(needed & best.placed) if best else 0
        if best and 2 * before > len(needed) and _has_numbers(best, row):
            break
        layout = Layout(index, sheet, row, *_assign(sheet, row, wanted))
        count = len(needed & layout.placed)
        if count >= max(before, 1):
            best = layout
        elif before == len(needed):
            break
    return best


def _mentions(sheet: Sheet, wanted: Wanted) -> bool:
    """Whether a heading of the table is anywhere where its header may be: most sheets have none."""
    return any(
        next(_matches((heading(cell),), wanted), None)
        for row in sheet.rows[:_SEARCHED_ROWS]
        for cell in row[:_SEARCHED_COLUMNS]
        if isinstance(cell, str) and cell
    )


def _has_numbers(layout: Layout, row: int) -> bool:
    """Whether a row is one of figures: a header never is."""
    cells = (layout.sheet.value(row, column) for column in layout.columns.values())
    return any(isinstance(cell, int | float) for cell in cells)


def _assign(
    sheet: Sheet, row: int, wanted: Wanted
) -> tuple[dict[str, int], dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Which sheet column each form column is when the header ends at `row`; best scores first.

    Besides those the ambiguous ones, and the columns beside them, as Layout has them.
    """
    scores: dict[str, dict[int, float]] = defaultdict(dict)
    for column in range(min(sheet.width, _SEARCHED_COLUMNS)):
        for name, score in _matches(path_above(sheet, row, column), wanted):
            scores[name][column] = max(score, scores[name].get(column, 0))
    columns: dict[str, int] = {}
    ambiguous: dict[str, tuple[int, ...]] = {}
    beside: dict[str, tuple[int, ...]] = {}
    for name, found in sorted(scores.items(), key=lambda pair: -max(pair[1].values())):
        free = {column: score for column, score in found.items() if column not in columns.values()}
        top = [column for column, score in free.items() if score == max(free.values())]
        if len(top) > 1:
            top, others = _of_one_range(sheet, row, top)
            if others:
                beside[name] = tuple(others)
        if len(top) == 1:
            columns[name] = top[0]
        elif top:
            ambiguous[name] = tuple(top)
    return columns, ambiguous, beside


def _matches(path: tuple[str, ...], wanted: Wanted) -> Iterator[tuple[str, float]]:
    for first in range(len(path)):
        text = " ".join(path[first:])
        bare = unit_behind(text)[0]
        for spelling in dict.fromkeys((text, bare, without_completeness(bare))):
            yield from wanted.get(spelling, ())


def _of_one_range(sheet: Sheet, row: int, columns: list[int]) -> tuple[list[int], list[int]]:
    """Of columns under one merged heading the one that is clearly filled, otherwise all of them.

    And the others in which numbers stand, where there is one.
    """
    anchors = {sheet.anchors.get((row, column)) for column in columns}
    if len(anchors) != 1 or None in anchors:
        return columns, []
    below = range(row + 1, min(row + 1 + _COUNTED_ROWS, len(sheet.rows)))
    counts = {
        column: sum(
            read_number(sheet.value(number, column)).content is Content.NUMBER for number in below
        )
        for column in columns
    }
    filled = sorted((column for column, count in counts.items() if count), key=counts.__getitem__)
    if not filled:
        return columns[:1], []
    *others, fullest = filled
    if all(_STRAY * counts[column] <= counts[fullest] for column in others):
        return [fullest], others
    return columns, []
