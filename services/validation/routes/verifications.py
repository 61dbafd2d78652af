"""Figures that a room doubts, and what the verifying room found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel.api import Context, Limit, Offset, With
from services.kernel.auth import Access, Role, Scope, allowed
from services.kernel.command import Refused, carried_out
from services.kernel.pool import Overrun
from services.kernel.problems import Problem
from services.kernel.vault import Erased
from services.model.messages import advice
from services.validation.people.refusals import Code
from services.validation.people.verification import (
    Doubted,
    Result,
    Speaker,
    Verified,
    answer,
    ask,
    beyond,
)
from services.validation.routes import queries
from services.validation.routes.findings import Which
from services.validation.routes.views import (
    Asked,
    Found,
    VerificationsView,
    VerificationView,
    verification_view,
)

Reader = Annotated[Access, Depends(allowed("verification.read"))]
Asker = Annotated[Access, Depends(allowed("verification.ask"))]
Verifier = Annotated[Access, Depends(allowed("verification.answer"))]
router = APIRouter(prefix="/v1", tags=["verifications"])


@router.get("/verifications", summary="Yêu cầu xác minh · Figures in doubt")
def listed(
    context: With,
    access: Reader,
    state: Literal["open", "answered"] | None = None,
    submission: UUID | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> VerificationsView:
    """What the asker's rooms asked or have to verify, or all; the newest first. To auditors without the words."""
    with Session(context.engine) as session:
        verifications = queries.verifications(session, access, state, submission, limit, offset)
        has_words = queries.words(session, access)
    views = [
        view if has_words(row[0]) else view.without_words()
        for row in verifications
        for view in (verification_view(*row),)
    ]
    return VerificationsView(verifications=views)


@router.post(
    "/submissions/{submission}/verifications",
    status_code=202,
    summary="Yêu cầu xác minh số liệu · Ask for figures to be verified",
)
async def asked(
    submission: UUID,
    body: Asked,
    request: Request,
    context: With,
    access: Asker,
    attempt: Which = None,
) -> VerificationView:
    """Of the latest attempt, unless one is named. 202 once it is published; in the same words again it is the same one.
    422 where its workbook ends before one of the cells.

    The text stays here, for the rooms and the leadership; the event has its SHA-256 alone.
    """

    if body.cells:
        await _refuse_cells_beyond(request, context, access, submission, attempt, body.cells)

    def act(session: Session, now: datetime) -> VerificationView:
        row, room = queries.attempt(session, access, submission, attempt, now)
        doubted = Doubted(row.head.plain(), room, queries.verifier(session, row, now))
        queries.lock(session, submission)
        by = _speaker(access, room)
        id_, outcome = ask(doubted, tuple(body.cells), body.question, by, now)
        if queries.verification(session, id_) is None:
            context.outbox.write(session, outcome, id_)
        found = queries.verification(session, id_)
        assert found is not None
        return verification_view(*found)

    return await carried_out(context, act)


@router.post(
    "/verifications/{verification}/answers",
    status_code=202,
    summary="Trả lời xác minh · Say what was found",
)
async def answered(
    verification: UUID, body: Found, context: With, access: Verifier
) -> VerificationView:
    """202 once it is published, also for the same answer again. What is wrong, the sender is told to correct.

    403 for one's own question; 404 where there is none that one's rooms verify; 409 once it was answered otherwise.
    """

    def act(session: Session, now: datetime) -> VerificationView:
        asked_row, _ = _reached(session, access, verification)
        queries.lock(session, asked_row.submission_id)
        asked_row, before = _reached(session, access, verification)
        verified = Verified(Result(body.result), body.text, body.document)
        made = answer(asked_row, before, verified, _speaker(access, asked_row.verifier), now)
        if made is not None:
            id_, outcome = made
            context.outbox.write(session, outcome, id_)
        return verification_view(*_reached(session, access, verification))

    return await carried_out(context, act)


async def _refuse_cells_beyond(
    request: Request,
    context: Context,
    access: Access,
    submission: UUID,
    attempt: int | None,
    cells: Sequence[str],
) -> None:
    """Raises Problem that names the cells. What was erased, or can't be read any more, may be doubted all the same."""
    original = await run_in_threadpool(_original, context, access, submission, attempt)
    if original is None:
        return
    who, size = access.principal.id, len(original)
    async with request.app.state.checking.one(who, size):
        arguments = (original, tuple(cells))
        try:
            found = await request.app.state.pool.run(beyond, *arguments, size=size, who=who)
        except Overrun:
            return
    if found:
        said = advice("validation.refused.no-cell", cells=", ".join(found))
        raise Problem(422, "no-cell", *said)


def _original(
    context: Context, access: Access, submission: UUID, attempt: int | None
) -> bytes | None:
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    with Session(context.engine) as session:
        row, _ = queries.attempt(session, access, submission, attempt, context.clock())
        try:
            return context.vault.get(row.original)
        except Erased:
            return None


def _reached(session: Session, access: Access, id_: UUID) -> queries.Verification:
    """A question that somebody's rooms, or those of the office, verify; raises Refused where there is none."""
    row = queries.verification(session, id_)
    if row is None:
        raise Refused(Code.NO_VERIFICATION)
    whose = row[0].verifier or row[0].head.sender
    if not access.reaches(None, row[0].verifier) and whose not in queries.office(session, access):
        raise Refused(Code.NO_VERIFICATION)
    return row


def _speaker(access: Access, room: str | None) -> Speaker:
    """In which role somebody speaks: for the room, or else as the leadership or a compiler."""
    who = access.principal
    if Scope.ROOM in access.scopes and room in who.rooms:
        role = Role.OFFICER
    elif Role.LEADER in who.roles:
        role = Role.LEADER
    else:
        role = Role.COMPILER
    return Speaker(who.id, who.organisation, role.value)
