"""The figures of an attempt as its form prints them, for those who may read its findings."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel.api import Context, With
from services.kernel.auth import Access
from services.kernel.command import Refused
from services.kernel.pool import Overrun
from services.kernel.vault import Erased
from services.model.form import Form
from services.validation.checking.facts import Facts
from services.validation.loading import facts_of
from services.validation.people.refusals import Code
from services.validation.people.trial import checked_again
from services.validation.reading.statement import Statement
from services.validation.routes import queries
from services.validation.routes.findings import Reader, Which
from services.validation.routes.views import FiguresView
from services.validation.store import AttemptHead, AttemptRow
from services.validation.telling.figures import Drawn, drawn

router = APIRouter(prefix="/v1/submissions/{submission}/figures", tags=["findings"])


@dataclass(frozen=True)
class _Work:
    row: AttemptRow
    facts: Facts
    original: bytes


@router.get("", summary="Số liệu theo biểu · The figures in the order of the form")
async def figures(
    submission: UUID, request: Request, context: With, access: Reader, attempt: Which = None
) -> FiguresView:
    """Of the latest attempt, unless one is named; read again from the workbook, also of one that was returned.

    403 for all but the sender where it may not be used, or was taken back. No tables where it can't be read.
    """
    work = await run_in_threadpool(_work, context, access, submission, attempt)
    arguments = (work.facts, work.row.head, work.original, work.row.content)
    try:
        found = await request.app.state.pool.run(tables, *arguments, size=len(work.original))
    except (Overrun, ValueError):
        found = ()
    return FiguresView(submission_id=submission, attempt=work.row.attempt, tables=found)


def tables(facts: Facts, head: AttemptHead, original: bytes, content: str) -> tuple[Drawn, ...]:
    """The tables of a workbook, read again; for a worker process, as the check itself."""
    assert facts.form is not None, "the attempt was checked by it"
    checked = checked_again(facts, head, original, content)
    return drawn(
        Form.from_dict(facts.form),
        Statement.of(head, head.nil, head.sections),
        checked.grids,
        checked.report.findings,
        [kept.past() for kept in facts.history],
        facts.replaced.earlier() if facts.replaced else None,
    )


def _work(context: Context, access: Access, submission: UUID, attempt: int | None) -> _Work:
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    now = context.clock()
    with Session(context.engine) as session:
        row, _ = queries.attempt(session, access, submission, attempt, now, to_read=True)
        facts = facts_of(session, row.head.plain(), row.received_at)
    try:
        return _Work(row, facts, context.vault.get(row.original))
    except Erased:
        raise Refused(Code.ERASED) from None
