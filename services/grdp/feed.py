"""The compilers' feed: for each key of which an event made a vintage, what is current now, never less.

What an attempt only confirms is not sent again: a record names the attempt that brought the vintage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from services.events.grdp import Observation
from services.events.policy import SubmissionCleared, SubmissionWithdrawn
from services.grdp.store import KEY, STATUS
from services.kernel.avro import from_avro
from services.kernel.events import Event

FIELDS = (
    *KEY, "revision", "value", "missing", "reference_start", "reference_end", *STATUS, "known_from",
    "submission_id", "attempt", "sheet", "cell",
)  # fmt: skip
AT_ONCE = 1000

CURRENT = sa.text(
    f"select key_id, {', '.join(FIELDS)} from vintages"
    " where key_id = any(array(select key_id from figures join observations on figure_id = id"
    " where submission_id = :submission and attempt = :attempt and decision = :decision"
    " and revision is not null)) and known_to is null order by key_id"
)


def derive(
    session: Session, event: Event[SubmissionCleared | SubmissionWithdrawn]
) -> Iterator[Observation]:
    """The feed's records for a `submission.cleared` or `submission.withdrawn`, read as they are sent.

    A withdrawn figure has neither a value nor a reason why it is missing.
    """
    rows = session.execute(
        CURRENT,
        {
            "submission": event.data.head.submission_id,
            "attempt": event.data.head.attempt,
            "decision": event.data.decision,
        },
        execution_options={"yield_per": AT_ONCE},
    )
    for row in rows.mappings():
        yield observation(dict(row))


def observation(row: Mapping[str, Any]) -> Observation:
    """The event of one row of the view `vintages`."""
    return from_avro(Observation, row)
