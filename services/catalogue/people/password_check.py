"""Whether a password is right, which takes as long for a person that is not there; failures count."""

from __future__ import annotations

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.catalogue.people import store
from services.catalogue.people.lockout import Attempt, address_of, attempt, forgive
from services.catalogue.people.passwords import hashing
from services.catalogue.people.person import ID
from services.kernel.api import Context


def address(request: Request) -> str:
    """Whence somebody asks, as `lockout` counts it; the console and other proxies say it in X-Forwarded-For."""
    return address_of(request.client.host if request.client else "")


async def is_right(context: Context, person: str, password: str, address: str) -> bool:
    """Whether this is the person's password, and it is not blocked. Takes as long for a person that is not there."""
    found = await run_in_threadpool(_attempt, context, person, address)
    verdict = await hashing.check(found.hash if found else None, password)
    if verdict.right:
        await run_in_threadpool(_succeed, context, person, address, verdict.better)
    return verdict.right


def _attempt(context: Context, person: str, address: str) -> Attempt | None:
    if not ID.fullmatch(person):
        return None
    with Session(context.engine) as session, session.begin():
        return attempt(session, person, address, context.clock())


def _succeed(context: Context, person: str, address: str, better: str | None) -> None:
    with Session(context.engine) as session, session.begin():
        forgive(session, person, context.clock(), address)
        if better:
            store.improve(session, person, better)
