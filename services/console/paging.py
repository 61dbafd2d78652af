"""Long lists a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request

from services.console.session import Person

SIZE = 20
Number = Annotated[int, Query(alias="page", ge=1, le=10_000)]
"""Which page is asked for."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What stands on one page, and whether another follows: of how many, nobody knows."""

    rows: Sequence[Row]
    number: int
    has_more: bool

    @classmethod
    def among(cls, rows: Sequence[Row], number: int) -> Part:
        """Of a list that is here as a whole."""
        first = (number - 1) * SIZE
        return cls(rows[first : first + SIZE], number, len(rows) > first + SIZE)


@dataclass(frozen=True)
class Page:
    """One of a known number of them: `number` from 1, `count` at least 1."""

    number: int
    count: int

    @classmethod
    def of(cls, number: int, length: int, size: int) -> Page:
        """The page of that number, or the last one where there are fewer."""
        count = max(1, -(-length // size))
        return cls(min(number, count), count)

    @property
    def has_more(self) -> bool:
        """Whether another follows."""
        return self.number < self.count

    def among(self, size: int) -> slice:
        """What of everything stands on it."""
        return slice((self.number - 1) * size, self.number * size)


async def asked(
    request: Request, who: Person, path: str, name: str, number: int, query: Mapping[str, Any]
) -> Part:
    """Of a list of policy's, which answers it by this name."""
    wanted = {**query, "limit": SIZE + 1, "offset": (number - 1) * SIZE}
    answer = await request.app.state.services.get("policy", path, who.token, wanted)
    rows: Sequence[Row] = answer[name]
    return Part(rows[:SIZE], number, len(rows) > SIZE)


def address(path: str, **parameters: object) -> str:
    """A page's address; a parameter that says nothing is left out, as the first page's number is."""
    given = {name: str(value) for name, value in parameters.items() if value}
    if given.get("page") == "1":
        del given["page"]
    return f"{path}?{urlencode(given)}" if given else path
