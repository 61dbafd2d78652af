"""Notification's tables, and the facts that its handler gets from them and from the copy of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, select

from services.events.catalogue import ObligationHead
from services.events.common import attempt_of, form_of, submission_of
from services.kernel import replica
from services.kernel.events import Event, EventData
from services.model.text import Text
from services.notification.facts import Facts, Key, Known, Organisation, Section

SCHEMA = "notification"


class State(StrEnum):
    """How far a notice is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


def _time() -> datetime:
    found: datetime = Field(sa_type=sa.DateTime(timezone=True))
    return found


class AttemptRow(SQLModel, table=True):
    """What was told of one attempt last, and as of which decision of policy."""

    __tablename__ = "attempts"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(default=-1, sa_type=sa.BigInteger)
    told: str = ""
    form: str = ""
    period: str = ""
    province: str = ""


class NoticeRow(SQLModel, table=True):
    """One notice to one address. `perhaps`: some try of it ended without an answer."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.Index("notices_newest", "created_at", "notice_id"),
        sa.Index(
            "notices_open",
            "channel",
            "address",
            "created_at",
            postgresql_where=sa.text("state in ('queued', 'sending')"),
        ),
        {"schema": SCHEMA},
    )

    notice_id: UUID = Field(primary_key=True)
    event_id: UUID
    topic: str
    submission_id: UUID | None = None
    recipient: str
    channel: str
    address: str
    message: str
    subject: str
    body: str
    state: str
    attempts: int
    perhaps: bool
    error: str
    due_at: datetime = _time()
    created_at: datetime = _time()
    changed_at: datetime = _time()


class WebhookRow(SQLModel, table=True):
    """With what an organisation's web hooks are signed, wrapped by the master key.

    `previous` is used beside it for a day after a change.
    """

    __tablename__ = "webhooks"
    __table_args__ = {"schema": SCHEMA}

    organisation: str = Field(primary_key=True)
    secret: bytes = Field(sa_type=sa.LargeBinary)
    previous: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    changed_at: datetime = _time()


def load_verdicts(session: Session, events: Sequence[Event]) -> Facts:
    """The facts for verdicts, the rows of their attempts locked: several topics write them."""
    keys = sorted({key for event in events if (key := key_of(event))})
    table = SQLModel.metadata.tables[f"{SCHEMA}.attempts"]
    columns = ("decision", "told", "form", "period", "province")
    empty = dict(zip(columns, (-1, "", "", "", ""), strict=True))
    for submission, attempt in keys:
        row = {"submission_id": submission, "attempt": attempt, **empty}
        session.execute(insert(table).values(row).on_conflict_do_nothing())
    return _facts(session, events, keys, lock=True)


def load(session: Session, events: Sequence[Event]) -> Facts:
    """The facts for all other events."""
    keys = sorted({key for event in events if (key := key_of(event))})
    return _facts(session, events, keys, lock=False)


def key_of(event: Event) -> Key | None:
    """The attempt that an event is about; None where it is about none."""
    submission, attempt = submission_of(event.data), attempt_of(event.data)
    return None if submission is None or attempt is None else (UUID(submission), attempt)


def _facts(session: Session, events: Sequence[Event], keys: Sequence[Key], *, lock: bool) -> Facts:
    now: datetime = session.execute(sa.text("select now()")).scalar_one()
    organisations = (
        Organisation.of(entry.body)
        for entry in replica.all_of(session, "organisation")
        if entry.in_force(now)
    )
    forms = _forms(session, events)
    return Facts(
        now=now,
        organisations={organisation.id: organisation for organisation in organisations},
        titles={id_: Text(body["title"]["vi"], body["title"]["en"]) for id_, body in forms.items()},
        sections={id_: Section.all_of(body) for id_, body in forms.items()},
        instruments={
            entry.id: str(entry.body["number"]) for entry in replica.all_of(session, "regulation")
        },
        known={key: known for key in keys if (known := _known(session, key, lock))},
    )


def _forms(session: Session, events: Sequence[Event]) -> dict[str, Mapping[str, Any]]:
    """The bodies of the forms that the events name."""
    named = {form for event in events if (form := _form_of(event.data))}
    found = {form: replica.get(session, "form", form) for form in named if "\0" not in form}
    return {form: entry.body for form, entry in found.items() if entry}


def _form_of(data: EventData) -> str | None:
    owed = getattr(data, "obligation", None)
    return owed.form if isinstance(owed, ObligationHead) else form_of(data)


def _known(session: Session, key: Key, lock: bool) -> Known | None:
    submission, attempt = key
    wanted = select(AttemptRow).where(
        AttemptRow.submission_id == submission, AttemptRow.attempt == attempt
    )
    if lock:
        wanted = wanted.with_for_update()
    row = session.exec(wanted.execution_options(populate_existing=True)).first()
    if row is None:
        return None
    return Known(row.decision, row.told, row.form, row.period, row.province)
