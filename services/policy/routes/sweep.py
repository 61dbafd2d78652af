"""The sweep: finds what waits although its reason is gone. A timer of the API process, and an operator's command."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, col, select

from services.events.policy import ReleaseState
from services.kernel import metrics, replica
from services.kernel.api import Context, With
from services.kernel.auth import allowed
from services.kernel.db import lock
from services.kernel.retry import each_for_itself
from services.model.regulation import day
from services.policy.decisions.facts import ItemFacts
from services.policy.decisions.reviews import decided_anew
from services.policy.decisions.rows import asked_of
from services.policy.law.verdict import Verdict
from services.policy.loading import candidates, facts_of, item_facts
from services.policy.routes.consents import carry_out
from services.policy.routes.views import SweptView
from services.policy.store import AttemptRow, RequestRow

router = APIRouter(prefix="/v1", tags=["reviews"])
SECONDS = 60.0
ONE = threading.Lock()
"""One sweep of a process asks for its turn: others would each hold a connection, and leave none to sweep with."""
NOT_ITS_RECIPIENT = "policy.third-party"
"""The message of an answer to whom the item does not name (R22)."""

log = structlog.get_logger()


@router.post(
    "/sweep",
    dependencies=[Depends(allowed("sweep.run"))],
    summary="Rà lại việc đang chờ · Look again at all that waits",
)
async def swept(context: With) -> SweptView:
    """Decides anew what waits although its reason is gone, as each minute by itself."""
    return await run_in_threadpool(sweep, context)


def sweep(context: Context) -> SweptView:
    """Decides anew what waits without a reason, a submission a transaction; after a sweep that is under way."""
    with ONE, Session(context.engine) as turn, turn.begin():
        lock(turn, "policy sweep")
        with Session(context.engine) as session:
            waiting = _waiting(session, context.clock())
        carry_out(context)
        decided = sum(each_for_itself(context.service, partial(_swept, context), waiting))
    metrics.SWEPT.labels(context.service).inc(decided)
    if decided:
        log.warning("the sweep found what no event had decided", submissions=decided)
    return SweptView(looked_at=len(waiting), decided=decided)


def _swept(context: Context, submission_id: UUID) -> bool:
    at = context.clock()
    with Session(context.engine) as session, session.begin():
        facts = facts_of(session, submission_id, at)
        found = facts and decided_anew(submission_id, facts, at)
        if not found:
            return False
        cause, outcome = found
        context.outbox.write(session, outcome, cause)
    return True


def _waiting(session: Session, at: datetime) -> list[UUID]:
    """Submissions with a held attempt or a pending request, and those that hold what a request waits for."""
    held = select(AttemptRow.submission_id).where(AttemptRow.verdict == Verdict.HELD.value)
    waiting = set(session.exec(held))
    pending = session.exec(
        select(RequestRow).where(col(RequestRow.state) == ReleaseState.PENDING.value)
    ).all()
    for row in pending:
        if row.submission_id is not None:
            waiting.add(row.submission_id)
        else:
            best = candidates(session, asked_of(row).figure)[:1]
            waiting |= {attempt.submission_id for attempt in best}
    waiting |= set(_shared_by_ended(session, at))
    return sorted(waiting | set(_answered_by_another_item(session, at)))


def _shared_by_ended(session: Session, at: datetime) -> Iterator[UUID]:
    """Submissions that somebody else than the compilers may still read although their agreement has ended."""
    granted = sa.func.jsonb_path_exists(
        col(AttemptRow.releases),
        sa.cast('$[1 to last] ? (@.state == "granted")', postgresql.JSONPATH),
    )
    head = col(AttemptRow.head)
    for entry in replica.all_of(session, "item"):
        if ItemFacts.of(entry.body).agreement(day(at)) == "expired":
            yield from session.exec(
                select(AttemptRow.submission_id).where(
                    AttemptRow.verdict == Verdict.CLEARED.value,
                    head["sender"].astext == entry.body["responsible"],
                    head["form"].astext == entry.body["form"],
                    granted,
                )
            )


def _answered_by_another_item(session: Session, at: datetime) -> Iterator[UUID]:
    """Submissions of which an answer says what their item does not, or not any more: to whom it goes, and for what."""
    items: dict[tuple[str, str], ItemFacts] = {}
    of_submission = col(AttemptRow.submission_id) == col(RequestRow.submission_id)
    by_item = sa.or_(
        col(RequestRow.state) == ReleaseState.GRANTED.value,
        col(RequestRow.message) == NOT_ITS_RECIPIENT,
    )
    statement = (
        select(RequestRow, AttemptRow)
        .join(AttemptRow, of_submission)
        .where(by_item, AttemptRow.verdict == Verdict.CLEARED.value)
    )
    for row, attempt in session.exec(statement):
        about = attempt.head.sender, attempt.head.form
        if about not in items:
            items[about] = item_facts(session, *about, at)
        asked, item = asked_of(row), items[about]
        is_unjudged = asked.judgement is None and asked.needs_judgement(item)
        is_refused = not item.is_to(asked.audience)
        differs = is_unjudged or is_refused if row.state == ReleaseState.GRANTED else not is_refused
        if row.submission_id is not None and differs:
            yield row.submission_id
