"""Changed rules over what was received: which verdicts would change, before anybody adopts them.

A trial answers yes or no about figures, as often as somebody asks. So it runs over those alone that the asker may read
anyway, also where rules compare them with others; who asks is told, and may ask so many times an hour.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlmodel import Session

from services.events.validation import RulesTried
from services.kernel import replica, trials
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body, Refused, carried_out, words_sha256
from services.kernel.pool import Overrun, Pool
from services.kernel.vault import Erased
from services.model.form import Form
from services.model.messages import texts
from services.model.regulation import VIETNAM
from services.model.text import ModelError, Text, joined
from services.validation.checking.facts import Facts
from services.validation.loading import answers_of, history_of, with_form
from services.validation.people import trial
from services.validation.people.refusals import Code
from services.validation.people.trial import Change, Trial
from services.validation.routes import queries
from services.validation.store import AcceptedRow, AttemptRow

NDJSON = "application/x-ndjson"
HEAD = ("sender", "form", "form_version", "area_list", "area", "period", "completeness", "round")
RULE: Any = {
    "id": "total-country",
    "kind": "total",
    "expression": "TS = I + II + III + IV + V + VI",
    "level": 1,
    "severity": "warning",
}
Tester = Annotated[Access, Depends(allowed("rules.test"))]
router = APIRouter(prefix="/v1/rules", tags=["rules"])


class Wanted(Body):
    """What changes: a whole form, or the rules of one; and from which day of receipt on, in Viet Nam."""

    since: date = Field(examples=["2026-01-01"])
    change: dict[str, Any] = Field(examples=[{"form": "cktc-09-plan", "rules": [RULE]}])


@dataclass(frozen=True)
class Chosen:
    """The changed form as it would be adopted, the attempts in the order of their receipt, and what may be read."""

    made: Form
    rows: list[AttemptRow]
    reads: queries.Reads


@dataclass(frozen=True)
class Work:
    """The workbook of one attempt, and what it was and is checked with."""

    facts: Facts
    original: bytes
    report: dict[str, Any]


class Untestable(Exception):
    """One attempt can't be checked again: `why` is a stable code, `text` says more."""

    def __init__(self, why: str, text: Text | str = "") -> None:
        super().__init__(why)
        self.why = why
        self.text = joined([text])


@router.post(
    "/tests",
    summary="Thử quy tắc mới trên dữ liệu đã nhận · Test changed rules over what was received",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {}}, "description": "begin, one result an attempt, end"}},
)
async def test(body: Wanted, request: Request, context: With, access: Tester) -> StreamingResponse:
    """One JSON object a line: `begin` with the number of attempts, a `result` for each, `end` with the totals.

    Verdicts, rules, cells and counts, never a figure; of what was sent back and of what is stored. An officer gets what
    the own rooms see, and there rules compare with no more. No verdict is recorded; that somebody tried is an event.
    429 after so many within an hour. Where there is no `end`, it broke off.
    """

    def act(session: Session, now: datetime) -> tuple[Change, Chosen]:
        change = Change.of(body.change)
        newest = replica.get(session, "form", change.form)
        if newest is None:
            raise ModelError(texts("rule.trial.no_form", form=change.form))
        made = Form.from_dict(change.applied(newest.body))
        reads = queries.reads(session, access, now)
        start = datetime.combine(body.since, time.min, VIETNAM)
        rows = queries.triable(session, reads, change.form, start)
        trials.enter(context.outbox, session, _event(access, change, body.since, len(rows), now))
        session.expunge_all()
        return change, Chosen(made, rows, reads)

    try:
        change, chosen = await carried_out(context, act)
    except ModelError as error:
        raise Refused(Code.BAD_RULES, where=error.text.to_dict()) from None
    lines = _lines(request.app.state.pool, context, change, chosen)
    return StreamingResponse(lines, media_type=NDJSON)


def _event(access: Access, change: Change, since: date, attempts: int, at: datetime) -> RulesTried:
    """That somebody tried rules. They may hold figures that were guessed: their SHA-256."""
    who = access.principal
    text = json.dumps(asdict(change), ensure_ascii=False, sort_keys=True, default=str)
    return RulesTried(
        trial_id=str(uuid4()),
        person=who.id,
        organisation=who.organisation,
        form=change.form,
        change_sha256=words_sha256(text),
        since=f"{since:%Y-%m-%d}",
        attempts=attempts,
        tried_at=at,
    )


async def _lines(
    pool: Pool, context: Context, change: Change, chosen: Chosen
) -> AsyncIterator[str]:
    made = chosen.made
    begin = {"form": made.id, "rule_set": made.rule_set, "attempts": len(chosen.rows)}
    yield _line("begin", begin)
    totals = {"tested": 0, "changed": 0, "untested": 0}
    for row in chosen.rows:
        about = {"submission_id": str(row.submission_id), "attempt": row.attempt}
        about |= {name: getattr(row.head, name) for name in HEAD}
        try:
            tried = await _tried(pool, context, change, row, chosen.reads)
        except Untestable as error:
            totals["untested"] += 1
            yield _line("result", about | {"untested": error.why, "where": error.text.to_dict()})
        else:
            totals["tested"] += 1
            totals["changed"] += tried.changes
            yield _line("result", about | tried.data())
    yield _line("end", totals)


async def _tried(
    pool: Pool, context: Context, change: Change, row: AttemptRow, reads: queries.Reads
) -> Trial:
    work = await run_in_threadpool(_work, context, change, row, reads)
    try:
        arguments = (work.facts, row.head, work.original, row.content, work.report)
        return await pool.run(trial.tried, *arguments, size=len(work.original))
    except Overrun:
        return trial.overrun(work.facts, work.report)
    except ModelError as error:
        raise Untestable("other-form", error.text) from None
    except ValueError as error:
        raise Untestable("other-form", str(error)) from None


def _work(context: Context, change: Change, row: AttemptRow, reads: queries.Reads) -> Work:
    """What a check of that time had: its version of the form with the change, and the answers given before.

    Of what was accepted by then only what the asker may read: a reference to any sender's figures reads them, too.
    """

    def beside(other: AcceptedRow) -> bool:
        return other.stored_at < row.received_at and reads(other.sender, other.form)

    with Session(context.engine) as session:
        form = replica.get(session, "form", row.form, row.head.form_version)
        if form is None:
            raise Untestable("no-form")
        try:
            body = change.applied(form.body)
        except ModelError as error:
            raise Untestable("other-form", error.text) from None
        answers = answers_of(session, UUID(str(row.submission_id)))
        before = tuple(answer for answer in answers if answer.attempt < row.attempt)
        facts = with_form(session, body, row.head, before, row.received_at, beside)
        facts = replace(facts, history=history_of(session, row.head, row.received_at))
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    try:
        original = context.vault.get(row.original)
        report = json.loads(context.vault.get(row.report))
    except Erased:
        raise Untestable("erased") from None
    return Work(facts, original, report)


def _line(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"kind": kind, **data}, ensure_ascii=False) + "\n"
