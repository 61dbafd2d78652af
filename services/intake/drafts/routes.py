"""/v1/drafts: an agency's workbooks before they are sent. Its own people see them, and nobody else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, StringConstraints
from sqlmodel import Session

from services.intake import content as contents
from services.intake import handler
from services.intake.answers import problem
from services.intake.content import Workbook
from services.intake.drafts import store
from services.intake.drafts.draft import MOST, About, Draft, Prepared, prepare
from services.intake.drafts.views import DraftsView, DraftView
from services.intake.facts import facts, home_of, office_of
from services.intake.refusal import Code, Refusal
from services.intake.submitting import Gate, workbook_of
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body
from services.model.enumerations import Completeness, Regime
from services.model.period import spelt
from services.model.statement import MAX_BYTES, Classification, Nil, NilKind, Words

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])
Reader = Annotated[Access, Depends(allowed("draft.read"))]
Preparer = Annotated[Access, Depends(allowed("draft.prepare"))]
Name = Annotated[str, Field(min_length=1, max_length=128)]
SECTIONS = r"^([^,]{1,128}(,[^,]{1,128})*)?$"
"""Parted by commas, none of them blank."""
FileName = Annotated[str, Field(max_length=200), Query(description="Tên tệp · Its file's name")]


@dataclass(frozen=True)
class Stated:
    """What the workbook would be sent as; without `area` about the sender's own province, by its form's first list."""

    form: Name
    period: Name
    completeness: Completeness
    area: Name | None = None
    area_list: Name | None = None
    round: Annotated[int, Field(ge=1, le=99)] = 1
    sections: Annotated[str, StringConstraints(max_length=200, pattern=SECTIONS)] = ""

    def about(self, home: tuple[str, str]) -> About:
        """With the period in its one spelling; `home` is list and code of the sender's own area."""
        area_list, area = home
        return About(
            form=self.form,
            area_list=self.area_list or area_list,
            area=self.area or area,
            period=spelt(self.period),
            completeness=self.completeness,
            round=self.round,
            sections=self.sections,
        )


class Ready(Body):
    """What it is declared to be, by somebody who has seen the workbook with this hash."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    classification: Classification = Classification.INTERNAL
    reason: Words | None = None
    nil: NilKind | None = None


@router.post("", status_code=201, summary="Lưu bản chưa gửi · Keep a workbook, unsent")
async def keep(
    request: Request,
    context: With,
    access: Preparer,
    stated: Annotated[Stated, Depends()],
    file_name: FileName = "",
) -> DraftView:
    """The workbook in the body, sealed for a day, in place of the one before it for the same duty."""
    gate: Gate = request.app.state.gate
    who = access.principal.organisation
    async with gate.drafts.one(who, MAX_BYTES):
        body = await workbook_of(request)
        kept = partial(_kept, context, access, stated, file_name, body)
        async with gate.accepting.one(who, len(body)):
            return DraftView.of(await run_in_threadpool(kept))


@router.get("", summary="Các bản chưa gửi · Workbooks that were not sent yet")
def listed(context: With, access: Reader) -> DraftsView:
    """Of the asker's own agency."""
    with Session(context.engine) as session:
        found = store.listed(session, access.principal.organisation)
    now = context.clock()
    return DraftsView(drafts=[DraftView.of(one) for one in found if now < one.expires_at])


@router.get("/{draft}", summary="Một bản chưa gửi · One of them")
def one(draft: UUID, context: With, access: Reader) -> DraftView:
    """What it is, without its workbook."""
    with Session(context.engine) as session:
        return DraftView.of(draft_of(session, context, access, draft))


@router.get(
    "/{draft}/content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    summary="Bảng tính của bản chưa gửi · Its workbook",
)
async def content(draft: UUID, request: Request, context: With, access: Reader) -> Response:
    """As it was uploaded; 409 once it was sent."""
    gate: Gate = request.app.state.gate
    async with gate.accepting.one(access.principal.organisation, MAX_BYTES):
        found, body = await run_in_threadpool(_unsealed, context, access, draft)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=found.media_type, headers=headers)


@router.post("/{draft}/preparation", summary="Trình ký · Make ready for the signature")
def prepared(draft: UUID, ready: Ready, context: With, access: Preparer) -> DraftView:
    """409 where a newer workbook has come since, or it was sent."""
    nil = Nil(kind=ready.nil, reason=ready.reason or "") if ready.nil and ready.reason else None
    if ready.nil and nil is None:
        raise problem(Refusal(Code.NIL_WORDLESS))
    if ready.classification is Classification.STATE_SECRET:
        raise problem(Refusal(Code.STATE_SECRET, wording="intake.state_secret_at_all"))
    with Session(context.engine) as session:
        found = draft_of(session, context, access, draft, lock=True)
        made = Prepared(
            by=access.principal.id,
            at=context.clock(),
            classification=ready.classification,
            reason=None if nil else ready.reason,
            nil=nil,
        )
        changed = prepare(found, ready.sha256, made)
        if isinstance(changed, Refusal):
            raise problem(changed)
        store.write(session, changed)
        session.commit()
        return DraftView.of(changed)


@router.delete("/{draft}", status_code=204, summary="Bỏ bản chưa gửi · Forget it")
def forget(draft: UUID, context: With, access: Preparer) -> None:
    """With its workbook."""
    with Session(context.engine) as session:
        store.delete(session, draft_of(session, context, access, draft, lock=True))
        session.commit()


def draft_of(
    session: Session, context: Context, access: Access, id_: UUID, *, lock: bool = False
) -> Draft:
    """The draft of the asker's own agency; raises the problem where there is none, or it is over."""
    found = store.found(session, id_, access.principal.organisation, lock=lock)
    if found is None or found.expires_at <= context.clock():
        raise problem(Refusal(Code.UNKNOWN_DRAFT))
    return found


def office_for(session: Session, organisation: str, now: datetime) -> str:
    """The office to which an organisation reports; raises the problem where either isn't in the catalogue."""
    if not organisation:
        raise problem(Refusal(Code.UNKNOWN_SENDER, {"sender": "–"}))
    office = office_of(session, organisation, now)
    if not office:
        raise problem(Refusal(Code.OTHER_OFFICE, {"office": "–"}))
    return office


def content_of(session: Session, context: Context, draft: Draft) -> bytes:
    """Its workbook; raises the problem where it was sent."""
    body = store.content(session, draft, context.master_key)
    if body is None:
        raise problem(Refusal(Code.DRAFT_SENT))
    return body


def _unsealed(context: Context, access: Access, id_: UUID) -> tuple[Draft, bytes]:
    with Session(context.engine) as session:
        found = draft_of(session, context, access, id_)
        return found, content_of(session, context, found)


def _kept(context: Context, access: Access, stated: Stated, file_name: str, body: bytes) -> Draft:
    workbook = contents.inspect(body)
    if isinstance(workbook, Refusal):
        raise problem(workbook)
    with Session(context.engine) as session:
        home = home_of(session, access.principal.organisation, stated.form, context.clock())
        draft = _draft(context, access, stated.about(home), file_name, body, workbook)
        _refuse(session, context, draft)
        store.write(session, draft)
        store.write_content(session, draft, body, context.master_key)
        session.commit()
    return draft


def _draft(
    context: Context, access: Access, about: About, file_name: str, body: bytes, workbook: Workbook
) -> Draft:
    return Draft(
        organisation=access.principal.organisation,
        about=about,
        # Signs that nobody sees would turn the words beside it.
        file_name="".join(filter(str.isprintable, file_name)),
        media_type=workbook.media_type,
        sha256=sha256(body).hexdigest(),
        size=len(body),
        nonce=secrets.token_urlsafe(18),
        drafted_by=access.principal.id,
        changed_at=context.clock(),
    )


def _refuse(session: Session, context: Context, draft: Draft) -> None:
    """Raises the problem of what would be refused at the door, and of one draft too many."""
    now = context.clock()
    office = office_for(session, draft.organisation, now)
    stated = draft.statement(office, Regime.COORDINATION, draft.drafted_by, now)
    known = facts(session, stated, now)
    if known.form is not None:
        stated = replace(stated, regime=Regime(known.form.regime))
    if refusal := handler.door(stated, known):
        raise problem(refusal)
    store.forget_old(session, now)
    store.hold(session, draft)
    unsent = [one for one in store.listed(session, draft.organisation) if one.sent is None]
    if sum(one.id != draft.id for one in unsent) >= MOST:
        raise problem(Refusal(Code.TOO_MANY_DRAFTS, {"most": MOST}))
