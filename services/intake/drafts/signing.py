"""What is signed of a draft, and what becomes of it then: a submission like any other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from services.intake.acceptance import Accepted
from services.intake.answers import problem
from services.intake.drafts import store
from services.intake.drafts.draft import Draft, Sent, unlike, unsignable
from services.intake.drafts.routes import content_of, draft_of, office_for
from services.intake.drafts.views import DraftView, ToSignView
from services.intake.facts import facts
from services.intake.refusal import Code, Refusal
from services.intake.store import Attempt
from services.intake.submitting import Gate, enter, take_in
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body
from services.model.enumerations import Regime
from services.model.statement import signatories, to_sign
from services.model.text import plain

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])
Signer = Annotated[Access, Depends(allowed("draft.sign"))]
KeyId = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{43}$", description="Thumbprint, RFC 7638")]


class Signature(Body):
    """The statement of the draft as a compact JWS (RFC 7515)."""

    statement: Annotated[str, Field(max_length=20_000)]


@router.get("/{draft}/statement", summary="Nội dung ký · What is to be signed")
def statement(draft: UUID, context: With, access: Signer, key: KeyId) -> ToSignView:
    """For one of the asker's keys; 403 for who prepared it, 409 before it is prepared."""
    now = context.clock()
    with Session(context.engine) as session:
        found = draft_of(session, context, access, draft)
        regime = signable(session, context, access, found)
        office = office_for(session, found.organisation, now)
    claims = found.statement(office, regime, access.principal.id, now)
    return ToSignView(key=key, signing_input=to_sign(claims, key), statement=plain(claims))


@router.post("/{draft}/submission", summary="Ký và gửi · Sign and send")
async def send(
    draft: UUID, signature: Signature, request: Request, context: With, access: Signer
) -> DraftView:
    """Taken in as any submission, once; the draft says as which attempt, and its workbook is forgotten here."""
    return await taken(request, context, access, draft, signature.statement, access.principal.id)


async def taken(
    request: Request,
    context: Context,
    access: Access,
    id_: UUID,
    statement: str,
    person: str | None,
) -> DraftView:
    """The draft once it is a submission by this statement: of this person with a key of its own, None for the office.

    Raises the problem of what isn't taken in.
    """
    gate: Gate = request.app.state.gate
    found = await run_in_threadpool(_to_send, context, access, id_)
    entered = partial(enter, context, gate, statement, person=person, by_office=person is None)
    signed = await run_in_threadpool(entered)
    regime = Regime(signed.form.regime)
    with gate.counting(signed.statement) as count:
        if refusal := unlike(found, signed.statement, regime, access.principal.id):
            raise problem(refusal)
        content = partial(_content, context, access, found)
        accepted = await take_in(context, gate, signed, content, found.size, count)
    return DraftView.of(await run_in_threadpool(_sent, context, found, accepted))


def _to_send(context: Context, access: Access, id_: UUID) -> Draft:
    with Session(context.engine) as session:
        found = draft_of(session, context, access, id_)
        signable(session, context, access, found)
        return found


def _content(context: Context, access: Access, draft: Draft) -> bytes:
    """Its workbook; raises the problem where a newer one has come since, or it was discarded."""
    with Session(context.engine) as session:
        now = draft_of(session, context, access, draft.id, lock=True)
        if now.nonce != draft.nonce:
            raise problem(Refusal(Code.DRAFT_CHANGED))
        return content_of(session, context, draft)


def _sent(context: Context, draft: Draft, accepted: Accepted) -> Draft:
    """Says so of the draft, unless a newer workbook has taken its place meanwhile."""
    which = accepted.submission_id, accepted.attempt
    with Session(context.engine) as session:
        # What was here before bears the signature of who was first.
        signed = signatories(session.get_one(Attempt, which).statement)
        sent = Sent(*which, by=signed.approved_by or draft.organisation)
        changed = replace(draft, sent=sent, changed_at=context.clock())
        now = store.found(session, draft.id, draft.organisation, lock=True)
        if now is not None and now.nonce == draft.nonce:
            store.write(session, changed)
            store.drop_content(session, changed)
            session.commit()
    return changed


def signable(session: Session, context: Context, access: Access, draft: Draft) -> Regime:
    """The regime of a draft's form; raises the problem where this person can't sign it now."""
    now = context.clock()
    stated = draft.statement("-", Regime.COORDINATION, access.principal.id, now)
    known = facts(session, stated, now)
    one_may_send = bool((known.organisation or {}).get("one_may_send"))
    if refusal := unsignable(draft, access.principal.id, one_may_send):
        raise problem(refusal)
    if known.form is None:
        raise problem(Refusal(Code.UNKNOWN_DRAFT))
    return Regime(known.form.regime)
