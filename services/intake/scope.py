"""How far who asks may see: an agency its own submissions, a room those that it is responsible for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col, tuple_

from services.intake import store
from services.kernel import replica
from services.kernel.auth import Access, Scope
from services.model.responsibility import Rooms
from services.model.responsibility import rooms as of_items


def reaches(session: Session, access: Access, submission: store.Submission) -> bool:
    """Whether `access` reaches the submission."""
    room = rooms(session).get((submission.sender, submission.form))
    return access.reaches(submission.sender, room)


def within(session: Session, access: Access) -> sa.ColumnElement[bool]:
    """The same as a condition on the rows of `submission`."""
    if access.is_all:
        return sa.true()
    sender, form = col(store.Submission.sender), col(store.Submission.form)
    reached: list[sa.ColumnElement[bool]] = [sa.false()]
    if Scope.OWN in access.scopes and access.principal.organisation:
        reached.append(sender == access.principal.organisation)
    if Scope.ROOM in access.scopes:
        mine = [one for one, room in rooms(session).items() if room in access.principal.rooms]
        reached.append(tuple_(sender, form).in_(mine))
    return sa.or_(*reached)


def rooms(session: Session) -> Rooms:
    """Who is responsible, by the catalogue's items."""
    return of_items(entry.body for entry in replica.all_of(session, "item"))
