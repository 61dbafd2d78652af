"""From when on a first delivery waits for the room, and a revision needs a reason: told when the term ended. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from services.catalogue.duties.act import Change, Said
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.standing import Standing, State
from services.catalogue.duties.store import ClosingRow
from services.catalogue.duties.telling import head_of
from services.events.catalogue import ObligationClosing, ObligationHead
from services.kernel.events import Outcome, Row


def closing(duty: Duty, stood: Standing, told: ClosingRow | None, at: datetime) -> Outcome | None:
    """What is to be told now; None where that was told already, or need not be.

    It is told before the closing, so that nothing that comes after it can be ahead of the word; and again where the
    moment moved, as by an extension.
    """
    closes_at = _closes_at(duty, stood)
    if told is None and (closes_at is None or at < stood.late_from):
        return None
    return _told(duty, told, closes_at, at)


def moved(duty: Duty, said: Said, told: ClosingRow | None) -> Outcome | None:
    """What is to be told at once where the office gave more time or excused it, however long ago its term ended."""
    if duty.report is not None or duty.closed_from is None:
        return None
    if said.change is Change.EXTENDED and said.until is not None:
        return _told(duty, told, max(duty.closed_from, said.until).astimezone(UTC), said.at)
    return _told(duty, told, None, said.at) if said.change is Change.EXCUSED and told else None


def ended(told: ClosingRow, at: datetime) -> Outcome | None:
    """What is to be told of a duty that was said to close, and is owed no more: nothing waits for its sake."""
    if told.obligation is None or told.late_from is None:
        return None
    return _word(told.obligation, told.duty, None, told.late_from, _after(told, at))


def _told(
    duty: Duty, told: ClosingRow | None, closes_at: datetime | None, at: datetime
) -> Outcome | None:
    word = closes_at, duty.supplier, duty.late_from
    if told is not None and (told.closes_at, told.supplier, told.late_from) == word:
        return None
    return _word(head_of(duty), duty.key.id, closes_at, duty.late_from, _after(told, at))


def _after(told: ClosingRow | None, at: datetime) -> datetime:
    """A moment after the last word, though the clock was set back since: the last one counts."""
    return at if told is None else max(at, told.at + timedelta.resolution)


def _word(
    head: ObligationHead, duty: UUID, closes_at: datetime | None, late_from: datetime, at: datetime
) -> Outcome:
    event = ObligationClosing(
        closing_id=str(uuid5(duty, f"closing/{at.isoformat()}")),
        obligation=head,
        closes_at=closes_at,
        told_at=at,
    )
    row = {
        "duty": duty,
        "at": at,
        "closes_at": closes_at,
        "supplier": head.supplier,
        "late_from": late_from,
        "obligation": head,
    }
    return Outcome((event,), (Row(ClosingRow, row),))


def _closes_at(duty: Duty, stood: Standing) -> datetime | None:
    if duty.closed_from is None or stood.state is State.EXCUSED:
        return None
    return max(duty.closed_from, stood.late_from).astimezone(UTC)
