"""What validation's API reads: attempts within what somebody reaches, and their reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.kernel import replica
from services.kernel.api import Context
from services.kernel.auth import Access, Role, Scope, table
from services.kernel.command import Refused
from services.kernel.vault import Erased
from services.model.responsibility import Rooms, home, readers, verifiers
from services.model.responsibility import rooms as of_items
from services.validation.people.refusals import Code
from services.validation.store import (
    AcceptedRow,
    AttemptRow,
    UnusedRow,
    VerificationAnswerRow,
    VerificationRow,
)


def rooms(session: Session, now: datetime) -> Rooms:
    """Which room is responsible, by sender and form, as the items in force say."""
    return of_items(entry.body for entry in replica.in_force(session, "item", now))


Reads = Callable[[str, str], bool]
"""Whether somebody may read what a sender supplies in a form."""


def reads(session: Session, access: Access, now: datetime, *, accepts: bool = False) -> Reads:
    """What somebody may read, as the items in force say: the own, that of the own rooms or office, or all.

    `accepts`: of the rooms only those that accept it, as for decisions.
    """
    items = [entry.body for entry in replica.in_force(session, "item", now)]
    accepting = {about: frozenset({room}) for about, room in of_items(items).items()}
    seen_by = accepting if accepts else readers(items)
    mine = office(session, access)

    def check(sender: str, form: str) -> bool:
        among = seen_by.get((sender, form)) or frozenset()
        if among & mine or (not among and sender in mine):
            return True
        return any(access.reaches(sender, room) for room in among or {None})

    return check


def office(session: Session, access: Access) -> frozenset[str]:
    """The rooms of somebody's office, and who supplies it; nothing where it reaches no office."""
    if Scope.OFFICE not in access.scopes:
        return frozenset()
    bodies = {entry.id: entry.body for entry in replica.all_of(session, "organisation")}
    return home(bodies, access.principal.organisation)


def attempt(
    session: Session,
    access: Access,
    submission_id: UUID,
    number: int | None,
    now: datetime,
    *,
    to_read: bool = False,
) -> tuple[AttemptRow, str | None]:
    """An attempt, the latest unless one is named, and the room responsible for it.

    Raises Refused where there is none, or none that is theirs: only to read it the verifying room's is enough. And for
    all but its sender where nobody may use it: its report holds values.
    """
    statement = select(AttemptRow).where(AttemptRow.submission_id == submission_id)
    rows = session.exec(statement.order_by(col(AttemptRow.attempt).desc())).all()
    row = next((row for row in rows if number in (None, row.attempt)), None)
    if row is None:
        raise Refused(Code.NO_SUBMISSION)
    about = row.head.sender, row.form
    if not reads(session, access, now, accepts=not to_read)(*about):
        raise Refused(Code.NO_SUBMISSION)
    is_unused = session.get(UnusedRow, (submission_id, row.attempt)) is not None
    if is_unused and about[0] != access.principal.organisation:
        raise Refused(Code.NOT_FOR_USE)
    return row, rooms(session, now).get(about)


def replaced_by(session: Session, row: AttemptRow) -> AttemptRow | None:
    """The attempt before this one that was found valid and may be used: the one that it replaced, or would."""
    unused = sa.exists().where(
        col(UnusedRow.submission_id) == col(AttemptRow.submission_id),
        col(UnusedRow.attempt) == col(AttemptRow.attempt),
    )
    statement = select(AttemptRow).where(
        col(AttemptRow.submission_id) == row.submission_id,
        col(AttemptRow.attempt) < row.attempt,
        col(AttemptRow.verdict) == "validated",
        ~unused,
    )
    return session.exec(statement.order_by(col(AttemptRow.attempt).desc()).limit(1)).first()


def verifier(session: Session, row: AttemptRow, now: datetime) -> str | None:
    """Which room verifies the attempt's figures; None, the leadership."""
    items = (entry.body for entry in replica.in_force(session, "item", now))
    return verifiers(items).get((row.head.sender, row.form))


Verification = tuple[VerificationRow, VerificationAnswerRow | None]
"""A question, and what was found, if anything was yet."""


def verifications(
    session: Session,
    access: Access,
    state: str | None,
    submission: UUID | None,
    limit: int,
    offset: int,
) -> list[Verification]:
    """What the rooms of somebody, or of the office, asked or have to verify, or all; the newest first."""
    statement = _verifications()
    if not access.is_all:
        mine, of_office = _own(session, access)
        sender = col(VerificationRow.head)["sender"].astext
        reached = (
            col(VerificationRow.room).in_(mine),
            col(VerificationRow.verifier).in_(mine),
            col(VerificationRow.room).is_(None) & sender.in_(of_office),
        )
        statement = statement.where(sa.or_(*reached))
    if state is not None:
        is_open = col(VerificationAnswerRow.result).is_(None)
        statement = statement.where(is_open if state == "open" else ~is_open)
    if submission is not None:
        statement = statement.where(col(VerificationRow.submission_id) == submission)
    order = (col(VerificationRow.asked_at).desc(), col(VerificationRow.verification_id))
    rows = session.execute(statement.order_by(*order).limit(limit).offset(offset))
    return [(row[0], row[1]) for row in rows]


def words(session: Session, access: Access) -> Callable[[VerificationRow], bool]:
    """Whether somebody reads the words of a question, and of its answer: by another role than that of an auditor."""
    granted = table()["validation"]["verification.read"]
    roles = access.principal.roles - {Role.AUDITOR}
    other = Access(access.principal, frozenset(granted[role] for role in roles if role in granted))
    mine, of_office = _own(session, other) if other.scopes else (frozenset(), frozenset())

    def check(row: VerificationRow) -> bool:
        by_sender = row.room is None and row.head.sender in of_office
        return other.is_all or bool({row.room, row.verifier} & mine) or by_sender

    return check


def _own(session: Session, access: Access) -> tuple[frozenset[str], frozenset[str]]:
    """The rooms of somebody, with those of the office; and the office."""
    of_office = office(session, access)
    return access.principal.rooms | of_office, of_office


def verification(session: Session, id_: UUID) -> Verification | None:
    """One question."""
    statement = _verifications().where(col(VerificationRow.verification_id) == id_)
    row = session.execute(statement).one_or_none()
    return None if row is None else (row[0], row[1])


def _verifications() -> sa.Select[VerificationRow, VerificationAnswerRow]:
    question = VerificationRow, VerificationAnswerRow
    same = col(VerificationAnswerRow.verification_id) == col(VerificationRow.verification_id)
    return sa.select(*question).select_from(VerificationRow).outerjoin(VerificationAnswerRow, same)


def triable(session: Session, reads: Reads, form: str, since: datetime) -> list[AttemptRow]:
    """The attempts of a form that somebody may try rules over, in the order of their receipt.

    Of those that they may read: what was sent back, and what is stored. What waits for a decision or was withheld, is
    superseded or was taken back nobody asks about.
    """
    of_submission = col(AcceptedRow.submission_id) == col(AttemptRow.submission_id)
    taken_back = col(AcceptedRow.observations).is_(None)
    is_stored = of_submission & (col(AcceptedRow.attempt) == col(AttemptRow.attempt)) & ~taken_back
    is_returned = (col(AttemptRow.verdict) == "returned") & ~sa.exists().where(
        of_submission, taken_back, col(AcceptedRow.attempt) >= col(AttemptRow.attempt)
    )
    statement = select(AttemptRow).where(
        col(AttemptRow.form) == form,
        col(AttemptRow.received_at) >= since,
        sa.or_(is_returned, sa.exists().where(is_stored)),
    )
    order = (col(AttemptRow.received_at), col(AttemptRow.submission_id), col(AttemptRow.attempt))
    return [row for row in session.exec(statement.order_by(*order)) if reads(row.head.sender, form)]


def lock(session: Session, submission_id: UUID) -> None:
    """Keeps others from answering to the submission until the transaction ends."""
    statement = select(AttemptRow.attempt).where(AttemptRow.submission_id == submission_id)
    session.exec(statement.order_by(col(AttemptRow.attempt)).limit(1).with_for_update()).all()


def report(context: Context, row: AttemptRow) -> Mapping[str, Any]:
    """The report of an attempt; raises Refused where it was erased."""
    assert context.vault is not None, "validation needs SOLIEU_VAULT"
    try:
        found: dict[str, Any] = json.loads(context.vault.get(row.report))
    except Erased:
        raise Refused(Code.ERASED) from None
    return found
