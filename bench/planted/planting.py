"""What planting an error is: a workbook is spoiled, and what must be found of that is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.planted.clean import Book


@dataclass(frozen=True)
class Planted:
    """What must be found: one of the codes, of findings or repairs, at a cell unless that is blank.

    `besides` are codes that follow from the error and are no false alarms; what names the cell is none either.
    `before` is the workbook of the attempt that was accepted before, where that matters.
    """

    codes: frozenset[str]
    cell: str = ""
    besides: frozenset[str] = frozenset()
    before: bytes | None = None


Plant = Callable[[Book, Random], Planted | None]
"""Spoils the workbook; None where it has nothing of what the error needs, before anything was changed."""


def expected(
    *codes: str, cell: str = "", besides: str = "", before: bytes | None = None
) -> Planted:
    """One of the codes, at one of the cells (all written with blanks between), and what may be said besides."""
    return Planted(frozenset(codes), cell, frozenset(besides.split()), before)
