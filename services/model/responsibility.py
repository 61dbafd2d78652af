"""Which room of the statistics office is responsible for what an agency sends: the items of the catalogue say it."""

from collections.abc import Iterable, Mapping
from typing import Any

Rooms = Mapping[tuple[str, str], str]
"""(sender, form) → room. What is missing is the leadership's."""


def rooms(items: Iterable[Mapping[str, Any]]) -> Rooms:
    """Of the bodies of items, those that name a room."""
    return {(one["responsible"], one["form"]): one["room"] for one in items if one.get("room")}
