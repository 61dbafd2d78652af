"""Tables of the evidence log: salted hashes, the tree over them, its checkpoints.

Beside them the bytes of those events that receipts show: of submissions and of senders' keys. They
hold no figure. The service's role may add rows and change none. To erase an attempt's events is to set their salts and
values to null, which the function audit.erase does as another role: the leaves stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

SCHEMA = "audit"


def _time() -> Any:
    return Field(sa_type=sa.DateTime(timezone=True), nullable=False)


def _text(**arguments: Any) -> Any:
    return Field(sa_type=sa.Text, **arguments)


class Leaf(SQLModel, table=True):
    """One event. The columns and the salt are what services/audit/leaf.py makes the hash of."""

    __tablename__ = "leaves"
    __table_args__ = (
        sa.UniqueConstraint("event_id", name="leaves_event_id"),
        sa.Index("leaves_submission", "submission", "index"),
        {"schema": SCHEMA},
    )

    index: int = Field(primary_key=True, sa_type=sa.BigInteger)
    event_id: UUID
    topic: str = _text()
    submission: str | None = _text()
    time: datetime = _time()
    commitment: bytes = Field(description="Of the entry: a salted hash.")
    salt: bytes | None = Field(description="Null once the event is erased.")
    leaf_hash: bytes


class Content(SQLModel, table=True):
    """The value of an event as it stood on the topic, by the index of its leaf."""

    __tablename__ = "contents"
    __table_args__ = (sa.Index("contents_sender_key", "sender_key"), {"schema": SCHEMA})

    index: int = Field(primary_key=True, sa_type=sa.BigInteger)
    attempt: int | None = Field(description="Of the submission, where it is about one.")
    sender_key: str | None = _text(description="Thumbprint, where it registers a key.")
    value: bytes | None = Field(description="Null once the event is erased.")


class Node(SQLModel, table=True):
    """A complete subtree above the leaves."""

    __tablename__ = "nodes"
    __table_args__ = ({"schema": SCHEMA},)

    level: int = Field(primary_key=True)
    index: int = Field(primary_key=True, sa_type=sa.BigInteger)
    hash: bytes


class Checkpoint(SQLModel, table=True):
    """Size and root of the log after each batch."""

    __tablename__ = "checkpoints"
    __table_args__ = ({"schema": SCHEMA},)

    size: int = Field(primary_key=True, sa_type=sa.BigInteger)
    root: bytes
    taken_at: datetime = _time()
