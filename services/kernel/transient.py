"""Which errors of databases, brokers and vaults pass by themselves."""

from __future__ import annotations

import asyncio

import kafka.errors
import psycopg
import sqlalchemy.exc
from aiokafka.errors import KafkaError, KafkaTimeoutError, ProducerClosed, ProducerFenced

from services.kernel.errors import Unavailable

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
PASSING_CLASSES = {
    "08": "connection exception",
    "28": "invalid authorization",
    "40": "transaction rollback: a deadlock, a serialization failure",
    "53": "insufficient resources: disk, memory, connections",
    "55": "object not in prerequisite state: locked, in use",
    "57": "operator intervention: a shutdown, a cancelled query",
    "58": "system error: input and output",
}
"""Classes of SQLSTATE (PostgreSQL, appendix A) that tell of the server, and not of what it was asked."""
PASSING_STATES = {
    "25006": "read only: a standby that is not promoted yet, or a server that protects a full disk",
    "25P03": "the server ended a session that was idle within a transaction",
    "25P04": "the server ended a transaction that took too long",
    "XX001": "a damaged page, which tells of the disk: an event that comes to it is as good as those that don't",
    "XX002": "a damaged index, likewise",
}
PASSING_CODES = {
    2: "a batch that was damaged on its way",
    8: "the broker is not there",
    9: "the replica is not there",
    29: "no right to the topic, yet",
    30: "no right to the group, yet",
    31: "no right to the cluster, yet",
    32: "the clocks of this machine and the broker differ",
    45: "a sequence with a gap, after which the next producer begins anew",
    47: "an older epoch of the producer, likewise",
    49: "a producer that the broker does not know, likewise",
    58: "the broker refuses the login, yet",
    59: "a producer that the broker has forgotten, likewise",
}
"""Kafka's error codes that its clients do not try again, and that say nothing of the record."""
_PASSING_OF_CLIENT = (KafkaTimeoutError, ProducerClosed, ProducerFenced)
"""aiokafka's: there is no room before the broker takes something; its producer has just been followed by another."""


def is_transient(error: BaseException) -> bool:
    """Whether a database, broker or vault that is away, or is being set right, explains the error."""
    if isinstance(error, KafkaError | kafka.errors.KafkaError):
        code = getattr(error, "errno", None)
        return error.retriable or code in PASSING_CODES or isinstance(error, _PASSING_OF_CLIENT)
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    if state := getattr(getattr(error, "orig", error), "sqlstate", None):
        return state in PASSING_STATES or state[:2] in PASSING_CLASSES
    return isinstance(error, TRANSIENT)
