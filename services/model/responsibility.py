"""Which rooms of the statistics office accept and verify what an agency sends: the items of the catalogue say it."""

from collections.abc import Iterable, Mapping
from typing import Any

Item = Mapping[str, Any]
"""The body of an item."""
Rooms = Mapping[tuple[str, str], str]
"""(sender, form) → room. What is missing is the leadership's."""

Readers = Mapping[tuple[str, str], frozenset[str]]
"""(sender, form) → rooms. Those without any are the leadership's alone."""


def rooms(items: Iterable[Item]) -> Rooms:
    """The rooms that accept, of those items that name one."""
    return _named(items, "room")


def verifiers(items: Iterable[Item]) -> Rooms:
    """The rooms that verify, of those items that name one."""
    return _named(items, "verifier")


def readers(items: Iterable[Item]) -> Readers:
    """All rooms that see what comes in: those that accept it, and those that collect and verify it (R28, R62)."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for item in items:
        named = frozenset(item[field] for field in ("room", "verifier") if item.get(field))
        about = item["responsible"], item["form"]
        found[about] = found.get(about, frozenset()) | named
    return found


def home(organisations: Mapping[str, Mapping[str, Any]], office: str) -> frozenset[str]:
    """The rooms of a statistics office, and the organisations of its province and of the nation, by their bodies.

    What no room sees of what those supply, its leadership answers for.
    """
    if not (province := organisations.get(office, {}).get("province")):
        return frozenset()
    return frozenset(
        id_
        for id_, body in organisations.items()
        if body.get("parent") == office
        or (body.get("parent") is None and body.get("province") in (None, province))
    )


def _named(items: Iterable[Item], field: str) -> Rooms:
    return {(item["responsible"], item["form"]): item[field] for item in items if item.get(field)}


def items_of(items: Iterable[Item], sender: str, form: str) -> tuple[Item, ...]:
    """Those by which the sender supplies the form, or sections of it."""
    return tuple(item for item in items if (item["responsible"], item["form"]) == (sender, form))


def item_of(items: Iterable[Item], sender: str, form: str) -> Item | None:
    """The first by which the sender supplies the form."""
    return next(iter(items_of(items, sender, form)), None)
