"""`submission.stored` in: its figures become those with which later ones are compared, until they are taken back. Pure.

Validation keeps a copy of its own, since no service reads another's tables; only what was cleared stands there. And it
notes what nobody may use, so that the words of its findings, which hold values, are its sender's alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from polars.exceptions import PolarsError

from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome, Reference, Row
from services.model.observation import from_parquet
from services.model.period import Period, PeriodError
from services.validation.store import AcceptedRow, UnusedRow

COPIED = (
    "submission_id", "attempt", "sender", "form", "form_version", "area_list", "area", "completeness", "round",
)  # fmt: skip


WITHDRAWN = "submission.withdrawn"
WITHHELD = "submission.withheld"


def reads(event: Event, first: int) -> dict[str, Reference]:
    """The figures that were stored; none for an event from before it named them."""
    observations = event.data.get("observations")
    return {} if observations is None else {"observations": observations}


def handle(event: Event, first: int, contents: Mapping[str, bytes]) -> Outcome:
    """Keeps the figures of a stored attempt, or forgets them where it is taken back; of those before `first` neither.

    That an attempt was taken back, or a regulation forbids its use, is noted of any. Raises Permanent where the object
    holds no observations.
    """
    data = event.data
    unused = tuple(_unused(event))
    if data["attempt"] < first or event.topic == WITHHELD:
        return Outcome(rows=unused)
    if event.topic == WITHDRAWN:
        return Outcome(rows=(*unused, *_kept(event, data["period"], None).rows))
    if "observations" not in contents:
        return Outcome()
    try:
        from_parquet(contents["observations"])
        period = str(Period.parse(data["period"]))
    except (PeriodError, ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be used: {error}") from error
    return _kept(event, period, contents["observations"])


def _unused(event: Event) -> Iterator[Row]:
    """The attempt that a regulation forbids to use; or the one that was taken back, and all before it."""
    last = event.data["attempt"]
    first = {WITHHELD: last, WITHDRAWN: 1}.get(event.topic, last + 1)
    for attempt in range(first, last + 1):
        values = {"submission_id": event.data["submission_id"], "attempt": attempt}
        yield Row(UnusedRow, values, "ignore")


def _kept(event: Event, period: str, observations: bytes | None) -> Outcome:
    values = {name: event.data[name] for name in COPIED} | {
        "period": period,
        "stored_at": event.time,
        "observations": observations,
    }
    return Outcome(rows=(Row(AcceptedRow, values, "replace"),))
