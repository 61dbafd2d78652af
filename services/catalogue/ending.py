"""When something ends that figures come by: a sender's last key, the agreement that an item rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlmodel import Session

from services.catalogue import store
from services.catalogue.entry import EntryKind, Version
from services.kernel import metrics
from services.kernel.api import Context
from services.model.regulation import midnight
from services.model.sender import SenderKey

TOLD = timedelta(days=30)
"""So long an end that nobody followed up is told of after it has come."""
BY_HAND = timedelta(days=1)
"""An end that was set no earlier before it came is a revocation, which somebody wanted: of a lost key, or a sender."""


def first_end(versions: Iterable[Version], now: datetime) -> float:
    """In Unix time; infinity where no sender's last key ends. `versions` are the newest of each key."""
    last: dict[str, float] = {}
    for version in versions:
        with suppress(ValueError):  # what is no key signs nothing
            key = SenderKey.of_entry(version.id, version.body, version.valid_from, version.valid_to)
            end = key.valid_to
            if end is not None and end <= now and _is_done_with(end, version.changed_at, now):
                continue
            moment = end.timestamp() if end else math.inf
            last[key.sender] = max(last.get(key.sender, -math.inf), moment)
    return min(last.values(), default=math.inf)


def first_agreement_end(items: Iterable[Version], now: datetime) -> float:
    """When the first agreement ends that an item in force rests on, in Unix time; infinity where none does (R27).

    `items` are the newest versions: one that rests on another agreement by now has been followed up.
    """
    agreements = (item.body.get("agreement") or {} for item in items if item.in_force(now))
    ends = (_after(agreement["valid_to"]) for agreement in agreements if "valid_to" in agreement)
    return min((end.timestamp() for end in ends if end >= now - TOLD), default=math.inf)


def _after(last: str) -> datetime:
    """The end of a last day in Viet Nam."""
    return midnight(date.fromisoformat(last) + timedelta(days=1))


def _is_done_with(end: datetime, set_at: datetime, now: datetime) -> bool:
    return end < now - TOLD or end - set_at < BY_HAND


def look(context: Context) -> None:
    """Sets the gauge to what is so now."""
    with Session(context.engine) as session:
        keys = store.listed(session, EntryKind.SENDER_KEY)
        items = store.listed(session, EntryKind.ITEM)
    now = context.clock()
    metrics.ENDS_AT.labels(context.service, "sender_key").set(first_end(keys, now))
    metrics.ENDS_AT.labels(context.service, "agreement").set(first_agreement_end(items, now))
