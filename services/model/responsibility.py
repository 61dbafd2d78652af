"""Which rooms of the statistics office accept and verify what an agency sends: the items of the catalogue say it."""

from collections.abc import Iterable, Mapping, Sequence
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
    """The one that the items of a sender and form name; where they name several it is the leadership's."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in items:
        if name := item.get(field):
            found.setdefault(_about(item), set()).add(name)
    return {about: next(iter(names)) for about, names in found.items() if len(names) == 1}


def items_of(items: Iterable[Item], sender: str, form: str) -> tuple[Item, ...]:
    """Those by which the sender supplies the form, or sections of it."""
    return tuple(item for item in items if (item["responsible"], item["form"]) == (sender, form))


def item_of(items: Iterable[Item], sender: str, form: str) -> Item | None:
    """The item by which the sender supplies the form; of several, each of a section, the strictest of what they say."""
    own = items_of(items, sender, form)
    return _strictest(own) if len(own) > 1 else next(iter(own), None)


def _strictest(items: Sequence[Item]) -> Item:
    """Whom all let have it, for what all allow; the room that all name, or the leadership; what ends first."""
    given = [item["recipients"] for item in items if item.get("recipients") is not None]
    agreements = [item["agreement"] for item in items if item.get("agreement")]
    together = {
        "recipients": sorted(set.intersection(*map(set, given))) if given else None,
        "purposes": sorted(set.intersection(*(set(item.get("purposes", ())) for item in items))),
        "agreement": min(agreements, key=lambda one: one.get("valid_to") or "9999", default=None),
        **{field: _named(items, field).get(_about(items[0])) for field in ("room", "verifier")},
    }
    kept = {name: value for name, value in items[0].items() if name not in together}
    return kept | {name: value for name, value in together.items() if value is not None}


def _about(item: Item) -> tuple[str, str]:
    return item["responsible"], item["form"]
