"""What policy's API reads: the queue, its acts, and requests, within what somebody reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select, tuple_

from services.kernel import replica
from services.kernel.auth import Access
from services.policy.routes import audience
from services.policy.store import ActRow, AttemptRow, IncidentRow, RequestRow


def queue(session: Session, access: Access, limit: int, offset: int) -> Sequence[AttemptRow]:
    """What waits for a person, the most urgent first."""
    reached: sa.ColumnElement[bool] = sa.true()
    if not access.is_all:
        reached = col(AttemptRow.room).in_(sorted(access.principal.rooms))
    statement = select(AttemptRow).where(AttemptRow.verdict == "held", reached)
    order = (col(AttemptRow.due), col(AttemptRow.submission_id), col(AttemptRow.attempt))
    return session.exec(statement.order_by(*order).limit(limit).offset(offset)).all()


def held(session: Session, access: Access, submission_id: UUID, attempt: int) -> AttemptRow | None:
    """An attempt that was held once, if somebody reaches it."""
    row = session.get(AttemptRow, (submission_id, attempt))
    if row is None or row.hold is None or not access.reaches(None, row.room):
        return None
    return row


def acts(session: Session, rows: Iterable[AttemptRow]) -> dict[tuple[UUID, int], list[ActRow]]:
    """What persons decided about the attempts, in their order, also about holds that have ended."""
    keys = [(row.submission_id, row.attempt) for row in rows]
    about = tuple_(col(ActRow.submission_id), col(ActRow.attempt))
    statement = select(ActRow).where(about.in_(keys)).order_by(col(ActRow.decided_at))
    found: dict[tuple[UUID, int], list[ActRow]] = {}
    for act in session.exec(statement):
        found.setdefault((act.submission_id, act.attempt), []).append(act)
    return found


def requests(
    session: Session, access: Access, state: str | None, limit: int, offset: int
) -> Sequence[RequestRow]:
    """Requests, the newest first."""
    statement = select(RequestRow).where(audience.reached(access))
    if state is not None:
        statement = statement.where(RequestRow.state == state)
    order = (col(RequestRow.asked_at).desc(), col(RequestRow.request_id))
    return session.exec(statement.order_by(*order).limit(limit).offset(offset)).all()


def request(session: Session, access: Access, request_id: UUID) -> RequestRow | None:
    """One request, if somebody reaches it."""
    return session.exec(
        select(RequestRow).where(RequestRow.request_id == request_id, audience.reached(access))
    ).first()


def numbers(session: Session) -> dict[str, str]:
    """The numbers by which people know the catalogue's instruments, by id."""
    return {entry.id: entry.body["number"] for entry in replica.all_of(session, "regulation")}


def incidents(
    session: Session, access: Access, is_open: bool, limit: int, offset: int
) -> Sequence[IncidentRow]:
    """Incidents, the newest first; those that nobody has ended, or all."""
    statement = select(IncidentRow)
    if not access.is_all:
        statement = statement.where(col(IncidentRow.room).in_(sorted(access.principal.rooms)))
    if is_open:
        statement = statement.where(col(IncidentRow.closed_at).is_(None))
    order = (col(IncidentRow.opened_at).desc(), col(IncidentRow.incident_id))
    return session.exec(statement.order_by(*order).limit(limit).offset(offset)).all()


def incident(session: Session, access: Access, incident_id: UUID) -> IncidentRow | None:
    """One incident, locked, if somebody reaches it."""
    statement = select(IncidentRow).where(IncidentRow.incident_id == incident_id)
    row = session.exec(statement.with_for_update()).first()
    return row if row is not None and access.reaches(None, row.room) else None
