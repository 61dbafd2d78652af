"""`submission.stored` in: its figures become those with which later ones are compared, until they are taken back. Pure.

Validation keeps a copy of its own, since no service reads another's tables; only what was cleared stands there. And it
notes what nobody may use, so that the words of its findings, which hold values, are its sender's alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from polars.exceptions import PolarsError

from services.events.grdp import SubmissionStored
from services.events.policy import SubmissionWithdrawn, SubmissionWithheld
from services.kernel.errors import Permanent
from services.kernel.events import Event, ObjectReference, Outcome, Row
from services.model.observation import from_parquet
from services.model.period import Period, PeriodError
from services.validation.store import AcceptedRow, UnusedRow

COPIED = (
    "submission_id", "attempt", "sender", "form", "form_version", "area_list", "area", "completeness", "round",
)  # fmt: skip
Told = SubmissionStored | SubmissionWithdrawn | SubmissionWithheld


def reads(event: Event[Told], first: int) -> dict[str, ObjectReference]:
    """The figures that were stored; none for an event from before it named them."""
    data = event.data
    if not isinstance(data, SubmissionStored) or data.observations is None:
        return {}
    return {"observations": data.observations}


def handle(event: Event[Told], first: int, contents: Mapping[str, bytes]) -> Outcome:
    """Keeps the figures of a stored attempt, or forgets them where it is taken back; of those before `first` neither.

    That an attempt was taken back, or a regulation forbids its use, is noted of any. Raises Permanent where the object
    holds no observations.
    """
    data, head = event.data, event.data.head
    unused = tuple(_unused(data))
    if head.attempt < first or isinstance(data, SubmissionWithheld):
        return Outcome(rows=unused)
    if isinstance(data, SubmissionWithdrawn):
        return Outcome(rows=(*unused, *_kept(event, head.period, None).rows))
    if "observations" not in contents:
        return Outcome()
    try:
        from_parquet(contents["observations"])
        period = str(Period.parse(head.period))
    except (PeriodError, ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be used: {error}") from error
    return _kept(event, period, contents["observations"])


def _unused(data: Told) -> Iterator[Row]:
    """The attempt that a regulation forbids to use; or the one that was taken back, and all before it."""
    last = data.head.attempt
    first = last + 1
    if not isinstance(data, SubmissionStored):
        first = 1 if isinstance(data, SubmissionWithdrawn) else last
    for attempt in range(first, last + 1):
        values = {"submission_id": data.head.submission_id, "attempt": attempt}
        yield Row(UnusedRow, values, "ignore")


def _kept(event: Event[Told], period: str, observations: bytes | None) -> Outcome:
    values = {name: getattr(event.data.head, name) for name in COPIED} | {
        "period": period,
        "stored_at": event.time,
        "observations": observations,
    }
    return Outcome(rows=(Row(AcceptedRow, values, "replace"),))
