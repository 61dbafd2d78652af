"""GET: where submissions stand. A sender reads its own; an operator reads states, never reports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel import Session

from services.intake import queries, views
from services.intake.answers import problem
from services.intake.authentication import Reader, only_known_parameters, operator, reader
from services.intake.content import XLSM
from services.intake.openapi import MARKED, OPERATORS, REPORT, STATE
from services.intake.queries import Filter, Joined
from services.intake.refusal import Code, Refusal
from services.intake.status import State
from services.kernel.api import Context, context_of
from services.kernel.events import Reference
from services.kernel.vault import Missing

router = APIRouter(dependencies=[Depends(only_known_parameters)])
Here = Annotated[Context, Depends(context_of)]
Who = Annotated[Reader, Depends(reader)]
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="1, 2, …")]
_NOT_STORED = {"Cache-Control": "no-store"}
for_operators = [Depends(operator)]


@router.get("/v1/submissions/{submission_id}", tags=["submissions"], **STATE)
def state(submission_id: UUID, context: Here, who: Who, attempt: Which = None) -> views.StateView:
    """State, verdict, reasons and findings of an attempt, the latest unless one is named."""
    with Session(context.engine) as session:
        attempts = _own(session, submission_id, who)
        chosen = _chosen(attempts, attempt)
        path = queries.path(session, submission_id, chosen[1].attempt)
        return views.state_view(chosen, attempts, path, queries.numbers(session))


@router.get("/v1/submissions/{submission_id}/report", tags=["submissions"], **REPORT)
def report(submission_id: UUID, context: Here, who: Who, attempt: Which = None) -> Response:
    """The report of an attempt, the latest unless one is named. It holds values, so only its sender reads it."""
    which = submission_id, attempt
    _, reference = _reference(context, who, which, "report", Code.NO_REPORT)
    content = _content(context, reference)
    return Response(content, media_type="application/json", headers=_NOT_STORED)


@router.get("/v1/submissions/{submission_id}/marked", tags=["submissions"], **MARKED)
def marked(submission_id: UUID, context: Here, who: Who, attempt: Which = None) -> Response:
    """The workbook with what was found marked in it; for its sender, as the report is."""
    which = submission_id, attempt
    number, reference = _reference(context, who, which, "marked", Code.NOT_MARKED)
    content = _content(context, reference)
    media_type = reference["media_type"]
    ending = "xlsm" if media_type == XLSM else "xlsx"
    headers = _NOT_STORED | {
        "Content-Disposition": f'attachment; filename="{submission_id}-{number}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/v1/submissions",
    tags=["operators"],
    dependencies=for_operators,
    summary="Danh sách các lần gửi · Attempts, the newest first",
    **OPERATORS,
)
def listed(
    context: Here,
    sender: str | None = None,
    form: str | None = None,
    period: str | None = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> views.ListView:
    """For operators."""
    with Session(context.engine) as session:
        found = queries.listed(session, Filter(sender, form, period, state), limit, offset)
        numbers = queries.numbers(session)
        return views.ListView(attempts=[views.attempt_view(one, numbers) for one in found])


@router.get(
    "/v1/submissions/{submission_id}/path",
    tags=["operators"],
    dependencies=for_operators,
    summary="Mọi sự kiện của một lần nộp · Every event about a submission",
    **OPERATORS,
)
def path(submission_id: UUID, context: Here) -> views.PathView:
    """For operators."""
    with Session(context.engine) as session:
        _own(session, submission_id, Reader(None))
        return views.path_view(submission_id, queries.path(session, submission_id))


@router.get(
    "/v1/reconciliation",
    tags=["operators"],
    dependencies=for_operators,
    summary="Đối chiếu số lượng · What came in, and what became of it",
    **OPERATORS,
)
def reconciliation(context: Here) -> views.Reconciliation:
    """For operators."""
    with Session(context.engine) as session:
        found = queries.reconciliation(session, context.clock())
    return views.Reconciliation(**found)


def _reference(
    context: Context, who: Reader, which: tuple[UUID, int | None], kind: str, none: Code
) -> tuple[int, Reference]:
    """The number of the chosen attempt, and the object of this kind that its sender may read."""
    if who.sender is None:
        raise problem(Refusal(Code.OPERATOR))
    submission_id, attempt = which
    with Session(context.engine) as session:
        _, chosen, status = _chosen(_own(session, submission_id, who), attempt)
    reference = status.detail.get(kind)
    if reference is None:
        raise problem(Refusal(none))
    return chosen.attempt, reference


def _content(context: Context, reference: Reference) -> bytes:
    """An object of the vault."""
    assert context.vault is not None, "intake needs SOLIEU_VAULT"
    try:
        return context.vault.get(reference)
    except Missing:
        raise problem(Refusal(Code.ERASED)) from None


def _own(session: Session, submission_id: UUID, who: Reader) -> list[Joined]:
    """The attempts of a submission that `who` may know of: to others it isn't there."""
    attempts = queries.submission(session, submission_id)
    if not attempts or who.sender not in (None, attempts[0][0].sender):
        raise problem(Refusal(Code.UNKNOWN_SUBMISSION))
    return attempts


def _chosen(attempts: list[Joined], attempt: int | None) -> Joined:
    """The attempt with this number, the latest for None."""
    for one in attempts:
        if attempt in (None, one[1].attempt):
            return one
    raise problem(Refusal(Code.UNKNOWN_SUBMISSION))
