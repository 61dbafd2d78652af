"""A workbook checked before it is sent: as its sender's submission would be, and nothing of it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session, select

from services.events.common import Classification, Head
from services.kernel import replica
from services.kernel.api import Context, With
from services.kernel.auth import Access
from services.kernel.command import Refused
from services.kernel.pool import Overrun
from services.kernel.shares import Places
from services.kernel.signed import proof, reader
from services.model.codelist import Codelist
from services.model.enumerations import Completeness, Regime
from services.model.form import Form
from services.model.period import PeriodError, spelt
from services.model.responsibility import items_of
from services.model.sender import asker
from services.model.statement import MAX_BYTES, NilKind
from services.model.text import Language
from services.validation.checking.check import overran
from services.validation.checking.examination import examine
from services.validation.checking.facts import Facts
from services.validation.loading import facts_of
from services.validation.people.refusals import Code
from services.validation.reading.statement import Statement
from services.validation.routes.views import CheckView
from services.validation.store import AcceptedRow
from services.validation.telling.figures import drawn
from services.validation.telling.marking import Marked

AT_ONCE = 3
"""Bodies that are held at a time, shared fairly by sender."""
PATH = "/v1/checks"
LARGER = {PATH: MAX_BYTES, f"{PATH}/marked": MAX_BYTES}
"""Paths whose bodies are workbooks."""
router = APIRouter(prefix=PATH, tags=["checks"])
Sender = Annotated[Access, Depends(reader("workbook.check", proof(asker)))]
Name = Annotated[str, Field(min_length=1, max_length=128)]


@dataclass(frozen=True)
class Stated:
    """What the workbook would be sent as."""

    form: Name
    area: Name
    period: Name
    completeness: Completeness
    area_list: Name = "63"
    round: Annotated[int, Field(ge=1, le=99)] = 1
    sections: Annotated[str, Field(max_length=200)] = ""
    nil: NilKind | None = None


@dataclass(frozen=True)
class Outcome:
    """What a worker process found."""

    report: dict[str, Any]
    tables: tuple[Any, ...]
    marked: Marked | None


def places() -> Places:
    """Of the bodies of one process: `request.app.state.checking`."""
    return Places(AT_ONCE, AT_ONCE - 1)


@router.post("", summary="Kiểm tra trước khi gửi · Check before sending")
async def checked(
    request: Request, context: With, access: Sender, stated: Annotated[Stated, Depends()]
) -> CheckView:
    """The findings and the figures of the workbook in the body, by the form in force; nothing is kept or told.

    404 for a form that the asker does not supply; 413 for more than 25 MB.
    """
    found = await _checked(request, context, access, stated, "vi")
    return CheckView(report=found.report, tables=found.tables, is_marked=found.marked is not None)


@router.post("/marked", summary="Bảng tính có đánh dấu chỗ sai · The workbook marked")
async def marked(
    request: Request,
    context: With,
    access: Sender,
    stated: Annotated[Stated, Depends()],
    lang: Language = "vi",
) -> Response:
    """The workbook in the body with what was found marked in it; 204 where there is nothing to mark."""
    found = await _checked(request, context, access, stated, lang)
    if found.marked is None:
        return Response(status_code=204)
    return Response(found.marked.content, media_type=found.marked.media_type)


async def _checked(
    request: Request, context: Context, access: Access, stated: Stated, language: Language
) -> Outcome:
    sender = access.principal.organisation
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() and len(announced) < 12 else MAX_BYTES
    # Before anything is read: who asks often holds no more than others.
    async with request.app.state.checking.one(sender, min(size, MAX_BYTES)):
        head, facts = await run_in_threadpool(asked, context, sender, stated, context.clock())
        content = await request.body()
        arguments = (facts, head, stated.nil, stated.sections, content, language)
        try:
            found: Outcome = await request.app.state.pool.run(
                examined, *arguments, size=len(content), who=sender
            )
            return found
        except Overrun:
            form = Form.from_dict(facts.form or {})
            return Outcome(json.loads(overran(form).report.to_json()), (), None)


def examined(
    facts: Facts, head: Head, nil: NilKind | None, sections: str, content: bytes, language: Language
) -> Outcome:
    """The check of the workbook, for a worker process: as that of a submission."""
    form = Form.from_dict(facts.form or {})
    codelists = {name: Codelist.from_dict(body) for name, body in facts.codelists.items()}
    statement = Statement.of(head, nil, sections)
    accepted = tuple(attempt.accepted() for attempt in facts.accepted)
    history = tuple(figure.past() for figure in facts.history)
    earlier = facts.replaced.earlier() if facts.replaced else None
    found = examine(
        form,
        content,
        statement,
        codelists,
        accepted,
        facts.answers,
        earlier,
        history,
        facts.supply,
        language,
    )
    checked = found.checked
    tables = drawn(form, statement, checked.grids, checked.report.findings, history, earlier)
    return Outcome(json.loads(checked.report.to_json()), tables, found.marked)


def asked(context: Context, sender: str, stated: Stated, now: datetime) -> tuple[Head, Facts]:
    """How the events of such a submission would begin, and what a check of it works from; raises Refused."""
    with Session(context.engine) as session:
        form = replica.at(session, "form", stated.form, now)
        items = (entry.body for entry in replica.in_force(session, "item", now))
        if form is None or not items_of(items, sender, stated.form):
            raise Refused(Code.NO_FORM)
        try:
            head = _head(session, Form.from_dict(form.body), sender, stated)
            Statement.of(head, None, stated.sections)
        except PeriodError:
            raise Refused(Code.NO_PERIOD) from None
        facts = facts_of(session, head, now)
        # What others sent is compared with what is sent, and told to nobody who only asks.
        own = tuple(one for one in facts.accepted if one.sender == sender)
        return head, replace(facts, accepted=own)


def _head(session: Session, form: Form, sender: str, stated: Stated) -> Head:
    """As the events of the submission would begin; of a correction with the number after the attempt in use."""
    current = session.exec(
        select(AcceptedRow).where(
            AcceptedRow.sender == sender,
            AcceptedRow.form == form.id,
            AcceptedRow.area_list == stated.area_list,
            AcceptedRow.area == stated.area,
            AcceptedRow.period == spelt(stated.period),
            AcceptedRow.completeness == stated.completeness.value,
            AcceptedRow.round == stated.round,
        )
    ).first()
    id_: UUID = current.submission_id if current else uuid4()
    return Head(
        submission_id=str(id_),
        attempt=current.attempt + 1 if current else 1,
        sender=sender,
        form=form.id,
        form_version=form.version,
        area_list=stated.area_list,
        area=stated.area,
        period=stated.period,
        completeness=stated.completeness,
        round=stated.round,
        regime=Regime(form.regime),
        classification=Classification.PUBLIC,
        province="",
        catalogue_version=0,
    )
