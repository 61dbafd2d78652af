"""Taking an attempt in: numbered under the submission's lock, durable in the vault, and told of in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.events.intake import SubmissionReceived
from services.intake import store
from services.intake.content import Workbook
from services.intake.handler import Facts, New, Repeat, decide, nil_of
from services.intake.identity import head, identity
from services.intake.projection import status_values
from services.intake.queries import attempt_of_nonce, latest_attempt, other_parts
from services.intake.refusal import Refusal
from services.intake.sections import covered, overlapping
from services.intake.status import Seen, State, derive
from services.kernel.api import Context
from services.kernel.events import NewObject, ObjectReference
from services.model.form import Form
from services.model.statement import Statement

RECEIVED = State.RECEIVED.topic


@dataclass(frozen=True)
class Signed:
    """A statement whose signature is good, as it came, with what the catalogue says about it."""

    token: str
    statement: Statement
    facts: Facts
    form: Form
    trace: str | None = None


@dataclass(frozen=True)
class Accepted:
    """An attempt that is taken in; `new` if it was not here before. `sequence` is its event's in the outbox."""

    submission_id: UUID
    attempt: int
    sequence: int
    new: bool


def accept(context: Context, signed: Signed, workbook: Workbook, body: bytes) -> Accepted | Refusal:
    """Takes an attempt in, in one transaction; repeated, it finds what it did before."""
    submission_id = identity(signed.statement, signed.facts.sections)
    sections = covered(signed.statement.sections or (), signed.facts.sections)
    with Session(context.engine) as session:
        _lock(session, submission_id, sections, signed, context)
        decision = _decide(session, submission_id, signed, context.clock())
        if isinstance(decision, New) and signed.form.sections:
            parts = other_parts(session, submission_id)
            decision = overlapping(sections, parts, signed.statement.sender) or decision
        if isinstance(decision, Refusal):
            return decision
        if isinstance(decision, Repeat):
            found = decision.attempt
            _use_nonce(session, signed.statement, found.submission_id, found.attempt)
            session.commit()
            return Accepted(found.submission_id, found.attempt, found.sequence, new=False)
        original = _original(context, submission_id, decision, workbook, body)
        sequence = _write(session, context, signed, decision, original)
        session.commit()
        return Accepted(submission_id, decision.attempt, sequence, new=True)


def _decide(
    session: Session, submission_id: UUID, signed: Signed, now: datetime
) -> Repeat | New | Refusal:
    """Decides, and reserves the nonce of a new attempt: two requests at once can't both use it."""
    statement = signed.statement
    while True:
        known = attempt_of_nonce(session, statement.sender, statement.nonce)
        latest = latest_attempt(session, submission_id)
        decision = decide(signed.token, statement, submission_id, known, latest, signed.form, now)
        if not isinstance(decision, New):
            return decision
        if _use_nonce(session, statement, submission_id, decision.attempt):
            return decision


def _lock(
    session: Session, submission_id: UUID, sections: str, signed: Signed, context: Context
) -> None:
    """Holds the submission's row until the transaction ends; makes it where it is missing.

    Where a form has sections, all parts of the same form wait for one another, whoever sends them.
    """
    if signed.form.sections:
        about = f"{signed.form.id}/{signed.statement.area}"
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(about))))
    names = ("sender", "form", "area_list", "area", "period", "completeness", "round")
    known = head(signed.statement, signed.facts, signed.form, 0)
    values = {name: getattr(known, name) for name in names}
    session.execute(
        insert(store.Submission)
        .values(
            submission_id=submission_id, created_at=context.clock(), sections=sections, **values
        )
        .on_conflict_do_nothing()
    )
    session.exec(
        select(store.Submission.submission_id)
        .where(col(store.Submission.submission_id) == submission_id)
        .with_for_update()
    ).one()


def _use_nonce(session: Session, statement: Statement, submission_id: UUID, attempt: int) -> bool:
    """Whether the nonce is new; waits for a request that is just using it."""
    result = session.execute(
        insert(store.Nonce)
        .values(
            sender=statement.sender,
            nonce=statement.nonce,
            submission_id=submission_id,
            attempt=attempt,
        )
        .on_conflict_do_nothing()
        .returning(col(store.Nonce.nonce))
    )
    return result.first() is not None


def _original(
    context: Context, submission_id: UUID, new: New, workbook: Workbook, body: bytes
) -> ObjectReference:
    """Puts the workbook as sent into the vault; needs a second connection."""
    assert context.vault is not None, "intake needs SOLIEU_VAULT"
    return context.vault.put(
        NewObject(str(submission_id), new.attempt, "original", workbook.media_type, body)
    )


def _write(
    session: Session, context: Context, signed: Signed, new: New, original: ObjectReference
) -> int:
    """The rows of a new attempt, and its event."""
    now = context.clock()
    received = SubmissionReceived(
        head=head(signed.statement, signed.facts, signed.form, new.attempt),
        original=original,
        statement=signed.token,
        received_at=now,
        nil=nil_of(signed.statement),
        sections=covered(signed.statement.sections or (), signed.facts.sections),
        work_secret=signed.statement.is_work_secret,
    )
    submission_id = UUID(received.head.submission_id)
    sequence = context.outbox.add(session, received, signed.trace)
    names = ("form_version", "regime", "province", "catalogue_version")
    session.add(
        store.Attempt(
            submission_id=submission_id,
            attempt=new.attempt,
            sha256=signed.statement.sha256,
            original=vars(original),
            statement=signed.token,
            received_at=now,
            sequence=sequence,
            nil=received.nil,
            classification=signed.statement.classification.value,
            **{name: getattr(received.head, name) for name in names},
        )
    )
    begun = derive([Seen(State.RECEIVED, now)])
    session.execute(sa.insert(store.Status), [status_values((submission_id, new.attempt), begun)])
    return sequence
