"""GET: what there is of an attempt that holds values: its report, its workbook marked, and as it was sent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session

from services.intake.answers import problem
from services.intake.authentication import reader
from services.intake.content import ENDINGS
from services.intake.openapi import MARKED, ORIGINAL, REPORT
from services.intake.queries import Joined
from services.intake.reading import Which, chosen, seen
from services.intake.refusal import Code, Refusal
from services.intake.status import State
from services.kernel.api import Context, With
from services.kernel.auth import Access
from services.kernel.events import ObjectReference
from services.kernel.vault import Erased

router = APIRouter()
OfReports = Annotated[Access, Depends(reader("report.read"))]
_NOT_STORED = {"Cache-Control": "no-store"}


@router.get("/v1/submissions/{submission_id}/report", tags=["submissions"], **REPORT)
def report(submission_id: UUID, context: With, who: OfReports, attempt: Which = None) -> Response:
    """The report of an attempt, the latest unless one is named. It holds values: for its sender and the room.

    403 for the room where a regulation forbids its use, or it was taken back, which takes back all before it.
    """
    which = submission_id, attempt
    _, reference = _reference(context, who, which, "report", Code.NO_REPORT)
    content = _content(context, reference)
    return Response(content, media_type="application/json", headers=_NOT_STORED)


@router.get("/v1/submissions/{submission_id}/marked", tags=["submissions"], **MARKED)
def marked(submission_id: UUID, context: With, who: OfReports, attempt: Which = None) -> Response:
    """The workbook with what was found marked in it; for those who may read the report, as that."""
    which = submission_id, attempt
    found, reference = _reference(context, who, which, "marked", Code.NOT_MARKED)
    return _workbook(context, found, reference, "danh-dau")


@router.get("/v1/submissions/{submission_id}/original", tags=["submissions"], **ORIGINAL)
def original(submission_id: UUID, context: With, who: OfReports, attempt: Which = None) -> Response:
    """The workbook as it was sent; for those who may read the report, as that, and no sooner."""
    which = submission_id, attempt
    found, _ = _reference(context, who, which, "report", Code.NO_REPORT)
    return _workbook(context, found, ObjectReference(**found[1].original), "ban-goc")


def _workbook(context: Context, found: Joined, reference: ObjectReference, what: str) -> Response:
    """To be saved, by a name of the product's own: nothing that a sender wrote is in it."""
    submission, attempt, _ = found
    content = _content(context, reference)
    period = submission.period.replace("/", "-")
    ending = ENDINGS[reference.media_type]
    name = f"{submission.form}_{period}_lan-{attempt.attempt}_{what}.{ending}"
    headers = _NOT_STORED | {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=reference.media_type, headers=headers)


def _reference(
    context: Context, who: Access, which: tuple[UUID, int | None], kind: str, none: Code
) -> tuple[Joined, ObjectReference]:
    """The chosen attempt, and its object of this kind."""
    submission_id, attempt = which
    with Session(context.engine) as session:
        attempts = seen(session, submission_id, who, context.clock())
        submission, one, status = found = chosen(attempts, attempt)
    taken_back = max(
        (one.attempt for _, one, at in attempts if at.state == State.WITHDRAWN), default=0
    )
    may_be_used = status.state != State.WITHHELD and one.attempt > taken_back
    if not may_be_used and submission.sender != who.principal.organisation:
        raise problem(Refusal(Code.NOT_FOR_USE))
    reference = status.detail.get(kind)
    if reference is None:
        raise problem(Refusal(none))
    return found, ObjectReference(**reference)


def _content(context: Context, reference: ObjectReference) -> bytes:
    """An object of the vault."""
    assert context.vault is not None, "intake needs SOLIEU_VAULT"
    try:
        return context.vault.get(reference)
    except Erased:
        raise problem(Refusal(Code.ERASED)) from None
