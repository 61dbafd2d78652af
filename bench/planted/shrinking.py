"""A second attempt that leaves out what the first one had: the room has to see it, or the sender gets it back."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from bench.planted.clean import Book
from bench.planted.planting import Plant, Planted, expected
from bench.planted.sheet import Formula
from services.model.table import TableKind


def _left_out(written: str | None) -> Plant:
    """A figure in whose place stands this now; it had been accepted in the same workbook."""

    def plant(book: Book, chance: Random) -> Planted | None:
        cells = book.sheet.cells
        if book.table.kind is TableKind.RECORDS or any(
            isinstance(one, Formula) for one in cells.values()
        ):
            # A list's figures are its sums; and a formula over what is left out is stale.
            return None
        places = [one for one in sorted(book.values) if cells.get(book.place(*one)) is not None]
        before = book.sheet.content()
        row, column = chance.choice(places)
        if written is None:
            del cells[book.place(row, column)]
        else:
            cells[book.place(row, column)] = written
        return expected(
            "figures_lost", "required", "lacking", cell=book.cell(row, column),
            besides="undecided total part check", before=before,
        )  # fmt: skip

    return plant


KINDS: Mapping[str, Plant] = {
    "a figure of the attempt before is blank": _left_out(None),
    "a figure of the attempt before is not collected": _left_out("..."),
    "a figure of the attempt before is none": _left_out("x"),
}
