"""PostgreSQL: one schema and one role for each service; connections to it, and rows written in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.kernel.events import Row

COPY_FROM = 200
"""From this many rows on, COPY is worth its set-up."""


LINK: Mapping[str, Any] = {
    "connect_timeout": 5,
    # No standby, which an address may still lead to after a failover: it refuses to write, and has locks of its own.
    "target_session_attrs": "primary",
    # A server that is gone without a word is not waited for, neither in silence nor for what it was sent (ms).
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How every connection is made and watched: settings of libpq."""


def connect(url: str, *, pool_size: int = 4, application: str = "solieu") -> Engine:
    """An engine for one service. The role brings its search_path and time zone (migration.py)."""
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=2,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # an error's text goes to the log; values don't
        connect_args={"application_name": application, **LINK},
    )
    sa.event.listen(engine, "checkout", refuse_standby)
    return engine


def refuse_standby(connection: Any, *_: object) -> None:
    """Raises DisconnectionError, upon which the pool connects anew, for a server that has become a standby meanwhile.

    It says so by itself (PostgreSQL 14 and later) with whatever it answers, and reads as ever.
    """
    if connection.info.parameter_status("in_hot_standby") == "on":
        raise sa.exc.DisconnectionError("a standby")


def close(engine: Engine) -> None:
    """Closes the pool's connections at once, and those that a thread still works with when it gives them back.

    A thread whose task was cancelled goes on: what it gives back to a pool that is gone would stay open.
    """
    sa.event.listen(engine.pool, "checkin", _close_given_back)
    engine.dispose()


def _close_given_back(connection: Any, record: object) -> None:
    if connection is not None:
        connection.close()


def write(session: Session, rows: Iterable[Row]) -> None:
    """Writes the rows in their order, neighbours of one table together."""
    for (table, conflict, _), group in groupby(rows, key=_shape):
        values = [dict(row.values) for row in group]
        if conflict == "fail" and len(values) >= COPY_FROM:
            _copy(session, table.__table__, values)
        else:
            session.execute(_statement(table.__table__, conflict, values[0]), values)


def _shape(row: Row) -> tuple[Any, str, tuple[str, ...]]:
    return row.table, row.conflict, tuple(row.values)


def _statement(table: Any, conflict: str, sample: dict[str, Any]) -> sa.Insert:
    statement = insert(table)
    if conflict == "ignore":
        return statement.on_conflict_do_nothing()
    if conflict == "replace":
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in sample if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement


def _copy(session: Session, table: Any, values: list[dict[str, Any]]) -> None:
    columns = list(values[0])
    names = ", ".join(f'"{column}"' for column in columns)
    target = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
    with cursor(session) as cur, cur.copy(f"copy {target} ({names}) from stdin") as copy:
        for row in values:
            copy.write_row([row[column] for column in columns])


def cursor(session: Session) -> Any:
    """The psycopg cursor of the session's transaction, for statements that SQLAlchemy would only slow down."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    return driver.cursor()


def lock(session: Session, name: str) -> None:
    """Waits until no other transaction holds this name, which begins with the service's; then keeps it to its end."""
    text = sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
    session.execute(text, {"name": name})
