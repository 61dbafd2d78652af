"""As whom a person asks for figures: a room, or the person's organisation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from services.kernel import replica
from services.kernel.auth import Access, Scope
from services.kernel.command import Refused
from services.policy.decisions.refusals import Code
from services.policy.law.verdict import BY_KIND, Audience
from services.policy.store import RequestRow

USER_GROUP = "user_group"


def audience_of(
    session: Session, access: Access, room: str | None, user_group: str | None = None
) -> Audience:
    """As whom a person asks: the room that is named, or the only one; or the person's organisation.

    Or an officer of a room for a user group, whose people have no login. Raises Refused for another's room, where
    several rooms leave it open, and for a user group where the person is of no room.
    """
    who = access.principal
    rooms = who.rooms if Scope.ROOM in access.scopes else frozenset()
    if user_group is not None:
        if not rooms:
            raise Refused(Code.NO_AUDIENCE, rooms=[])
        return Audience(USER_GROUP, user_group)
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


def reached(access: Access) -> sa.ColumnElement[bool]:
    """Which requests are of those as whom a person may ask."""
    if access.is_all:
        return sa.true()
    kind, id_, who = col(RequestRow.audience_kind), col(RequestRow.audience_id), access.principal
    any_of: list[sa.ColumnElement[bool]] = [sa.false()]
    if Scope.ROOM in access.scopes:
        any_of.append((kind == "room") & id_.in_(sorted(who.rooms)))
        any_of.append((kind == USER_GROUP) & (col(RequestRow.person) == who.id))
    if Scope.OWN in access.scopes and who.organisation:
        any_of.append(kind.in_(["agency", *BY_KIND]) & (id_ == who.organisation))
    return sa.or_(*any_of)
