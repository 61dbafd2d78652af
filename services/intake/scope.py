"""How far who asks may see: an agency its own submissions, a room those that it accepts, or collects and verifies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, tuple_

from services.intake import store
from services.kernel import replica
from services.kernel.auth import Access, Scope
from services.model.responsibility import Readers, readers


def reaches(session: Session, access: Access, submission: store.Submission, now: datetime) -> bool:
    """Whether `access` reaches the submission."""
    among = rooms(session, now).get((submission.sender, submission.form)) or {None}
    return any(access.reaches(submission.sender, room) for room in among)


def within(session: Session, access: Access, now: datetime) -> sa.ColumnElement[bool]:
    """The same as a condition on the rows of `submission`."""
    if access.is_all:
        return sa.true()
    sender, form = col(store.Submission.sender), col(store.Submission.form)
    reached: list[sa.ColumnElement[bool]] = [sa.false()]
    if Scope.OWN in access.scopes and access.principal.organisation:
        reached.append(sender == access.principal.organisation)
    if Scope.ROOM in access.scopes:
        seen_by = rooms(session, now)
        mine = [one for one, among in seen_by.items() if among & access.principal.rooms]
        reached.append(tuple_(sender, form).in_(_pairs(mine)))
    return sa.or_(*reached)


def _pairs(pairs: Sequence[tuple[str, str]]) -> sa.Select[Any]:
    """These as rows: two parameters, where thousands would take longer to write, and to compare, than to look up."""
    columns = (sa.literal([pair[n] for pair in pairs], ARRAY(sa.Text)) for n in range(2))
    rows = sa.func.unnest(*columns).table_valued("sender", "form").render_derived()
    return sa.select(rows.c.sender, rows.c.form)


def rooms(session: Session, now: datetime) -> Readers:
    """Which rooms see what comes in, by the catalogue's items in force."""
    return readers(entry.body for entry in replica.in_force(session, "item", now))
