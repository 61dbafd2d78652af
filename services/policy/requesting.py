"""An audience asks for a figure: recorded, answered at once from what is there, and again when that changes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlmodel import Session

from services.kernel import replica
from services.kernel.auth import Access, Scope
from services.kernel.events import Outcome
from services.policy.answering import absent
from services.policy.book import Book, answer_draft
from services.policy.decision import Audience
from services.policy.facts import Asked
from services.policy.figures import Figure
from services.policy.loading import candidates, facts_of
from services.policy.refusals import Code, Refused
from services.policy.rows import request_row
from services.policy.store import RequestRow

NAMESPACE = UUID("0f4d5f53-8d0c-5d3b-9a59-4f2a2b6b7a11")
BY_KIND = frozenset({"provincial_committee", "national_office"})
"""Organisations of these kinds are audiences of that kind; any other is an agency."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, as it was sent. Asked twice in the same words it is one request."""

    audience: Audience
    person: str
    figure: Figure
    purpose: str
    basis: str

    @property
    def id(self) -> UUID:
        """The request's id."""
        words = [asdict(self.audience), asdict(self.figure), self.purpose, self.basis]
        return uuid5(NAMESPACE, json.dumps(words, ensure_ascii=False, sort_keys=True))


def audience_of(session: Session, access: Access, room: str | None) -> Audience:
    """As whom a person asks: the room that is named, or the only one; or the person's organisation.

    Raises Refused for another's room, and where several rooms leave it open.
    """
    who = access.principal
    rooms = who.rooms if Scope.ROOM in access.scopes else frozenset()
    if room is not None:
        if room not in rooms:
            raise Refused(Code.NO_AUDIENCE, rooms=sorted(rooms))
        return Audience("room", room)
    if Scope.OWN in access.scopes and who.organisation:
        entry = replica.get(session, "organisation", who.organisation)
        kind = str(entry.body.get("kind")) if entry else ""
        return Audience(kind if kind in BY_KIND else "agency", who.organisation)
    if len(rooms) != 1:
        raise Refused(Code.NO_AUDIENCE, rooms=sorted(rooms))
    return Audience("room", next(iter(rooms)))


def ask(session: Session, wish: Wish, at: datetime) -> Outcome | None:
    """What a request leads to; None where it was made before. Locks what it is answered from."""
    lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:id, 0))")
    session.execute(lock, {"id": f"policy request {wish.id}"})
    if session.get(RequestRow, wish.id) is not None:
        return None
    asked = Asked(wish.id, wish.audience, wish.person, wish.figure, wish.purpose, wish.basis, at)
    for row in candidates(session, wish.figure)[:1]:
        facts = facts_of(session, row.submission_id, at)
        if facts is not None and facts.current_attempt is not None:
            known = replace(facts, requests=(*facts.requests, asked))
            book = Book(str(row.submission_id), known, at, wish.id)
            book.settle()
            return book.outcome()
    answer = absent(asked, at)
    return Outcome((answer_draft(asked, answer),), (request_row(asked, answer),))
