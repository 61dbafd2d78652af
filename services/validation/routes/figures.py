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
from services.model.observation import to_frame
from services.validation.checking.facts import Facts
from services.validation.checks.shrinking import Earlier
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
    facts: Facts
    original: bytes
    before: bytes | None
    """The workbook of the attempt that this one replaced, or would."""


@router.get("", summary="Số liệu theo biểu · The figures in the order of the form")
async def figures(
    submission: UUID, request: Request, context: With, access: Reader, attempt: Which = None
) -> FiguresView:
    """Of the latest attempt, unless one is named; read again from the workbook, also of one that was returned.

    403 for all but the sender where it may not be used, or was taken back. No tables where it can't be read.
    """
    row = await run_in_threadpool(_row, context, access, submission, attempt)
    who, size = access.principal.id, row.original.size
    # Before anything is read: who asks often holds no more than others.
    async with request.app.state.checking.one(who, size):
        work = await run_in_threadpool(_work, context, row)
        arguments = (work.facts, row.head, work.original, row.content, work.before)
        try:
            found = await request.app.state.pool.run(tables, *arguments, size=size, who=who)
        except (Overrun, ValueError):
            found = ()
    return FiguresView(submission_id=submission, attempt=row.attempt, tables=found)


def tables(
    facts: Facts, head: AttemptHead, original: bytes, content: str, before: bytes | None
) -> tuple[Drawn, ...]:
    """The tables of a workbook, read again beside the one before; for a worker process, as the check itself."""
    assert facts.form is not None, "the attempt was checked by it"
    earlier = None
    if before is not None:
        former = checked_again(facts, head, before, "").figures
        earlier = Earlier(head.attempt - 1, head.form_version, to_frame(former))
    checked = checked_again(facts, head, original, content, earlier)
    return drawn(
        Form.from_dict(facts.form),
        Statement.of(head, head.nil, head.sections),
        checked.grids,
        checked.report.findings,
        [kept.past() for kept in facts.history],
        earlier,
    )


def _row(context: Context, access: Access, submission: UUID, attempt: int | None) -> AttemptRow:
    with Session(context.engine) as session:
        row, _ = queries.attempt(
            session, access, submission, attempt, context.clock(), to_read=True
        )
    return row


def _work(context: Context, row: AttemptRow) -> _Work:
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    with Session(context.engine) as session:
        facts = facts_of(session, row.head.plain(), row.received_at)
        before = queries.replaced_by(session, row)
    try:
        former = context.vault.get(before.original) if before else None
    except Erased:
        former = None
    try:
        return _Work(facts, context.vault.get(row.original), former)
    except Erased:
        raise Refused(Code.ERASED) from None
