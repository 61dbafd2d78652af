"""The office's own signature on a draft, for who has no key: a person's confirmation, which the statement calls so.

The key follows from the master key, so that nothing has to be kept; the catalogue lists its public half as a key of the
office, once an administrator has proposed and a leader confirmed it. Before that nobody is offered this way.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, BaseModel, StringConstraints
from sqlmodel import Session

from services.intake.answers import problem
from services.intake.drafts.routes import draft_of, office_for
from services.intake.drafts.signing import Signer, signable, taken
from services.intake.drafts.views import DraftView
from services.intake.facts import office_of
from services.intake.refusal import Code, Refusal
from services.kernel import replica
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body
from services.kernel.masterkey import MasterKey
from services.model.statement import sign

router = APIRouter(prefix="/v1", tags=["drafts"])
PURPOSE = b"solieu: the office's signature on drafts, Ed25519"
"""What the key is derived for (RFC 5869): another purpose is another key."""


class KeyView(BaseModel):
    """The public half, to be registered as a key of the office; `is_registered`: it is, for the asker's, and in
    force.
    """

    id: str
    public_key: dict[str, str]
    is_registered: bool


class Confirmed(Body):
    """That somebody has seen the workbook with this hash, as it was made ready then, and stands for it."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    prepared_at: AwareDatetime


def key_of(master_key: MasterKey) -> OKPKey:
    """The office's key of this installation."""
    private = Ed25519PrivateKey.from_private_bytes(master_key.derived(PURPOSE))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OKPKey.import_key(pem)


@router.get("/countersigning-key", summary="Khóa của cơ quan thống kê · The office's key")
def key(
    context: With, access: Annotated[Access, Depends(allowed("countersigning.read"))]
) -> KeyView:
    """What an administrator has to register before drafts can be confirmed without a key."""
    made = key_of(context.master_key)
    with Session(context.engine) as session:
        now, asker = context.clock(), access.principal.organisation
        office = None if access.is_all else office_of(session, asker, now)
        is_registered = _is_registered(session, made.thumbprint(), office, now)
    public = {name: str(made.as_dict(private=False)[name]) for name in ("kty", "crv", "x")}
    return KeyView(id=made.thumbprint(), public_key=public, is_registered=is_registered)


@router.post("/drafts/{draft}/confirmation", summary="Xác nhận và gửi · Confirm and send")
async def confirm(
    draft: UUID, confirmed: Confirmed, request: Request, context: With, access: Signer
) -> DraftView:
    """As with a signature, but the office's: 409 where it has no key, or workbook or declaration have changed."""
    stated = partial(_stated, context, access, draft, confirmed)
    return await taken(request, context, access, draft, await run_in_threadpool(stated), None)


def _stated(context: Context, access: Access, id_: UUID, confirmed: Confirmed) -> str:
    """The statement of the draft as a compact JWS."""
    now, made = context.clock(), key_of(context.master_key)
    with Session(context.engine) as session:
        draft = draft_of(session, context, access, id_)
        regime = signable(session, context, access, draft)
        office = office_for(session, draft.organisation, now)
        if not _is_registered(session, made.thumbprint(), office, now):
            raise problem(Refusal(Code.NO_COUNTERSIGNATURE))
    seen = confirmed.sha256, confirmed.prepared_at
    if draft.prepared is None or seen != (draft.sha256, draft.prepared.at):
        raise problem(Refusal(Code.DRAFT_CHANGED))
    claims = draft.statement(office, regime, access.principal.id, now, countersigned_by=office)
    return sign(claims, made)


def _is_registered(session: Session, id_: str, office: str | None, now: datetime) -> bool:
    """As a key of this office; of any for None."""
    entry = replica.at(session, "sender_key", id_, now)
    return entry is not None and office in (None, entry.body.get("sender"))
