"""When a sender is left without a key: the first moment at which the last key of one ends."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlmodel import Session

from services.catalogue import store
from services.catalogue.entry import Version
from services.events.catalogue import CatalogueKind
from services.kernel import metrics
from services.kernel.api import Context
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


def _is_done_with(end: datetime, set_at: datetime, now: datetime) -> bool:
    return end < now - TOLD or end - set_at < BY_HAND


def look(context: Context) -> None:
    """Sets the gauge to what is so now."""
    with Session(context.engine) as session:
        keys = store.listed(session, CatalogueKind.SENDER_KEY)
    metrics.ENDS_AT.labels(context.service, "sender_key").set(first_end(keys, context.clock()))
