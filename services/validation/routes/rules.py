"""Changed rules over everything received: which verdicts would change, before anybody adopts them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from services.kernel import replica
from services.kernel.api import Context, context_of
from services.kernel.auth import Access, allowed
from services.kernel.pool import Overrun, Pool
from services.kernel.vault import Missing
from services.model.form import Form
from services.model.regulation import VIETNAM
from services.model.text import ModelError
from services.validation import trial
from services.validation.facts import Facts
from services.validation.loading import answers_of, with_form
from services.validation.refusals import Code, Refused
from services.validation.routes import queries
from services.validation.store import AttemptRow
from services.validation.trial import Change, Trial

NDJSON = "application/x-ndjson"
HEAD = ("sender", "form", "form_version", "area_list", "area", "period", "completeness", "round")
RULE: Any = {
    "id": "total-country",
    "kind": "total",
    "expression": "TS = I + II + III + IV + V + VI",
    "level": 1,
    "severity": "warning",
}
With = Annotated[Context, Depends(context_of)]
Tester = Annotated[Access, Depends(allowed("rules.test"))]
router = APIRouter(prefix="/v1/rules", tags=["rules"])


class Wanted(BaseModel):
    """What changes: a whole form, or the rules of one; and from which day of receipt on, in Viet Nam."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"since": "2026-01-01", "change": {"form": "cktc-09-plan", "rules": [RULE]}}
            ]
        },
    )

    since: date
    change: dict[str, Any]


@dataclass(frozen=True)
class Work:
    """The workbook of one attempt, and what it was and is checked with."""

    facts: Facts
    original: bytes
    report: dict[str, Any]


class Untestable(Exception):
    """One attempt can't be checked again: `why` is a stable code, the text says more."""

    def __init__(self, why: str, text: str = "") -> None:
        super().__init__(text)
        self.why = why


@router.post(
    "/tests",
    summary="Thử quy tắc mới trên dữ liệu đã nhận · Test changed rules over what was received",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {}}, "description": "begin, one result an attempt, end"}},
)
async def test(body: Wanted, request: Request, context: With, access: Tester) -> StreamingResponse:
    """One JSON object a line: `begin` with the number of attempts, a `result` for each, `end` with the totals.

    Verdicts, rules, cells and counts, never a figure. An officer gets what the own rooms are responsible for. Nothing
    is recorded, and nobody is told. Where there is no `end`, it broke off.
    """
    try:
        change = Change.of(body.change)
        made, rows = await run_in_threadpool(_chosen, context, access, change, body.since)
    except ModelError as error:
        raise Refused(Code.BAD_RULES, where=str(error)).problem() from None
    lines = _lines(request.app.state.pool, context, change, made, rows)
    return StreamingResponse(lines, media_type=NDJSON)


def _chosen(
    context: Context, access: Access, change: Change, since: date
) -> tuple[Form, list[AttemptRow]]:
    """The changed form as it would be adopted, and the attempts within reach, in the order of their receipt."""
    start = datetime.combine(since, time.min, VIETNAM)
    with Session(context.engine) as session:
        newest = replica.get(session, "form", change.form)
        if newest is None:
            raise ModelError(f"form: there is no form {change.form} in the catalogue")
        made = Form.from_dict(change.applied(newest.body))
        return made, queries.received(session, access, change.form, start, context.clock())


async def _lines(
    pool: Pool, context: Context, change: Change, made: Form, rows: list[AttemptRow]
) -> AsyncIterator[str]:
    begin = {"form": made.id, "rule_set": made.rule_set, "attempts": len(rows)}
    yield _line("begin", begin)
    totals = {"tested": 0, "changed": 0, "untested": 0}
    for row in rows:
        about = {"submission_id": str(row.submission_id), "attempt": row.attempt}
        about |= {name: row.head[name] for name in HEAD}
        try:
            found = await _tried(pool, context, change, row)
        except Untestable as error:
            totals["untested"] += 1
            yield _line("result", about | {"untested": error.why, "where": str(error)})
        else:
            totals["tested"] += 1
            totals["changed"] += found.changes
            yield _line("result", about | found.data())
    yield _line("end", totals)


async def _tried(pool: Pool, context: Context, change: Change, row: AttemptRow) -> Trial:
    work = await run_in_threadpool(_work, context, change, row)
    try:
        given = (work.facts, row.head, work.original, row.content, work.report)
        return await pool.run(trial.tried, *given, size=len(work.original))
    except Overrun:
        return trial.overrun(work.facts, work.report)
    except (ModelError, ValueError) as error:
        raise Untestable("other-form", str(error)) from None


def _work(context: Context, change: Change, row: AttemptRow) -> Work:
    """What a check of that time had: its version of the form with the change, and the answers given before."""
    with Session(context.engine) as session:
        form = replica.get(session, "form", row.form, row.head["form_version"])
        if form is None:
            raise Untestable("no-form")
        try:
            body = change.applied(form.body)
        except ModelError as error:
            raise Untestable("other-form", str(error)) from None
        answers = answers_of(session, UUID(str(row.submission_id)))
        before = tuple(one for one in answers if one.attempt < row.attempt)
        facts = with_form(session, body, row.head, before, stored_before=row.received_at)
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    try:
        original = context.vault.get(row.original)
        report = json.loads(context.vault.get(row.report))
    except Missing:
        raise Untestable("erased") from None
    return Work(facts, original, report)


def _line(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"kind": kind, **data}, ensure_ascii=False) + "\n"
