"""A small picture of a sheet, as a report has it: where something stands, and where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

KINDS: Final = {"e": "error", "w": "warning", "i": "information", "#": "filled"}
"""What a square's letter says, the worst first; blank where nothing stands."""
_TALL = 7
_NARROWEST, _WIDEST, _WIDTH = 14, 42, 280


@dataclass(frozen=True)
class Mark:
    """What to draw, in pixels: a run of squares of one row that look the same. `kind` is one of KINDS."""

    x: int
    y: int
    width: int
    height: int
    kind: str


@dataclass(frozen=True)
class Picture:
    """A sheet in squares, a letter for each; one square is a cell, or several where the sheet is large.

    `cells` is how many have findings. It holds nothing of what stands in them.
    """

    sheet: str
    cells: int
    rows: tuple[str, ...]

    @property
    def width(self) -> int:
        """In pixels."""
        return len(self.rows[0]) * self._wide

    @property
    def height(self) -> int:
        """In pixels."""
        return len(self.rows) * _TALL

    @property
    def marks(self) -> Iterator[Mark]:
        """Row by row, with a pixel between neighbours."""
        for number, row in enumerate(self.rows):
            column = 0
            for letter, run in groupby(row):
                end = column + len(list(run))
                if letter in KINDS:
                    x, width = column * self._wide, (end - column) * self._wide - 1
                    yield Mark(x, number * _TALL, width, _TALL - 1, KINDS[letter])
                column = end

    @property
    def _wide(self) -> int:
        """A sheet of few columns has wider ones."""
        return max(_NARROWEST, min(_WIDEST, _WIDTH // len(self.rows[0])))
