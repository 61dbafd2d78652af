"""Connections: none stays open behind a service that has ended, and none is to a standby."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from services.kernel.db import close, connect
from services.kernel.locks import Locks


def test_a_connection_that_is_given_back_after_the_end_is_closed() -> None:
    """As a thread does whose task was cancelled."""
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.QueuePool, connect_args={"check_same_thread": False}
    )
    idle, busy = engine.connect(), engine.connect()
    raw: list[Any] = [one.connection.driver_connection for one in (idle, busy)]
    idle.close()
    close(engine)
    assert not is_open(raw[0])
    assert is_open(raw[1]), "it may finish what it does"
    busy.close()
    assert not is_open(raw[1])


def is_open(connection: Any) -> bool:
    try:
        connection.execute("select 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_closing_twice_is_no_error() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.QueuePool)
    close(engine)
    close(engine)
    with pytest.raises(sqlite3.ProgrammingError), engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        connection.close()
        raw.execute("select 1")


def test_no_connection_is_to_a_standby(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failover an address may lead there: it would be kept, refuse to write, and know of no locks."""
    asked: list[Any] = []

    def away(*_: object, **options: object) -> None:
        asked.append(options["target_session_attrs"])
        raise psycopg.OperationalError("away")

    url = "postgresql://127.0.0.1:1/none"
    engine = connect(url)
    sa.event.listen(engine, "do_connect", lambda dialect, record, args, options: away(**options))
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", away)
    with pytest.raises(psycopg.OperationalError):
        asyncio.run(Locks("toy", url).connect())
    assert asked == ["primary", "primary"]
