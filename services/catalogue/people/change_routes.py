"""Changes that take a second person, through the API; and one-time links."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from services.catalogue import changing
from services.catalogue.people import authority, changes, governing, links, passwords, store
from services.catalogue.people.authority import Change, Code, Told
from services.catalogue.people.change_views import Changes, ChangeView, Decided, decided, view
from services.catalogue.people.governing import Outcome
from services.catalogue.people.passwords import hashing
from services.catalogue.people.person import Person
from services.catalogue.refusals import absent, wrong
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.api import Context, With
from services.kernel.auth import Access, Role, allowed
from services.kernel.command import Body, carried_out
from services.kernel.outbox import Outbox

Decider = Annotated[Access, Depends(allowed("change.decide"))]
router = APIRouter(prefix="/v1", tags=["people"])


class LinkUsed(Body):
    """A one-time link, and the password from now on."""

    token: str = Field(max_length=200, json_schema_extra={"writeOnly": True})
    password: str = Field(max_length=1000, json_schema_extra={"writeOnly": True})


@router.get(
    "/changes",
    dependencies=[Depends(allowed("change.read"))],
    summary="Thay đổi về quyền · Changes of who may act",
)
def listed(context: With, state: PeopleChangeState | None = None) -> Changes:
    """What waits for a second person, and what became of the others."""
    with Session(context.engine) as session:
        return Changes(changes=[view(change) for change in changes.listed(session, state)])


@router.post("/changes/{change}/confirmation", summary="Xác nhận thay đổi · Confirm a change")
async def confirm(change: UUID, response: Response, context: With, access: Decider) -> Decided:
    """200 once it is carried out and published.

    403 for the author, the person concerned, an administrator, and whom others made or reset within a day; 409 where
    it was decided, waited for too long, or what it changes is another by now.
    """
    response.headers["Cache-Control"] = "no-store"
    act = partial(_confirm, context.outbox, change, access.principal.id)
    return decided(await carried_out(context, act))


@router.post("/changes/{change}/refusal", summary="Từ chối thay đổi · Refuse a change")
async def refuse(change: UUID, context: With, access: Decider) -> ChangeView:
    """A leader lets it not happen; also what the command on the machine waits with."""
    act = partial(_refuse, context.outbox, change, access.principal.id)
    return view(await carried_out(context, act))


@router.post("/people/{id}/reset", status_code=202, summary="Đặt lại mật khẩu · Reset a password")
async def reset(
    id: str,
    response: Response,
    context: With,
    access: Annotated[Access, Depends(allowed("password.reset"))],
) -> Decided:
    """202: it waits for a second person, who gets the link. Before the office is founded: 201 with the link."""
    response.headers["Cache-Control"] = "no-store"
    act = partial(governing.reset, context.outbox, id, access.principal.id)
    outcome = await carried_out(context, act)
    if outcome.link:
        response.status_code = 201
    return decided(outcome)


@router.post(
    "/passwords", status_code=204, summary="Đặt mật khẩu bằng liên kết · Set a password by a link"
)
async def set_by_link(wanted: LinkUsed, context: With) -> None:
    """The token of a one-time link is the right to do it; 404 for one that is unknown, used or over."""
    person = await run_in_threadpool(_holder, context, wanted.token)
    if person is None:
        raise _no_link()
    if flaws := passwords.flaws(wanted.password, person):
        raise wrong(422, "password", "catalogue.password.refused", flaws)
    hashed = await hashing.hash(wanted.password)
    act = partial(governing.use_link, context.outbox, wanted.token, hashed)
    if not await carried_out(context, act):
        raise _no_link()


def _confirm(outbox: Outbox, id_: UUID, who: str, session: Session, now: datetime) -> Outcome:
    change = _found(session, id_)
    person = store.newest(session, who)
    raised = store.raised(session, who)
    code = authority.objection(change, who, person.person if person else None, raised, now)
    if code:
        raise governing.refusal(code)
    decided = changes.decide(session, id_, PeopleChangeState.DONE, who, now)
    if change.what in (PeopleChangeKind.PERSON, PeopleChangeKind.PASSWORD):
        link = governing.confirm(outbox, session, change, who, now)
        return Outcome(change=decided, link=link)
    changing.confirm(outbox, session, change, who, now)
    return Outcome(change=decided)


def _refuse(outbox: Outbox, id_: UUID, who: str, session: Session, now: datetime) -> Change:
    change = _found(session, id_)
    if change.state is not PeopleChangeState.PROPOSED:
        raise governing.refusal(Code.DECIDED)
    leader = store.newest(session, who)
    if leader is None or Role.LEADER not in leader.person.roles:
        raise governing.refusal(Code.NO_LEADER)
    told = _told(session, change)
    outbox.add(session, authority.event(id_, told, change.proposed_by, who, now))
    return changes.decide(session, id_, PeopleChangeState.REFUSED, who, now)


def _told(session: Session, change: Change) -> Told:
    if change.what is PeopleChangeKind.PERSON:
        person = Person.from_dict(change.body)
        return Told(change.what, PeopleChangeState.REFUSED, person, fields=change.fields)
    if change.what is PeopleChangeKind.PASSWORD:
        written = store.newest(session, change.subject)
        return Told(change.what, PeopleChangeState.REFUSED, written.person if written else None)
    return Told(
        change.what,
        PeopleChangeState.REFUSED,
        entry=change.subject or None,
        is_founding=change.what is PeopleChangeKind.FOUNDING,
    )


def _found(session: Session, id_: UUID) -> Change:
    change = changes.lock(session, id_)
    if change is None:
        raise absent("no-change", "catalogue.change.absent", id=str(id_))
    return change


def _holder(context: Context, token: str) -> str | None:
    with Session(context.engine) as session:
        row = links.holder(session, token, context.clock())
        return row.person if row else None


def _no_link() -> Exception:
    return absent("no-link", "catalogue.change.no-link")
