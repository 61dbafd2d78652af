"""Which room of the statistics office is responsible for what an agency sends: the items of the catalogue say it."""

from collections.abc import Iterable, Mapping
from typing import Any

Item = Mapping[str, Any]
"""The body of an item."""
Rooms = Mapping[tuple[str, str], str]
"""(sender, form) → room. What is missing is the leadership's."""


def rooms(items: Iterable[Item]) -> Rooms:
    """Of those items that name a room."""
    return {(one["responsible"], one["form"]): one["room"] for one in items if one.get("room")}


def item_of(items: Iterable[Item], sender: str, form: str) -> Item | None:
    """The first by which the sender supplies the form."""
    mine = (one for one in items if (one["responsible"], one["form"]) == (sender, form))
    return next(mine, None)
