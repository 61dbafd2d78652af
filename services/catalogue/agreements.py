"""Which items rest on a signed document (R27), and what agencies offer to share (R9, R10, R12 to R14). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.model.item import Agreement, Category

Items = Mapping[str, Mapping[str, Any]]
"""Items as the catalogue has them, by id. Old ones may lack fields that are asked for now."""


@dataclass(frozen=True)
class Agreed:
    """A signed document, the items that rest on it, and whether it is in force on the day that was asked about."""

    agreement: Agreement
    items: tuple[str, ...]
    in_force: bool


@dataclass(frozen=True)
class Resting:
    """The documents by number and day of signature, and the items that rest on none, by id."""

    agreements: tuple[Agreed, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """What an agency may share without a duty; `agreement` is the number of what commits it, None where it is open."""

    item: str
    body: Mapping[str, Any]
    category: Category
    agreement: str | None


def resting(items: Items, today: date) -> Resting:
    """What rests on which document; two documents are one only where all that is known of them is the same."""
    on: dict[Agreement, list[str]] = {}
    for id_, body in sorted(items.items()):
        if body.get("agreement"):
            on.setdefault(Agreement.from_dict(body["agreement"]), []).append(id_)
    agreements = (
        Agreed(agreement, tuple(ids), _in_force(agreement, today)) for agreement, ids in on.items()
    )
    return Resting(
        tuple(sorted(agreements, key=lambda one: (one.agreement.number, one.agreement.signed_on))),
        tuple(id_ for id_, body in sorted(items.items()) if not body.get("agreement")),
    )


def offers(items: Items, category: Category | None = None) -> Iterable[Offer]:
    """Those of a category, or all, in the order of the categories."""
    found = [offer for offer in _offers(items) if category in (None, offer.category)]
    return sorted(found, key=lambda offer: (list(Category).index(offer.category), offer.item))


def _offers(items: Items) -> Iterator[Offer]:
    for id_, body in items.items():
        if body.get("regime") == "sharing":
            agreement = body.get("agreement") or {}
            category = Category(body.get("category") or Category.OTHER)
            yield Offer(id_, body, category, agreement.get("number"))


def _in_force(agreement: Agreement, today: date) -> bool:
    return agreement.valid_from <= today <= (agreement.valid_to or today)
