"""`submission.stored` in: its figures become those with which later ones are compared. Pure.

Validation keeps a copy of its own, since no service reads another's tables; only what was cleared stands there.
"""

from __future__ import annotations

from collections.abc import Mapping

from polars.exceptions import PolarsError

from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome, Reference, Row
from services.model.observation import from_parquet
from services.model.period import Period, PeriodError
from services.validation.store import AcceptedRow

COPIED = (
    "submission_id", "attempt", "sender", "form", "form_version", "area_list", "area", "completeness", "round",
)  # fmt: skip


def reads(event: Event) -> tuple[Reference, ...]:
    """The figures that were stored; none for an event from before it named them."""
    observations = event.data["observations"]
    return () if observations is None else (observations,)


def handle(event: Event, attempt: int, contents: Mapping[str, bytes]) -> Outcome:
    """Keeps the figures of a stored attempt, unless a higher `attempt` of its submission is kept already.

    Raises Permanent where the object holds no observations.
    """
    data = event.data
    if "observations" not in contents or data["attempt"] < attempt:
        return Outcome()
    try:
        from_parquet(contents["observations"])
        period = str(Period.parse(data["period"]))
    except (PeriodError, ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be used: {error}") from error
    values = {name: data[name] for name in COPIED} | {
        "period": period,
        "stored_at": event.time,
        "observations": contents["observations"],
    }
    return Outcome(rows=(Row(AcceptedRow, values, "replace"),))
