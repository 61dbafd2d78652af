"""The table of duties, and how much of them one page shows. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console import words
from services.console.paging import Page
from services.model.text import Language

Duty = Mapping[str, Any]
Column = tuple[str, str, int]
"""A period, its completeness and round."""
SETTLED = ("accepted", "nil", "excused")
ROWS, ITEMS = 20, 5
"""Rows of the table on one page, and duties below it with their forms: more would be heavy to load and to read."""


@dataclass(frozen=True)
class Row:
    """One item, area and supplier of the matrix, with a duty or None for each column."""

    supplier: str
    name: str
    item: str
    area: str
    duties: Sequence[Duty | None]


@dataclass(frozen=True)
class Matrix:
    """A page of the rows, with the columns that these need."""

    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Below:
    """The duties that stand below the table, or alone, each with what may be said of it.

    `open` are those that lack, are late or are asked about; `left` how many more of them the table has; `supplied` are
    reports of the reader's own that were sent.
    """

    open: Sequence[Duty]
    left: int
    supplied: Sequence[Duty]

    @property
    def all(self) -> list[Duty]:
        """Both."""
        return [*self.open, *self.supplied]


def matrix(duties: Iterable[Duty], language: Language, number: int) -> tuple[Matrix, Page]:
    """A row for each supplier, item and area, of which a page is shown; a cell for each column that the page needs."""
    found: dict[tuple[str, str, str, str], list[Duty]] = {}
    for one in duties:
        name = words.in_language(one["name"], language, one["item"])
        area = f"{one['area_list']}/{one['area']}"
        found.setdefault((one["supplier"], name, one["item"], area), []).append(one)
    several = _several(found)
    page = Page.of(number, len(found), ROWS)
    shown = sorted(found.items(), key=lambda each: each[0])[page.among(ROWS)]
    columns = sorted({column(one) for _, each in shown for one in each})
    rows = [
        Row(
            supplier, name, item, area if (supplier, item) in several else "", _cells(each, columns)
        )
        for (supplier, name, item, area), each in shown
    ]
    return Matrix(columns, rows), page


def _several(keys: Iterable[tuple[str, str, str, str]]) -> set[tuple[str, str]]:
    """Whose items are owed about several areas."""
    seen: dict[tuple[str, str], set[str]] = {}
    for supplier, _, item, area in keys:
        seen.setdefault((supplier, item), set()).add(area)
    return {key for key, areas in seen.items() if len(areas) > 1}


def _cells(duties: Iterable[Duty], columns: Sequence[Column]) -> list[Duty | None]:
    by_column = {column(one): one for one in duties}
    return [by_column.get(one) for one in columns]


def column(duty: Duty) -> Column:
    """Where in the table it stands."""
    return duty["period"], duty["completeness"], duty["round"]


def is_open(duty: Duty) -> bool:
    """Whether something has still to come, or to be answered."""
    return duty["state"] not in SETTLED or is_asked(duty)


def is_asked(duty: Duty) -> bool:
    """Whether somebody waits for an answer about it."""
    return duty["requested"] is not None or any(one["is_open"] for one in duty["questions"])


def paged(duties: Sequence[Duty], number: int) -> Page:
    """Which page of a list of them that is."""
    return Page.of(number, len(duties), ITEMS)


def below(
    duties: Sequence[Duty], table: Matrix | None, at: Page, chosen: str, own: Collection[str]
) -> Below:
    """What stands below the table, or on this page of the list where there is none; the chosen one is always there.

    Who waits for an answer comes first, then what is due first.
    """
    if table is None:
        listed = sorted(duties, key=lambda one: not is_asked(one))[at.among(ITEMS)]
        sent = []
    else:
        listed = sorted(filter(is_open, of(table)), key=lambda one: not is_asked(one))
        sent = [one for one in of(table) if one["id"] in own and one["supplied"]]
    sent = [one for one in sent if not is_open(one)]
    first = [one for one in duties if one["id"] == chosen and one not in sent]
    found = [*first, *(one for one in listed if one not in first)]
    most = len(found) if table is None else ITEMS
    return Below(found[:most], len(found[most:]), sent[:ITEMS])


def of(table: Matrix | None) -> list[Duty]:
    """The duties of a table, by when their terms end."""
    found = [one for row in (table.rows if table else ()) for one in row.duties if one]
    return sorted(found, key=lambda one: (one["late_from"], one["id"]))
