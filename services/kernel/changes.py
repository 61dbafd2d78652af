"""Which changes a service's tables have had, and whether a program fits them.

Expand, then contract (Fowler, "ParallelChange"): a change adds, and programs of the release before go on beside it.
What takes something away says so, and comes a release later, when nobody uses it any more. So a program fits tables
that have all changes that it knows, and whose other changes took nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import Engine

from services.kernel import metrics
from services.kernel.errors import Newer, Unavailable
from services.kernel.runner_tables import RUNNER

SERVICES = Path(__file__).resolve().parents[1]
MADE_TABLE = (
    "create table if not exists migrations (name text primary key, takes_away boolean not null)"
)
_MADE = "select name, takes_away from migrations"
_TAKES_AWAY = re.compile(r"^takes_away = True$", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """A migration of a service, or a state of the runner's tables. `takes_away` says that older programs need what is
    gone.
    """

    name: str
    takes_away: bool


class OlderTables(Unavailable):
    """The tables lack what this release needs: `solieu migrate` was not run with it."""


def known(service: str) -> list[Change]:
    """All that this release knows of a service's tables, in their order."""
    migrations = sorted((SERVICES / service / "migrations" / "versions").glob("[0-9]*.py"))
    return [
        *(Change(name, takes_away) for name, takes_away in RUNNER.items()),
        *(
            Change(path.stem, bool(_TAKES_AWAY.search(path.read_text("utf-8"))))
            for path in migrations
        ),
    ]


def newer(had: Mapping[str, bool], known: Iterable[Change]) -> list[str]:
    """The names of changes that were made and took something away, and that this release does not know."""
    names = {change.name for change in known}
    return sorted(name for name, takes_away in had.items() if takes_away and name not in names)


def verify(had: Mapping[str, bool], known: Iterable[Change]) -> None:
    """Raises Newer or OlderTables where a program of this release does not fit the tables."""
    known = list(known)
    if names := newer(had, known):
        raise Newer(f"a newer release took away what this one needs of the tables: {names}")
    if lacking := [change.name for change in known if change.name not in had]:
        raise OlderTables(f"the tables lack {lacking}: run `solieu migrate` of this release")


def watch(engine: Engine, service: str) -> None:
    """From now on every new connection is looked at, and refused where the tables do not fit."""
    expected = known(service)

    def look(connection: Any, record: object) -> None:
        try:
            verify(made(connection), expected)
        except Unavailable as error:
            connection.close()
            _tell(service, error)
            raise
        connection.rollback()
        _tell(service, None)

    sa.event.listen(engine, "connect", look)


def made(connection: psycopg.Connection) -> Mapping[str, bool]:
    """What the tables of the connection's search path have had; nothing where nobody ever migrated them."""
    try:
        return dict(connection.execute(_MADE).fetchall())
    except psycopg.errors.UndefinedTable:
        return {}


def note(connection: psycopg.Connection, made_now: Iterable[Change]) -> None:
    """Notes, in the connection's search path, that the tables have had these changes."""
    connection.execute(MADE_TABLE)
    with connection.cursor() as cursor:
        values = [(change.name, change.takes_away) for change in made_now]
        cursor.executemany("insert into migrations values (%s, %s) on conflict do nothing", values)


def _tell(service: str, error: Unavailable | None) -> None:
    for what, kind in (("program", Newer), ("tables", OlderTables)):
        metrics.OUTDATED.labels(service, what).set(isinstance(error, kind))
