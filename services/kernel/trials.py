"""Trials of changed rules and policies: each is an event before its first answer, and so many an hour for each person.

Whoever may ask questions of data as fast as they like reads it a bit at a time; so what is asked is told, and counted
where it is told: in the outbox, which all processes of a service share.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session

from services.kernel.db import lock
from services.kernel.events import EventData
from services.kernel.outbox import Outbox
from services.kernel.problems import Problem

PER_HOUR: Final = 20
"""Trials of one person. Who writes rules tries a few an hour; a search by halves of one figure takes thirty."""
# By a clock that was set back since, what is long ago may be ahead.
_TAKEN: Final = sa.text(
    "select count(*), extract(epoch from min(published_at) + interval '1 hour' - now()) from outbox"
    " where topic = :topic and key = :key"
    " and (published_at is null or abs(extract(epoch from published_at - now())) < 3600)"
)


def enter(outbox: Outbox, session: Session, trial: EventData) -> None:
    """Writes the event of a trial, whose key is the person.

    Raises Problem 429 where the person tried as often as is allowed within the last hour.
    """
    values = {"topic": trial.TOPIC, "key": trial.subject.encode()}
    lock(session, f"{trial.TOPIC} {trial.subject}")
    taken, seconds = session.execute(_TAKEN, values).one()
    if taken >= PER_HOUR:
        raise _too_many(max(1, ceil(seconds or 0)))
    outbox.add(session, trial)


def _too_many(seconds: int) -> Problem:
    return Problem(
        429,
        "too-many-trials",
        {
            "vi": f"Mỗi người thử không quá {PER_HOUR} lần một giờ",
            "en": f"No more than {PER_HOUR} trials an hour for each person",
        },
        {"vi": f"Hãy thử lại sau {seconds} giây.", "en": f"Try again in {seconds} seconds."},
        {"Retry-After": str(seconds)},
    )
