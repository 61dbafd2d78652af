"""What time alone does: gauges of what is late, reminders whose moment has come, and what closes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlmodel import Session

from services.catalogue.duties import store
from services.catalogue.duties.closing import closing, ended
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.register import NoCalendar, Register, register
from services.catalogue.duties.reminding import OWED, Reminder, planned, to_send
from services.catalogue.duties.standing import Standing, State, Timeliness
from services.catalogue.duties.store import Reminded
from services.catalogue.duties.telling import head_of
from services.events.catalogue import ObligationDue
from services.kernel import metrics
from services.kernel.api import Context
from services.kernel.db import lock
from services.kernel.events import Outcome, Row
from services.model.regulation import day, midnight

log = structlog.get_logger()
COUNTED = timedelta(days=92)
REMINDED = timedelta(days=31)
"""Before and after a term: the reminders lie within seven working days before and three after."""


def look(context: Context) -> None:
    """Counts what is late now, and sends the reminders whose moment has come, each once."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        lock(session, "catalogue reminders")
        try:
            found = register(session, now - COUNTED, now + REMINDED, now)
        except NoCalendar:
            # A catalogue that nobody has loaded yet: nothing is owed.
            return
        if found.unread:
            log.warning("items that make no duties", items=found.unread)
        known_until = midnight(found.calendar.until + timedelta(days=1))
        metrics.ENDS_AT.labels(context.service, "working_days").set(known_until.timestamp())
        _count(context, found)
        _remind(context, session, found, now)
        owed = _close(context, session, found, now)
        for row in store.closings_without(session, owed, now - COUNTED, now + REMINDED):
            if outcome := ended(row, now):
                context.outbox.write(session, outcome, row.duty)


def _count(context: Context, found: Register) -> None:
    for timeliness in (Timeliness.MISSING, Timeliness.LATE):
        count = sum(stood.timeliness is timeliness for _, stood in found.duties)
        metrics.DUTIES.labels(context.service, timeliness.value).set(count)


def _remind(context: Context, session: Session, found: Register, now: datetime) -> None:
    waited = [
        (duty, stood)
        for duty, stood in found.duties
        if stood.state in OWED and stood.late_from >= now - REMINDED and not found.is_shared(duty)
    ]
    last = store.reminded(session, (duty.key.id for duty, _ in waited))
    for duty, stood in waited:
        plan = planned(stood.late_from, found.calendar)
        dealt_with = last.get((duty.key.id, stood.late_from), -1) + 1
        reminder = to_send(plan, dealt_with, stood, now)
        if reminder is None:
            continue
        number = plan.index(reminder)
        term = {"duty": duty.key.id, "late_from": stood.late_from, "number": number, "at": now}
        event = _event(duty, stood, reminder, number, now)
        context.outbox.write(session, Outcome((event,), (Row(Reminded, term),)), duty.key.id)


def _close(context: Context, session: Session, found: Register, now: datetime) -> list[UUID]:
    """The duties that may close, all that is to be told of them written."""
    # Reports of the office are no submissions, which policy would hold.
    owed = [
        (duty, stood)
        for duty, stood in found.duties
        if duty.report is None and not found.is_shared(duty)
    ]
    told = store.closings(session, (duty.key.id for duty, _ in owed))
    for duty, stood in owed:
        outcome = closing(duty, stood, told.get(duty.key.id), now)
        if outcome is not None:
            context.outbox.write(session, outcome, duty.key.id)
    return [duty.key.id for duty, _ in owed]


def _event(
    duty: Duty, stood: Standing, reminder: Reminder, number: int, now: datetime
) -> ObligationDue:
    return ObligationDue(
        reminder_id=str(uuid5(duty.key.id, f"{stood.late_from.isoformat()}/{number}")),
        obligation=head_of(duty),
        due=day(stood.late_from - timedelta(microseconds=1)),
        offset=reminder.offset,
        returned=stood.state is State.RETURNED,
        to_head=reminder.to_head,
        reminded_at=now,
    )
