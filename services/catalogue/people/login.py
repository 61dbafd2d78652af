"""Logging in: tokens, their renewal, and the keys by which everybody verifies them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from services.catalogue.people import sessions, signing, store, tokens
from services.catalogue.people.password_check import address, is_right
from services.catalogue.people.person import lent
from services.kernel.api import Context, With
from services.kernel.auth import LONGEST, UNKNOWN, Principal, allowed, principal_asking
from services.kernel.problems import Problem
from services.model.messages import advice
from services.model.regulation import VIETNAM

router = APIRouter(prefix="/v1", tags=["login"])


class Login(BaseModel):
    """Who logs in."""

    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=100, examples=["p-kinh-te"])
    password: str = Field(max_length=1000, json_schema_extra={"writeOnly": True})


class Token(BaseModel):
    """A token, as RFC 6749 answers; `expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int


class Jwks(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]


class Rotation(BaseModel):
    """How the signing key changes. `revoke`: the old ones are forgotten at once, and everybody logs in again."""

    model_config = ConfigDict(extra="forbid")

    revoke: bool = False


class NewKey(BaseModel):
    """The key that signs from now on, or in some seconds."""

    kid: str


@router.post("/tokens", summary="Đăng nhập · Log in")
async def log_in(login: Login, request: Request, response: Response, context: With) -> Token:
    """401 for a wrong id, a wrong password, a locked person, and for 15 minutes after five failures: all alike.

    Failures count for the person from one address; a hundred from many addresses count for all of them.
    """
    asked_at = context.clock()
    if not await is_right(context, login.person, login.password, address(request)):
        raise _refused()
    response.headers["Cache-Control"] = "no-store"
    return await run_in_threadpool(_begin, context, login.person, asked_at)


@router.post("/tokens/renew", summary="Gia hạn đăng nhập · Renew a token")
def renew(
    asking: Annotated[Principal, Depends(principal_asking)], response: Response, context: With
) -> Token:
    """Roles and rooms as they are now; up to ten hours after the password was given, while the session lives."""
    if asking.authenticated is None:
        raise UNKNOWN
    response.headers["Cache-Control"] = "no-store"
    return _renewed(context, asking, asking.authenticated)


@router.get("/sessions/current", status_code=204, summary="Phiên còn hay đã kết thúc · Is it alive")
def alive(
    request: Request, asking: Annotated[Principal, Depends(principal_asking)], context: With
) -> None:
    """204 while the session of this token lives; 401 once it has ended."""
    if asking.authenticated is None or not request.app.state.keys.is_live(asking, ""):
        raise UNKNOWN


@router.delete("/sessions/current", status_code=204, summary="Đăng xuất · Log out")
def log_out(asking: Annotated[Principal, Depends(principal_asking)], context: With) -> None:
    """Ends the session of this token: nothing is renewed, decided or changed with it any more."""
    if asking.authenticated is None:
        raise UNKNOWN
    with Session(context.engine) as session, session.begin():
        sessions.end(session, asking.id, context.clock(), asking.session)


@router.get("/jwks", summary="Khóa công khai của mã truy cập · Public keys of the tokens")
def jwks(context: With) -> Jwks:
    """Those whose tokens may be valid now."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        signing.current(session, now, context.master_key)
        return Jwks(keys=signing.shown(session, now))


@router.post(
    "/signing-keys",
    status_code=201,
    dependencies=[Depends(allowed("key.change"))],
    summary="Đổi khóa ký · Change the signing key",
)
def rotate(rotation: Rotation, context: With) -> NewKey:
    """A new key; the old one is shown until its tokens end, unless it is revoked."""
    with Session(context.engine) as session, session.begin():
        now, master = context.clock(), context.master_key
        return NewKey(kid=signing.rotate(session, now, master, revoke=rotation.revoke))


def _begin(context: Context, person_id: str, asked_at: datetime) -> Token:
    """The first token of a new session, for who gave a password that was right when it was asked."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        # Who is locked or gets another password at this moment gets no session that would outlive that.
        store.lock(session, person_id)
        set_at = store.password_set_at(session, person_id)
        if set_at is None or set_at > asked_at:
            raise _refused()
        id_ = sessions.begin(session, person_id, now)
        return _issue(context, session, person_id, now, str(id_))


def _renewed(context: Context, asking: Principal, authenticated: datetime) -> Token:
    with Session(context.engine) as session, session.begin():
        set_at = store.password_set_at(session, asking.id)
        _check_renewal(authenticated, context.clock(), set_at)
        if not sessions.is_live(session, asking.session, asking.id):
            raise UNKNOWN
        return _issue(context, session, asking.id, authenticated, asking.session)


def _issue(
    context: Context, session: Session, person_id: str, authenticated: datetime, id_: str
) -> Token:
    """A token of who may log in now, in this session."""
    now = context.clock()
    people = store.everyone(session)
    person = people.get(person_id)
    if person is None or person.locked:
        raise _refused()
    day = now.astimezone(VIETNAM).date()
    roles = tuple(role.value for role in person.roles)
    borrowed = lent(person, people, day)
    raised = store.raised(session, person_id)
    holder = tokens.Holder(
        person.id, person.organisation, roles, person.rooms, borrowed, id_, raised.at, person.name
    )
    said = tokens.claims(holder, now, authenticated, str(uuid4()))
    token = tokens.sign(said, signing.current(session, now, context.master_key))
    return Token(access_token=token, expires_in=said["exp"] - said["iat"])


def _check_renewal(authenticated: datetime, now: datetime, set_at: datetime | None) -> None:
    """Tokens count whole seconds: a password of the same second is the one that was given."""
    is_same = set_at is not None and set_at.replace(microsecond=0) <= authenticated
    if not is_same or now >= authenticated + LONGEST:
        raise UNKNOWN


def _refused() -> Problem:
    return Problem(
        401,
        "login",
        *advice("catalogue.login"),
        {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"},
    )
