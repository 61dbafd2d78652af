"""POST /v1/duties/{duty}/…: time, excuses; requests, delays, difficulties; questions, answers; how a report went."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlmodel import Session

from services.catalogue.duties.act_views import ActView
from services.catalogue.duties.acts import OF_REPORTS, Change, Said, said_by, say
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.register import register
from services.catalogue.duties.standing import Standing
from services.catalogue.duties.store import acts
from services.catalogue.duties.thread import has_cell
from services.catalogue.entry import EntryKind
from services.catalogue.store import newest
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Act, Body, Name, Reasoned, Refused, Words, carried_out
from services.kernel.db import lock
from services.model.due import LAST_YEAR
from services.model.enumerations import CoordinationChannel
from services.model.regulation import day, midnight

router = APIRouter(prefix="/v1/duties", tags=["duties"])
AROUND = timedelta(days=400)
"""So far from today a term may be that somebody speaks of."""


class Saying(Reasoned):
    """What is said of a duty, and by which channel that was done where it was not through this system."""

    channel: CoordinationChannel = CoordinationChannel.SYSTEM


class Question(Saying):
    """What is asked, in `reason`; about a row and a column of the form where it is about a figure."""

    row: Name | None = Field(None, examples=["22"])
    column: Name | None = Field(None, examples=["quarter"])


class Decision(Saying):
    """What the room grants: a later last day, or with none that nothing is owed."""

    until: date | None = Field(None, examples=["2026-12-05"])


class Announcement(Saying):
    """That it will be late: the day on which it will come; or the last day that is asked for."""

    until: date = Field(examples=["2026-12-05"])


class Supply(Body):
    """By which document a report was supplied, and of which day that is: of today where none is named."""

    document: Name = Field(examples=["123/TKĐB-TH"])
    on: date | None = Field(None, le=date(LAST_YEAR, 12, 31), examples=["2026-12-05"])
    reason: Words | None = None
    channel: CoordinationChannel = CoordinationChannel.LETTER


@router.post("/{duty}/decision", status_code=201, summary="Gia hạn, miễn · Extend or excuse")
async def decide(
    duty: UUID,
    body: Decision,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded and published, also for the same sent again; 409 where it is met already."""
    change = Change.EXTENDED if body.until else Change.EXCUSED
    return await _said(context, access, duty, change, body, body.until)


@router.post("/{duty}/request", status_code=201, summary="Xin gia hạn · Ask for more time")
async def request(
    duty: UUID,
    body: Announcement,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and the room is told; the term stays until somebody grants another."""
    return await _said(context, access, duty, Change.REQUESTED, body, body.until)


@router.post("/{duty}/announcement", status_code=201, summary="Báo sẽ trễ · Announce a delay")
async def announce(
    duty: UUID,
    body: Announcement,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and published; its term stays, and reminders rest until that day."""
    return await _said(context, access, duty, Change.ANNOUNCED, body, body.until)


@router.post("/{duty}/difficulty", status_code=201, summary="Nêu khó khăn · Report a difficulty")
async def report(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and the room is told; the term stays (QĐ 1618/QĐ-UBND, Điều 10 khoản 3)."""
    return await _said(context, access, duty, Change.DIFFICULTY, body, None)


@router.post("/{duty}/forwarding", status_code=201, summary="Đã báo cáo UBND · Passed on to UBND")
async def forward(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded that the office passed the difficulty on by a document, and the supplier is told."""
    return await _said(context, access, duty, Change.FORWARDED, body, None)


@router.post("/{duty}/question", status_code=201, summary="Hỏi · Ask")
async def ask(
    duty: UUID,
    body: Question,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.ask"))],
) -> ActView:
    """201 once it is recorded and the other side is told, also of what is met (QĐ 1908/QĐ-TCTK, Điều 10.3)."""
    return await _said(context, access, duty, Change.QUESTION, body, None)


@router.post("/{duty}/answer", status_code=201, summary="Trả lời · Answer")
async def answer(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.ask"))],
) -> ActView:
    """201 once it is recorded and who asked is told; 409 where the other side waits for no answer."""
    return await _said(context, access, duty, Change.ANSWER, body, None)


@router.post("/{duty}/supply", status_code=201, summary="Đã gửi báo cáo · A report was supplied")
async def supply(
    duty: UUID,
    body: Supply,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.supply"))],
) -> ActView:
    """201 once it is recorded and published; another document replaces it. 409 for what submissions meet."""
    on = body.on or day(context.clock())
    return await _said(context, access, duty, Change.SUPPLIED, body, on)


@router.post("/{duty}/retraction", status_code=201, summary="Ghi nhầm đã gửi · It was not supplied")
async def retract(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.supply"))],
) -> ActView:
    """201 once it is recorded and published that the report was not supplied as it was said."""
    return await _said(context, access, duty, Change.RETRACTED, body, None)


async def _said(
    context: Context,
    access: Access,
    duty: UUID,
    change: Change,
    body: Saying | Supply,
    last: date | None,
) -> ActView:
    who = access.principal
    act = Act(person=who.id, reason=body.reason or "", document=body.document)
    row, column = (body.row, body.column) if isinstance(body, Question) else (None, None)
    if last is not None and last.year > LAST_YEAR:
        raise Refused(Code.TOO_FAR)
    until = (midnight(last) + timedelta(days=1)).astimezone(UTC) if last else None

    def carry_out(session: Session, now: datetime) -> Said:
        lock(session, f"catalogue duty {duty}")
        owed, stood = _reached(session, access, duty, change, now)
        wish = Said(
            id=duty, duty=duty, change=change, until=until, organisation=_speaker(access, owed), at=now,
            channel=body.channel, row=row, column=column, **vars(act),
        )  # fmt: skip
        _refuse_another_forms_cell(session, wish, owed)
        before = [said_by(row) for row in acts(session, [duty], now)]
        said, outcome = say(wish, owed, stood, before[-1] if before else None)
        if outcome is not None:
            context.outbox.write(session, outcome, said.id)
        return said

    said = await carried_out(context, carry_out)
    shown = {name: getattr(said, name) for name in ActView.model_fields if name != "act_id"}
    return ActView(act_id=said.id, **shown)


def _reached(
    session: Session, access: Access, duty: UUID, change: Change, now: datetime
) -> tuple[Duty, Standing]:
    found = register(session, now - AROUND, now + AROUND, now)
    for one, stood in found.duties:
        if one.key.id == duty and access.reaches(one.supplier, _room(change, one)):
            return one, stood
    raise Refused(Code.NO_DUTY)


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
