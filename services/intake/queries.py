"""What is read back from intake's tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from services.intake import store
from services.intake.handler import Attempt
from services.intake.sections import NOT_THERE, Part
from services.intake.status import VERDICTS, Account, State, verdict
from services.kernel import replica
from services.model.statement import issued_at

Joined = tuple[store.Submission, store.Attempt, store.Status]


def submission(session: Session, submission_id: UUID) -> list[Joined]:
    """All attempts of a submission, the latest first; empty where there is no such submission."""
    where = col(store.Submission.submission_id) == submission_id
    latest_first = col(store.Attempt.attempt).desc()
    return [tuple(row) for row in session.execute(joined().where(where).order_by(latest_first))]


def joined(*columns: Any) -> Any:
    """The attempts with their submissions and where they stand, or these columns of them."""
    attempt, status = store.Attempt, store.Status
    return (
        sa.select(*columns or (store.Submission, attempt, status))
        .select_from(store.Submission)
        .join(attempt, col(attempt.submission_id) == col(store.Submission.submission_id))
        .join(status, _same_attempt())
    )


def path(session: Session, submission_id: UUID, attempt: int | None = None) -> Sequence[store.Path]:
    """The events seen about a submission or one attempt of it, by time."""
    statement = select(store.Path).where(col(store.Path.submission_id) == submission_id)
    if attempt is not None:
        statement = statement.where(col(store.Path.attempt) == attempt)
    return session.exec(statement.order_by(col(store.Path.at), col(store.Path.attempt))).all()


def refusals(
    session: Session, sender: str | None, code: str | None, limit: int, offset: int
) -> Sequence[store.Refusal]:
    """What was not taken in, the newest first."""
    statement = select(store.Refusal)
    for column, value in ((store.Refusal.sender, sender), (store.Refusal.code, code)):
        if value is not None:
            statement = statement.where(col(column) == value)
    newest_first = (col(store.Refusal.refused_at).desc(), col(store.Refusal.refusal_id))
    return session.exec(statement.order_by(*newest_first).limit(limit).offset(offset)).all()


def numbers(session: Session) -> dict[str, str]:
    """The numbers by which people know the catalogue's instruments, by id."""
    return {entry.id: entry.body["number"] for entry in replica.all_of(session, "regulation")}


def reconciliation(session: Session, now: datetime) -> dict[str, Any]:
    """Attempts and figures by where they are counted, and how long the oldest of each stage has waited."""
    verdicts = dict.fromkeys(VERDICTS, 0)
    figures = {"read": 0} | {account.value: 0 for account in Account}
    states = {state.value: 0 for state in State}
    oldest: dict[str, float] = {}
    for name, account, count, read, counted, since in session.execute(_GROUPS):
        state = State(name)
        states[name] += count
        if (found := verdict(state, Account(account))) is not None:
            verdicts[found] += count
        figures["read"] += read
        figures[account] += counted
        if account in (Account.IN_FLIGHT, Account.HELD) and state is not State.SUPERSEDED:
            oldest[name] = round((now - since).total_seconds(), 3)
    attempts, held = sum(states.values()), states[State.HELD]
    return {
        "attempts": attempts,
        "verdicts": verdicts,
        "held": held,
        "in_flight": attempts - held - sum(verdicts.values()),
        "states": states,
        "oldest_seconds": oldest,
        "figures": figures,
        "refused": session.scalar(sa.select(sa.func.count()).select_from(store.Refusal)),
    }


_GROUPS = sa.select(
    col(store.Status.state),
    col(store.Status.account),
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(col(store.Status.figures_read)), 0),
    sa.func.sum(col(store.Status.figures)),
    sa.func.min(col(store.Status.since)),
).group_by(col(store.Status.state), col(store.Status.account))


def attempt_of_nonce(session: Session, sender: str, nonce: str) -> Attempt | None:
    """The attempt that a sender's nonce was used for."""
    row = session.exec(
        _attempts()
        .join(
            store.Nonce,
            (col(store.Nonce.submission_id) == col(store.Attempt.submission_id))
            & (col(store.Nonce.attempt) == col(store.Attempt.attempt)),
        )
        .where(col(store.Nonce.sender) == sender, col(store.Nonce.nonce) == nonce)
    ).first()
    return _attempt(*row) if row else None


def latest_attempt(session: Session, submission_id: UUID) -> Attempt | None:
    """The submission's latest attempt."""
    row = session.exec(
        _attempts()
        .where(col(store.Attempt.submission_id) == submission_id)
        .order_by(col(store.Attempt.attempt).desc())
        .limit(1)
    ).first()
    return _attempt(*row) if row else None


def other_parts(session: Session, submission_id: UUID) -> list[Part]:
    """Other submissions of the same form about the same, of whomever, that have an attempt in use or under way."""
    this, other = aliased(store.Submission), store.Submission
    names = ("form", "area_list", "area", "period", "completeness", "round")
    same = (getattr(other, name) == getattr(this, name) for name in names)
    statement = (
        sa.select(col(other.submission_id), col(other.sender), col(other.sections))
        .distinct()
        .join(this, sa.and_(*same))
        .join(store.Status, col(store.Status.submission_id) == col(other.submission_id))
        .where(
            col(this.submission_id) == submission_id,
            col(other.submission_id) != submission_id,
            col(store.Status.state).not_in(sorted(NOT_THERE)),
        )
        .order_by(col(other.submission_id))
    )
    return [Part(*row) for row in session.execute(statement)]


def _same_attempt() -> sa.ColumnElement[bool]:
    return (col(store.Status.submission_id) == col(store.Attempt.submission_id)) & (
        col(store.Status.attempt) == col(store.Attempt.attempt)
    )


def _attempts() -> Any:
    return select(store.Attempt, store.Status.state).join(store.Status, _same_attempt())


def _attempt(row: store.Attempt, state: str) -> Attempt:
    return Attempt(
        submission_id=row.submission_id,
        attempt=row.attempt,
        sha256=row.sha256,
        regime=row.regime,
        classification=row.classification,
        form_version=row.form_version,
        state=State(state),
        sequence=row.sequence,
        nil=row.nil,
        issued_at=issued_at(row.statement),
        token=row.statement,
    )
