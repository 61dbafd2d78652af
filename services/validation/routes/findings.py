"""Findings, what their senders say about them, and what the responsible room decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.events.validation import AnswerKind
from services.kernel.api import Context, With
from services.kernel.auth import Access, Role, Scope, allowed
from services.kernel.command import Refused, carried_out
from services.kernel.signed import proof, reader
from services.model.sender import asker
from services.validation.checking.answers import with_answers
from services.validation.loading import answers_of
from services.validation.people.answering import Known, Wish, answer
from services.validation.people.refusals import Code
from services.validation.routes import queries
from services.validation.routes.correcting import corrections
from services.validation.routes.views import CorrectionView, Decided, Explained, FindingsView
from services.validation.store import AttemptRow

Reader = Annotated[Access, Depends(reader("finding.read", proof(asker)))]
Sender = Annotated[Access, Depends(reader("finding.explain", proof(asker)))]
Decider = Annotated[Access, Depends(allowed("finding.decide"))]
Finding = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Its id in the report")]
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="1, 2, …; the latest")]
router = APIRouter(prefix="/v1/submissions/{submission}/findings", tags=["findings"])


@router.get("", summary="Các phát hiện và trả lời · Findings and what was answered")
def findings(
    submission: UUID, context: With, access: Reader, attempt: Which = None
) -> FindingsView:
    """Of the latest attempt, unless one is named. They hold values: for the sender, its room and the leadership.

    403 for all but the sender where it may not be used, or was taken back.
    """
    now = context.clock()
    with Session(context.engine) as session:
        row, _ = queries.attempt(session, access, submission, attempt, now, to_read=True)
        answers = answers_of(session, submission)
        asked = corrections(session, row)
    return _shown(row, with_answers(queries.report(context, row), answers), asked)


@router.post("/{finding}/explanations", status_code=202, summary="Giải trình · Explain a finding")
async def explain(
    submission: UUID,
    finding: Finding,
    body: Explained,
    context: With,
    access: Sender,
    attempt: Which = None,
) -> FindingsView:
    """202 once it is recorded and published, also for the same text sent again. The sender itself, or its person.

    The text is kept with the report and shown to the responsible room; the event has its SHA-256 alone.
    """
    who = access.principal
    wish = Wish(
        finding, AnswerKind.EXPLAINED, who.id, who.organisation, Role.AGENCY.value, body.text
    )
    return await _answered(context, access, submission, attempt, wish)


@router.post(
    "/{finding}/decisions", status_code=202, summary="Quyết định về phát hiện · Decide about it"
)
async def decide(
    submission: UUID,
    finding: Finding,
    body: Decided,
    context: With,
    access: Decider,
    attempt: Which = None,
) -> FindingsView:
    """202 once it is recorded and published, also for the same decision sent again; the last decision counts.

    An error that is downgraded is a warning in the next check of the same bytes: the sender sends them again. 403 for
    one's own organisation's submission; 409 where the finding is not of that kind.
    """
    who = access.principal
    wish = Wish(
        finding,
        AnswerKind(body.decision),
        who.id,
        who.organisation,
        "",
        body.reason,
        body.document,
    )
    return await _answered(context, access, submission, attempt, wish)


async def _answered(
    context: Context, access: Access, submission: UUID, attempt: int | None, wish: Wish
) -> FindingsView:
    # The vault takes a connection of its own: never within a transaction, where all could wait for each other.
    row, room, found = await run_in_threadpool(
        _found, context, access, submission, attempt, wish.finding
    )

    def act(session: Session, now: datetime) -> FindingsView:
        queries.lock(session, submission)
        known = Known(row.head.plain(), row.content, found, room, answers_of(session, submission))
        made = answer(replace(wish, role=wish.role or _role(access, room)), known, now)
        if made is not None:
            id_, outcome = made
            context.outbox.write(session, outcome, id_)
        answers = answers_of(session, submission)
        shown = with_answers({"findings": [found]}, answers)
        return _shown(row, shown, corrections(session, row))

    return await carried_out(context, act)


def _found(
    context: Context, access: Access, submission: UUID, attempt: int | None, finding: str
) -> tuple[AttemptRow, str | None, dict[str, Any]]:
    """The attempt, the room that is responsible for it, and the finding; raises Refused where there is none."""
    with Session(context.engine) as session:
        row, room = queries.attempt(session, access, submission, attempt, context.clock())
    report = queries.report(context, row)
    found = next((entry for entry in report["findings"] if entry["id"] == finding), None)
    if found is None:
        raise Refused(Code.NO_FINDING)
    return row, room, found


def _shown(
    row: AttemptRow, findings: list[dict[str, Any]], asked: list[CorrectionView]
) -> FindingsView:
    return FindingsView(
        corrections=asked,
        submission_id=row.submission_id,
        attempt=row.attempt,
        verdict=row.verdict,
        findings=findings,
    )


def _role(access: Access, room: str | None) -> str:
    """In which role somebody decides: the room's officer, or else the leadership."""
    own = Scope.ROOM in access.scopes and room in access.principal.rooms
    return (Role.OFFICER if own else Role.LEADER).value
