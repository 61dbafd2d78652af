"""Who supplies what: from decisions to indicators to agencies (R4), their sources (R53), the units (R54). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Bodies = Mapping[str, Mapping[str, Any]]
"""Entries of a kind as the catalogue has them, by id. Old ones may lack fields that are asked for now."""


@dataclass(frozen=True)
class Supplied:
    """An indicator of a statistical indicator system with an item that brings it; none where nobody supplies it."""

    list: str
    code: str
    name: Mapping[str, str]
    item: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Unit:
    """An organisation that supplies something: its forms and items."""

    id: str
    body: Mapping[str, Any]
    forms: tuple[str, ...]
    items: tuple[str, ...]


def supplied(codelists: Bodies, items: Bodies) -> Iterable[Supplied]:
    """Every indicator of the indicator systems, in their order, once for each item that brings it, or alone."""
    bringing: dict[str, list[str]] = {}
    for id_, body in sorted(items.items()):
        for indicator in body.get("indicators", ()):
            bringing.setdefault(indicator, []).append(id_)
    for list_, body in sorted(codelists.items()):
        if not body.get("indicator_system"):
            continue
        for code in body["codes"]:
            found = bringing.get(f"{list_}/{code['code']}", [None])
            for item in found:
                yield Supplied(list_, code["code"], code["name"], item, items[item] if item else {})


def units(organisations: Bodies, items: Bodies) -> Iterable[Unit]:
    """Those that supply an item, by id: the list of reporting units with their forms."""
    for id_, body in sorted(organisations.items()):
        own = {item: found for item, found in items.items() if found["responsible"] == id_}
        if own:
            forms = tuple(sorted({found["form"] for found in own.values()}))
            yield Unit(id_, body, forms, tuple(sorted(own)))
