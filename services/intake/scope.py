"""How far who asks may see: an agency its own submissions, a room those that it is responsible for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, tuple_

from services.intake import store
from services.kernel import replica
from services.kernel.auth import Access, Scope
from services.model.responsibility import Rooms
from services.model.responsibility import rooms as of_items


def reaches(session: Session, access: Access, submission: store.Submission, now: datetime) -> bool:
    """Whether `access` reaches the submission."""
    room = rooms(session, now).get((submission.sender, submission.form))
    return access.reaches(submission.sender, room)


def within(session: Session, access: Access, now: datetime) -> sa.ColumnElement[bool]:
    """The same as a condition on the rows of `submission`."""
    if access.is_all:
        return sa.true()
    sender, form = col(store.Submission.sender), col(store.Submission.form)
    reached: list[sa.ColumnElement[bool]] = [sa.false()]
    if Scope.OWN in access.scopes and access.principal.organisation:
        reached.append(sender == access.principal.organisation)
    if Scope.ROOM in access.scopes:
        responsible = rooms(session, now)
        mine = [one for one, room in responsible.items() if room in access.principal.rooms]
        reached.append(tuple_(sender, form).in_(mine))
    return sa.or_(*reached)


def rooms(session: Session, now: datetime) -> Rooms:
    """Who is responsible, by the catalogue's items in force."""
    return of_items(entry.body for entry in replica.in_force(session, "item", now))
