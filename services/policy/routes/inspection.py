"""What lawyers, auditors and operators ask of the policies: why, for whom what, by which article, and what if."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from services.events.policy import PoliciesTried
from services.kernel import replica, trials
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Refused, carried_out, words_sha256
from services.model.regulation import Instrument, day
from services.policy.decisions.case import case_of
from services.policy.decisions.refusals import Code
from services.policy.insight.explain import explained, plain
from services.policy.insight.matrix import matrix
from services.policy.insight.trial import Trial
from services.policy.law.policies import Library, PolicyError, library, read
from services.policy.law.verdict import COMPILERS, Audience, Verdict
from services.policy.loading import facts_of
from services.policy.routes import queries
from services.policy.routes.views import (
    Changed,
    ExplanationView,
    InstrumentView,
    LawsView,
    LawView,
    MatrixView,
    law_view,
    matrix_view,
)
from services.policy.store import AttemptRow

Explainer = Annotated[Access, Depends(allowed("decision.explain"))]
Reader = Annotated[Access, Depends(allowed("law.read"))]
Tester = Annotated[Access, Depends(allowed("policy.try"))]
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="1, 2, …; the latest")]
Asking = Annotated[
    str, Query(pattern=r"^[a-z_]{1,40}:[A-Za-z0-9._-]{1,100}$", examples=["compilers:grdp"])
]
Province = Annotated[
    str | None, Query(pattern=r"^[0-9]{2}$", description="List 34; national forms")
]
BATCH = 500
_PAST = [Verdict.SUPERSEDED.value, Verdict.WITHDRAWN.value]
NDJSON = "application/x-ndjson"
router = APIRouter(prefix="/v1", tags=["policies"])


@router.get("/submissions/{submission}/explanation", summary="Vì sao · Why it was decided so")
def explain(
    submission: Annotated[UUID, Path()],
    context: With,
    access: Explainer,
    attempt: Which = None,
    audience: Asking = f"{COMPILERS.kind}:{COMPILERS.id}",
) -> ExplanationView:
    """By today's law and facts: what was looked at, which articles decide, what would change it; no value of it."""
    kind, _, id_ = audience.partition(":")
    now = context.clock()
    with Session(context.engine) as session:
        facts = facts_of(session, submission, now)
        known = {attempt.attempt: attempt for attempt in facts.attempts} if facts else {}
        chosen = known.get(attempt or max(known, default=0))
        if facts is None or chosen is None or not access.reaches(None, facts.item.room):
            raise Refused(Code.NO_DECISION)
        numbers = queries.numbers(session)
        session.rollback()
    asking = Audience(kind, id_)
    form = facts.forms.get(chosen.head.form_version)
    case = case_of(
        chosen.head, chosen.evidence, facts, day(now), chosen.waived, audience=asking,
        # As a request for any of its figures is answered.
        published=asking != COMPILERS
        and form is not None
        and not form.unpublished(chosen.head, facts.released),
    )  # fmt: skip
    explanation = plain(explained(case, asking))
    return ExplanationView.of(submission, chosen.attempt, chosen.verdict, explanation, numbers)


@router.get("/matrix", summary="Ai được dùng gì · Who may use what")
def shown(
    context: With, access: Reader, province: Province = None, on: date | None = None
) -> MatrixView:
    """Each audience by each class of information, by the law of a province on a day (today)."""
    with Session(context.engine) as session:
        instruments, numbers = _instruments(session), queries.numbers(session)
    cells = matrix(instruments, province, on or day(context.clock()))
    return matrix_view(cells, numbers)


@router.get("/regulations", summary="Các văn bản · All instruments")
def packs(context: With, access: Reader) -> LawsView:
    """Those of the provinces first, then national law, then former provinces'; each by the day it is in force from."""
    with Session(context.engine) as session:
        instruments = _instruments(session)
    instruments.sort(
        key=lambda instrument: (
            instrument.province or ("~" if instrument.former_province is None else "~~"),
            instrument.in_force_from,
            instrument.id,
        )
    )
    return LawsView(regulations=[InstrumentView.of(instrument) for instrument in instruments])


@router.get("/regulations/{regulation}", summary="Một văn bản · One instrument")
def pack(regulation: str, context: With, access: Reader) -> LawView:
    """Each article: what it says, who keeps it, and the policies that are bound to it."""
    with Session(context.engine) as session:
        entry = replica.get(session, "regulation", regulation)
    if entry is None:
        raise Refused(Code.NO_REGULATION)
    return law_view(Instrument.from_dict(entry.body), library().policies)


@router.post(
    "/policies/trials",
    summary="Thử chính sách · Try changed policies",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {}}, "description": "one line a flip, then the totals"}},
)
async def tried(body: Changed, context: With, access: Tester) -> StreamingResponse:
    """One line of JSON for each decision that would flip, then the totals: of those that the asker may have explained.

    No decision is recorded; that somebody tried is an event. 429 after so many within an hour.
    """
    try:
        changed = await run_in_threadpool(read, body.files)
    except PolicyError as error:
        raise Refused(Code.BAD_POLICIES, where=str(error)) from None

    def act(session: Session, now: datetime) -> None:
        text = json.dumps(body.files, ensure_ascii=False, sort_keys=True)
        decided = select(func.count()).select_from(AttemptRow).where(*_standing(body.since))
        trial = PoliciesTried(
            trial_id=str(uuid4()),
            person=access.principal.id,
            organisation=access.principal.organisation or None,
            policies_sha256=words_sha256(text),
            since=f"{body.since:%Y-%m-%d}",
            attempts=session.exec(decided).one(),
            tried_at=now,
        )
        trials.enter(context.outbox, session, trial)

    await carried_out(context, act)
    return StreamingResponse(_trial(context, access, changed, body.since), media_type=NDJSON)


def _trial(context: Context, access: Access, changed: Library, since: date) -> Iterator[str]:
    trial = Trial(library(), changed)
    tried = flipped = 0
    last: tuple[UUID, int] | None = None
    while decided := _decided(context, since, last):
        for submission, number, at in decided:
            # One transaction each: none holds a submission's lock while others are looked at.
            with Session(context.engine) as session:
                facts = facts_of(session, submission, at)
            attempt = facts.attempt(number) if facts else None
            if facts is None or attempt is None or not access.reaches(None, facts.item.room):
                continue
            case = case_of(attempt.head, attempt.evidence, facts, day(at), attempt.waived)
            flip = trial.flip(case)
            tried += 1
            if flip is not None:
                flipped += 1
                about = {"submission_id": str(submission), "attempt": number}
                yield _line("flip", about | asdict(flip))
        last = decided[-1][:2]
        yield _line("progress", {"tried": tried})
    yield _line("end", {"tried": tried, "flipped": flipped})


def _decided(
    context: Context, since: date, last: tuple[UUID, int] | None
) -> list[tuple[UUID, int, datetime]]:
    """The next attempts that stand as they were decided: submission, attempt, when."""
    key = (col(AttemptRow.submission_id), col(AttemptRow.attempt))
    wanted = select(AttemptRow.submission_id, AttemptRow.attempt, AttemptRow.decided_at).where(
        *_standing(since)
    )
    if last is not None:
        wanted = wanted.where((key[0] > last[0]) | ((key[0] == last[0]) & (key[1] > last[1])))
    with Session(context.engine) as session:
        return list(session.exec(wanted.order_by(*key).limit(BATCH)))


def _standing(since: date) -> tuple[ColumnElement[bool], ...]:
    return col(AttemptRow.decided_at) >= since, col(AttemptRow.verdict).not_in(_PAST)


def _instruments(session: Session) -> list[Instrument]:
    return [Instrument.from_dict(entry.body) for entry in replica.all_of(session, "regulation")]


def _line(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"kind": kind, **data}, ensure_ascii=False) + "\n"
