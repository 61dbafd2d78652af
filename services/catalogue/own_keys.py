"""A person's own keys: made in its browser, proposed by itself, and good once a leader of the office agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session

from services.catalogue import changing, store
from services.catalogue.changing import Changed
from services.catalogue.entry import Command, EntryKind, Refused, Version
from services.catalogue.people import changes
from services.catalogue.people.authority import LASTS, Change
from services.catalogue.refusals import wrong
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body, carried_out
from services.kernel.outbox import Outbox
from services.model.statement import public_key
from services.model.text import ModelError

router = APIRouter(prefix="/v1/own-keys", tags=["people"])
MOST = 5
"""Keys of one person that wait at once: a leader's list of what waits is not one person's to fill."""
Signer = Annotated[Access, Depends(allowed("key.propose"))]
Holder = Annotated[Access, Depends(allowed("key.read"))]


class Proposed(Body):
    """The public half of an Ed25519 key, as a JWK (RFC 8037)."""

    public_key: dict[str, str]


class KeyView(BaseModel):
    """A key by its thumbprint (RFC 7638): it waits for the office, is in force, was refused, or is over."""

    id: str
    is_confirmed: bool
    is_refused: bool
    proposed_at: AwareDatetime
    valid_to: AwareDatetime | None


class KeysView(BaseModel):
    """The asker's own keys, the newest first; of those that were proposed what nobody has confirmed for a week is left
    out.
    """

    keys: list[KeyView]


@router.get("", summary="Khóa ký của tôi · My keys")
def listed(context: With, access: Holder) -> KeysView:
    """Confirmed and waiting ones."""
    now = context.clock()
    with Session(context.engine) as session:
        confirmed = list(_confirmed(session, access, now))
        found = [*confirmed, *_waiting(session, access, {one.id for one in confirmed}, now)]
    return KeysView(keys=sorted(found, key=lambda one: one.proposed_at, reverse=True))


@router.post("", status_code=202, summary="Đăng ký khóa ký · Have a key confirmed")
async def propose(proposed: Proposed, context: With, access: Signer) -> KeysView:
    """It waits for a leader of the office; the same key again changes nothing. 422 for what is no such key,
    409 where too many wait.
    """
    try:
        id_ = public_key(proposed.public_key).thumbprint()
    except ModelError:
        raise wrong(422, "no-key", "catalogue.own_key.malformed", []) from None
    who = access.principal
    body: dict[str, Any] = {
        "sender": who.organisation,
        "public_key": proposed.public_key,
        "person": who.id,
    }
    command = Command(EntryKind.SENDER_KEY, id_, body)
    try:
        await carried_out(context, partial(_propose, context.outbox, command, who.id))
    except Refused as refused:
        raise changing.refusal(command, refused) from None
    return listed(context, access)


def _propose(
    outbox: Outbox, command: Command, who: str, session: Session, now: datetime
) -> Changed:
    if not changes.is_founded(session):
        # Else it would be good at once, by the word of its holder alone.
        raise wrong(409, "not-founded", "catalogue.own_key.not_founded", [])
    known = store.newest(session, EntryKind.SENDER_KEY, command.id)
    if known is not None and known.body.get("person") != who:
        raise wrong(409, "others-key", "catalogue.own_key.others", [])
    store.lock(session)
    proposed = changes.proposed_by(session, who, PeopleChangeKind.SENDER_KEY)
    waiting = {one.subject for one in proposed if _waits(one, now)}
    if len(waiting - {f"{EntryKind.SENDER_KEY.value}/{command.id}"}) >= MOST:
        raise wrong(409, "too-many-keys", "catalogue.own_key.too_many", [], most=MOST)
    return changing.change(outbox, command, who, session, now)


def _confirmed(session: Session, access: Access, now: datetime) -> Iterator[KeyView]:
    for one in store.listed(session, EntryKind.SENDER_KEY):
        if _is_own(one, access) and one.in_force(now):
            yield KeyView(
                id=one.id,
                is_confirmed=True,
                is_refused=False,
                proposed_at=one.changed_at,
                valid_to=one.valid_to,
            )


def _is_own(entry: Version, access: Access) -> bool:
    who = access.principal
    return (entry.body.get("person"), entry.body.get("sender")) == (who.id, who.organisation)


def _waiting(
    session: Session, access: Access, confirmed: set[str], now: datetime
) -> Iterator[KeyView]:
    seen = set(confirmed)
    kind = PeopleChangeKind.SENDER_KEY
    for one in changes.proposed_by(session, access.principal.id, kind):
        id_ = one.subject.partition("/")[2]
        if id_ not in seen and _is_news(one, now):
            seen.add(id_)
            yield KeyView(
                id=id_,
                is_confirmed=False,
                is_refused=one.state is PeopleChangeState.REFUSED,
                proposed_at=one.proposed_at,
                valid_to=None,
            )


def _waits(change: Change, now: datetime) -> bool:
    return change.state is PeopleChangeState.PROPOSED and _is_news(change, now)


def _is_news(change: Change, now: datetime) -> bool:
    """Whether it waits, or was refused: one that was confirmed stands among the entries, until it is over."""
    return change.state is not PeopleChangeState.DONE and now < change.proposed_at + LASTS
