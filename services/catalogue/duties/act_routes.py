"""POST /v1/duties/{duty}/…: time, excuses; requests, delays, difficulties; questions, answers; how a report went."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from services.catalogue.duties.act import Change
from services.catalogue.duties.act_views import ActView
from services.catalogue.duties.saying import Answer, Question, Saying, Supply, said
from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.model.regulation import day

router = APIRouter(prefix="/v1/duties", tags=["duties"])


class Decision(Saying):
    """What the room grants: a later last day, or with none that nothing is owed."""

    until: date | None = Field(None, examples=["2026-12-05"])


class Announcement(Saying):
    """That it will be late: the day on which it will come; or the last day that is asked for."""

    until: date = Field(examples=["2026-12-05"])


@router.post("/{duty}/decision", status_code=201, summary="Gia hạn, miễn · Extend or excuse")
async def decide(
    duty: UUID,
    body: Decision,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded and published, also for the same sent again; 409 where it is met already."""
    change = Change.EXTENDED if body.until else Change.EXCUSED
    return await said(context, access, duty, change, body, body.until)


@router.post("/{duty}/request", status_code=201, summary="Xin gia hạn · Ask for more time")
async def request(
    duty: UUID,
    body: Announcement,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and the room is told; the term stays until somebody grants another."""
    return await said(context, access, duty, Change.REQUESTED, body, body.until)


@router.post("/{duty}/refusal", status_code=201, summary="Không gia hạn · Give no more time")
async def refuse(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded and the supplier is told; 409 where it waits for no answer to a request for time."""
    return await said(context, access, duty, Change.REFUSED, body, None)


@router.post("/{duty}/announcement", status_code=201, summary="Báo sẽ trễ · Announce a delay")
async def announce(
    duty: UUID,
    body: Announcement,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and published; its term stays, and reminders rest until that day."""
    return await said(context, access, duty, Change.ANNOUNCED, body, body.until)


@router.post("/{duty}/difficulty", status_code=201, summary="Nêu khó khăn · Report a difficulty")
async def report(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and the room is told; the term stays (QĐ 1618/QĐ-UBND, Điều 10 khoản 3)."""
    return await said(context, access, duty, Change.DIFFICULTY, body, None)


@router.post("/{duty}/forwarding", status_code=201, summary="Đã báo cáo UBND · Passed on to UBND")
async def forward(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded that the office passed the difficulty on by a document, and the supplier is told."""
    return await said(context, access, duty, Change.FORWARDED, body, None)


@router.post("/{duty}/question", status_code=201, summary="Hỏi · Ask")
async def ask(
    duty: UUID,
    body: Question,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.ask"))],
) -> ActView:
    """201 once it is recorded and the other side is told, also of what is met (QĐ 1908/QĐ-TCTK, Điều 10.3)."""
    return await said(context, access, duty, Change.QUESTION, body, None)


@router.post("/{duty}/answer", status_code=201, summary="Trả lời · Answer")
async def answer(
    duty: UUID,
    body: Answer,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.ask"))],
) -> ActView:
    """201 once it is recorded and who asked is told; 409 where the other side waits for no answer to it."""
    return await said(context, access, duty, Change.ANSWER, body, None)


@router.post("/{duty}/supply", status_code=201, summary="Đã gửi báo cáo · A report was supplied")
async def supply(
    duty: UUID,
    body: Supply,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.supply"))],
) -> ActView:
    """201 once it is recorded and published; another document replaces it. 409 for what submissions meet."""
    on = body.on or day(context.clock())
    return await said(context, access, duty, Change.SUPPLIED, body, on)


@router.post("/{duty}/retraction", status_code=201, summary="Ghi nhầm đã gửi · It was not supplied")
async def retract(
    duty: UUID,
    body: Saying,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.supply"))],
) -> ActView:
    """201 once it is recorded and published that the report was not supplied as it was said."""
    return await said(context, access, duty, Change.RETRACTED, body, None)
