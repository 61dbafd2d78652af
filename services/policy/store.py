"""Policy's tables and the facts that it loads from them and from its copy of the catalogue."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, Session, SQLModel, col, select

from services.kernel import replica
from services.kernel.events import Event
from services.model.regulation import Instrument
from services.policy.facts import Earlier, Facts, FormFacts
from services.policy.policies import Verdict

SCHEMA = "policy"


class SubmissionRow(SQLModel, table=True):
    """One submission: the number of its last decision, and the attempt that is current."""

    __tablename__ = "submissions"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True)
    last_decision: int = Field(default=0, sa_type=sa.BigInteger)
    current_attempt: int | None = None


class DecisionRow(SQLModel, table=True):
    """One decision; never changed. `head` is what the events of that attempt begin with."""

    __tablename__ = "decisions"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.submissions.submission_id")
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    attempt: int
    verdict: str
    policies: list[str] = Field(sa_type=JSONB)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    head: dict[str, Any] = Field(sa_type=JSONB)
    event_id: UUID
    decided_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


def load(session: Session, event: Event) -> Facts:
    """What is known for deciding about the event's attempt, its submission's row locked."""
    submission = _locked(session, UUID(event.data["submission_id"]))
    form = replica.get(session, "form", event.data["form"], event.data["form_version"])
    regulations = replica.all_of(session, "regulation")
    return Facts(
        form=FormFacts.of(form.body) if form else None,
        sender_known=replica.get(session, "organisation", event.data["sender"]) is not None,
        instruments=tuple(Instrument.from_dict(entry.body) for entry in regulations),
        earlier=_earlier(session, submission.submission_id),
        last_decision=submission.last_decision,
        current_attempt=submission.current_attempt,
    )


def _locked(session: Session, key: UUID) -> SubmissionRow:
    """The submission's row; made where it is new, since only a row that exists can be locked."""
    table = SQLModel.metadata.tables[f"{SCHEMA}.submissions"]
    new = {"submission_id": key, "last_decision": 0}
    session.execute(insert(table).values(new).on_conflict_do_nothing())
    wanted = select(SubmissionRow).where(SubmissionRow.submission_id == key).with_for_update()
    return session.exec(wanted.execution_options(populate_existing=True)).one()


def _earlier(session: Session, key: UUID) -> tuple[Earlier, ...]:
    """Each decided attempt with its verdict; that it was superseded later is told by the current."""
    wanted = (
        select(DecisionRow)
        .where(DecisionRow.submission_id == key, DecisionRow.verdict != Verdict.SUPERSEDED)
        .order_by(col(DecisionRow.decision))
    )
    rows = session.exec(wanted)
    return tuple(Earlier(row.attempt, Verdict(row.verdict), row.head) for row in rows)
