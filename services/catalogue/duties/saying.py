"""What a person says of a duty, carried out: whom it concerns, under a lock, told at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from services.catalogue.duties import store
from services.catalogue.duties.act import OF_REPORTS, Change, Said, said_by
from services.catalogue.duties.act_views import ActView
from services.catalogue.duties.acts import say
from services.catalogue.duties.closing import moved
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.register import register
from services.catalogue.duties.standing import Standing
from services.catalogue.duties.thread import has_cell
from services.catalogue.entry import EntryKind
from services.catalogue.store import newest
from services.kernel.api import Context
from services.kernel.auth import Access
from services.kernel.command import Act, Body, Name, Reasoned, Refused, Words, carried_out
from services.kernel.db import lock
from services.model.due import LAST_YEAR
from services.model.enumerations import CoordinationChannel
from services.model.organisation import PROVINCIAL_OFFICE, ROOM
from services.model.regulation import midnight

AROUND = timedelta(days=400)
"""So far from today a term may be that somebody speaks of."""
EVER = datetime.max.replace(tzinfo=UTC)


class Saying(Reasoned):
    """What is said of a duty, and by which channel that was done where it was not through this system."""

    channel: CoordinationChannel = CoordinationChannel.SYSTEM


class Question(Saying):
    """What is asked, in `reason`; about a row and a column of the form where it is about a figure."""

    row: Name | None = Field(None, examples=["22"])
    column: Name | None = Field(None, examples=["quarter"])


class Answer(Saying):
    """What is answered, and to which question of the other side: the newest that waits where none is named."""

    answers: UUID | None = None


class Supply(Body):
    """By which document a report was supplied, and of which day that is: of today where none is named."""

    document: Name = Field(examples=["123/TKĐB-TH"])
    on: date | None = Field(None, le=date(LAST_YEAR, 12, 31), examples=["2026-12-05"])
    reason: Words | None = None
    channel: CoordinationChannel = CoordinationChannel.LETTER


async def said(
    context: Context,
    access: Access,
    duty: UUID,
    change: Change,
    body: Saying | Supply,
    last: date | None,
) -> ActView:
    """The act as it is recorded and published; `last` is the day that it names. Raises Refused."""
    who = access.principal
    act = Act(person=who.id, reason=body.reason or "", document=body.document)
    more = body.model_dump(include={"row", "column", "answers"})
    if last is not None and last.year > LAST_YEAR:
        raise Refused(Code.TOO_FAR)
    until = (midnight(last) + timedelta(days=1)).astimezone(UTC) if last else None

    def carry_out(session: Session, asked_at: datetime) -> Said:
        lock(session, f"catalogue duty {duty}")
        before = [said_by(row) for row in store.acts(session, [duty], EVER)]
        # Who waited for the lock speaks after who had it, whatever the clock said before.
        now = max([asked_at, context.clock(), *(one.at for one in before)])
        owed, stood = _reached(session, access, duty, change, now)
        wish = Said(
            id=duty, duty=duty, change=change, until=until, organisation=_speaker(access, owed), at=now,
            supplier=owed.supplier,
            channel=body.channel, **more, **vars(act),
        )  # fmt: skip
        _refuse_another_forms_cell(session, wish, owed)
        said, outcome = say(wish, owed, stood, before[-1] if before else None)
        if outcome is not None:
            context.outbox.write(session, outcome, said.id)
            if told := moved(owed, said, store.closings(session, [duty]).get(duty)):
                context.outbox.write(session, told, said.id)
        return said

    act_ = await carried_out(context, carry_out)
    shown = {name: getattr(act_, name) for name in ActView.model_fields if name != "act_id"}
    return ActView(act_id=act_.id, **shown)


def _reached(
    session: Session, access: Access, duty: UUID, change: Change, now: datetime
) -> tuple[Duty, Standing]:
    found = register(session, now - AROUND, now + AROUND, now)
    for one, stood in found.duties:
        if one.key.id == duty and access.reaches(one.supplier, _room(change, one)):
            if access.principal.organisation not in (one.supplier, *_offices(session, one)):
                break
            return one, stood
    raise Refused(Code.NO_DUTY)


def _offices(session: Session, duty: Duty) -> tuple[str, ...]:
    """The office whose room waits for it, or owes it; of one without a room that of the supplier's province."""
    rooms = (one for one in (duty.recipient, duty.supplier) if one is not None)
    bodies = [
        entry.body for room in rooms if (entry := newest(session, EntryKind.ORGANISATION, room))
    ]
    parents = tuple(
        body["parent"] for body in bodies if body.get("kind") == ROOM and "parent" in body
    )
    if parents:
        return parents
    provinces = {body.get("province") for body in bodies}
    entries = store.as_of(session, EntryKind.ORGANISATION, EVER)
    return tuple(
        one.id
        for one in entries
        if one.body["kind"] == PROVINCIAL_OFFICE and one.body.get("province") in provinces
    )


def _room(change: Change, duty: Duty) -> str | None:
    """The room that may say it: of a report that it was sent the one that owes it, else the one that waits."""
    return duty.supplier if change in OF_REPORTS else duty.recipient


def _speaker(access: Access, duty: Duty) -> str:
    """For whom somebody speaks: of a report its own room, where it is in the one that owes it."""
    who = access.principal
    return duty.supplier if duty.supplier in who.rooms else who.organisation


def _refuse_another_forms_cell(session: Session, wish: Said, owed: Duty) -> None:
    if wish.row is None and wish.column is None:
        return
    form = newest(session, EntryKind.FORM, owed.form)
    if form is None or not has_cell(form.body, wish.row, wish.column):
        raise Refused(Code.NO_CELL)
