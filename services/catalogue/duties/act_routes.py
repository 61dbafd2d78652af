"""POST /v1/duties/{duty}/…: time, excuses; a supplier's request, delay, difficulty; how a report went."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlmodel import Session

from services.catalogue.duties.acts import OF_REPORTS, Change, Said, said_by, say
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.register import register
from services.catalogue.duties.store import acts
from services.catalogue.duties.views import ActView
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Act, Body, Name, Reasoned, Refused, Words, carried_out
from services.kernel.db import lock
from services.model.due import LAST_YEAR
from services.model.regulation import day, midnight

router = APIRouter(prefix="/v1/duties", tags=["duties"])
AROUND = timedelta(days=400)
"""So far from today a term may be that somebody speaks of."""


class Decision(Reasoned):
    """What the room grants: a later last day, or with none that nothing is owed."""

    until: date | None = Field(None, examples=["2026-12-05"])


class Announcement(Reasoned):
    """That it will be late: the day on which it will come; or the last day that is asked for."""

    until: date = Field(examples=["2026-12-05"])


class Supply(Body):
    """By which document a report was supplied, and of which day that is: of today where none is named."""

    document: Name = Field(examples=["123/TKĐB-TH"])
    on: date | None = Field(None, le=date(LAST_YEAR, 12, 31), examples=["2026-12-05"])
    reason: Words | None = None


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
    body: Reasoned,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and the room is told; the term stays (QĐ 1618/QĐ-UBND, Điều 10 khoản 3)."""
    return await _said(context, access, duty, Change.DIFFICULTY, body, None)


@router.post("/{duty}/forwarding", status_code=201, summary="Đã báo cáo UBND · Passed on to UBND")
async def forward(
    duty: UUID,
    body: Reasoned,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded that the office passed the difficulty on by a document, and the supplier is told."""
    return await _said(context, access, duty, Change.FORWARDED, body, None)


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
    body: Reasoned,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.supply"))],
) -> ActView:
    """201 once it is recorded and published that the report was not supplied as it was said."""
    return await _said(context, access, duty, Change.RETRACTED, body, None)


def _room(change: Change, duty: Duty) -> str | None:
    """The room that may say it: of a report that it was sent the one that owes it, else the one that waits."""
    return duty.supplier if change in OF_REPORTS else duty.recipient


async def _said(
    context: Context,
    access: Access,
    duty: UUID,
    change: Change,
    body: Reasoned | Supply,
    last: date | None,
) -> ActView:
    who = access.principal
    act = Act(person=who.id, reason=body.reason or "", document=body.document)
    if last is not None and last.year > LAST_YEAR:
        raise Refused(Code.TOO_FAR)
    until = (midnight(last) + timedelta(days=1)).astimezone(UTC) if last else None

    def carry_out(session: Session, now: datetime) -> Said:
        lock(session, f"catalogue duty {duty}")
        found = register(session, now - AROUND, now + AROUND, now)
        reached = {
            one.key.id: (one, stood)
            for one, stood in found.duties
            if access.reaches(one.supplier, _room(change, one))
        }
        if duty not in reached:
            raise Refused(Code.NO_DUTY)
        owed, stood = reached[duty]
        wish = Said(
            id=duty, duty=duty, change=change, until=until, organisation=who.organisation, at=now,
            **vars(act),
        )  # fmt: skip
        before = [said_by(row) for row in acts(session, [duty], now)]
        said, outcome = say(wish, owed, stood, before[-1] if before else None)
        if outcome is not None:
            context.outbox.write(session, outcome, said.id)
        return said

    said = await carried_out(context, carry_out)
    shown = {name: getattr(said, name) for name in ActView.model_fields if name != "act_id"}
    return ActView(act_id=said.id, **shown)
