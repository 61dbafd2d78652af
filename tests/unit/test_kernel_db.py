"""Connections: none stays open behind a service that has ended, and none is to a standby."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from services.kernel.db import LINK, close, connect, refuse_standby
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


def test_every_connection_is_to_a_primary_and_ends_with_its_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a failover an address may lead to a standby; and a server that lost its power ends no connection."""
    asked: list[Mapping[str, object]] = []

    def away(*_: object, **options: object) -> None:
        asked.append(options)
        raise psycopg.OperationalError("away")

    url = "postgresql://127.0.0.1:1/none"
    engine = connect(url)
    sa.event.listen(engine, "do_connect", lambda dialect, record, args, options: away(**options))
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", away)
    with pytest.raises(psycopg.OperationalError):
        asyncio.run(Locks("toy", url).connect())
    for options in asked:
        assert options["target_session_attrs"] == "primary"
        assert options["keepalives_idle"] and options["tcp_user_timeout"]
    assert len(asked) == 2
    psycopg.conninfo.make_conninfo(**LINK)  # libpq knows them all


@pytest.mark.parametrize(("says", "is_kept"), [("off", True), (None, True), ("on", False)])
def test_a_connection_whose_server_became_a_standby_is_not_used_any_more(
    says: str | None, is_kept: bool
) -> None:
    """It answers "select 1" as ever: the pool would give it out again and again."""
    engine = connect("postgresql://127.0.0.1:1/none")
    assert sa.event.contains(engine, "checkout", refuse_standby)
    info = SimpleNamespace(parameter_status={"in_hot_standby": says}.get)
    with nullcontext() if is_kept else pytest.raises(sa.exc.DisconnectionError):
        refuse_standby(SimpleNamespace(info=info), None, None)
