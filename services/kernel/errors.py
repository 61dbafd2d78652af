"""What can go wrong with an event, by what the runner does about it."""

from __future__ import annotations

import asyncio

import kafka.errors
import psycopg
import sqlalchemy.exc
from aiokafka.errors import KafkaError


class Permanent(Exception):
    """Trying again can't help: the event goes to its group's dead letters, the stream goes on."""


class Malformed(Permanent):
    """The bytes are no event of their topic."""


class IdentityConflict(Permanent):
    """A known event id came with other bytes: an alarm, never a duplicate."""


class Poison(Permanent):
    """The event ended the process each time that it was handled alone."""


class NotReplayable(Permanent):
    """What stands among the replays names no dead letter, or one that is not what its source has: an alarm.

    It is passed over and never buried: buried with the origin that it claims, it could be sent back as that.
    """


class Unavailable(Exception):
    """Something that may come back is away, or refuses for the moment: a folder, a disk. Trying again can help."""


TRANSIENT: tuple[type[BaseException], ...] = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    asyncio.TimeoutError,
    ConnectionError,
    Unavailable,
)


def is_transient(error: BaseException) -> bool:
    """Whether a database, broker or vault that is away, and may come back, explains the error."""
    if isinstance(error, KafkaError | kafka.errors.KafkaError):
        return bool(error.retriable)
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, TRANSIENT)
