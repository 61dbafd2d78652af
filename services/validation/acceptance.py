"""`submission.stored` in: its figures become those with which later ones are compared, until they are taken back. Pure.

The parts of a form are compared with each other then, and again at each correction.

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
from services.validation.comparing import Standing, compared
from services.validation.store import AcceptedRow, UnusedRow

COPIED = (
    "submission_id", "attempt", "sender", "form", "form_version", "area_list", "area", "completeness", "round",
)  # fmt: skip
Told = SubmissionStored | SubmissionWithdrawn | SubmissionWithheld


def reads(event: Event[Told], standing: Standing) -> dict[str, ObjectReference]:
    """The figures that were stored; none for an event from before it named them."""
    data = event.data
    if not isinstance(data, SubmissionStored) or data.observations is None:
        return {}
    return {"observations": data.observations}


def handle(event: Event[Told], standing: Standing, contents: Mapping[str, bytes]) -> Outcome:
    """Keeps the figures of a stored attempt, or forgets them where it is taken back; of those before `first` neither.

    That an attempt was taken back, or a regulation forbids its use, is noted of any. Raises Permanent where the object
    holds no observations.
    """
    data, head = event.data, event.data.head
    unused = tuple(_unused(data))
    if head.attempt < standing.first or isinstance(data, SubmissionWithheld):
        return Outcome(rows=unused)
    if isinstance(data, SubmissionWithdrawn):
        changed = compared(head, standing.across, None, event.time)
        return Outcome(changed.events, (*unused, _kept(event, head.period, None), *changed.rows))
    if "observations" not in contents:
        return Outcome()
    try:
        from_parquet(contents["observations"])
        period = str(Period.parse(head.period))
        changed = compared(head, standing.across, contents["observations"], event.time)
    except (PeriodError, ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be used: {error}") from error
    kept = _kept(event, period, contents["observations"])
    return Outcome(changed.events, (kept, *changed.rows))


def _unused(data: Told) -> Iterator[Row]:
    """The attempt that a regulation forbids to use; or the one that was taken back, and all before it."""
    last = data.head.attempt
    first = last + 1
    if not isinstance(data, SubmissionStored):
        first = 1 if isinstance(data, SubmissionWithdrawn) else last
    for attempt in range(first, last + 1):
        values = {"submission_id": data.head.submission_id, "attempt": attempt}
        yield Row(UnusedRow, values, "ignore")


def _kept(event: Event[Told], period: str, observations: bytes | None) -> Row:
    values = {name: getattr(event.data.head, name) for name in COPIED} | {
        "period": period,
        "stored_at": event.time,
        "observations": observations,
    }
    return Row(AcceptedRow, values, "replace")
