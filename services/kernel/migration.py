"""Roles, schemas and alembic migrations, service by service. Run by the administrator, never by a service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
from alembic import command, context
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine, pool

from services.kernel import changes
from services.kernel.runner_tables import RUNNER_CHANGES, RUNNER_TABLES

SERVICES = Path(__file__).resolve().parents[1]
VAULT_TABLES = """
create schema if not exists vault;
create table if not exists vault.keys (
    name text primary key,
    wrapped bytea not null,
    created_at timestamptz not null default now()
);
"""
ERASURE = """
do $$ begin
    if not exists (select from pg_roles where rolname = 'solieu_erasure') then
        create role solieu_erasure nologin;
    end if;
end $$;
grant usage on schema vault to solieu_erasure;
grant select, delete on vault.keys to solieu_erasure;
create or replace function vault.erase(submission uuid, attempt int) returns int
language plpgsql security definer set search_path = pg_catalog as $$
declare erased int;
begin
    delete from vault.keys where starts_with(name, format('%s/%s/', submission, attempt));
    get diagnostics erased = row_count;
    return erased;
end $$;
alter function vault.erase(uuid, int) owner to solieu_erasure;
revoke all on function vault.erase(uuid, int) from public;
"""
"""Only the erasure role deletes keys, and nobody logs in as it: the service that may order an erasure may call this
function, for all objects of one attempt. So an erasure commits together with what ordered it.
"""
ERASER = "policy"
APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "audit": ("leaves", "contents", "nodes", "checkpoints"),
}
"""Tables to which their own service may add, and which it can't change: a stolen login rewrites no evidence."""
KEEPERS = frozenset({"intake", "validation"})
"""Who puts objects into the vault, and so adds keys."""
OPENERS = KEEPERS | {"policy", "grdp"}
"""Who opens them. To every other role the keys are closed: a copy of its login opens nothing."""


class Refused(Exception):
    """The tables stay as they are; the text names what, and `why` a message."""

    why = ""


class NewerTables(Refused):
    """A newer release has migrated them, and took away what this one needs."""

    why = "newer-tables"


class InUse(Refused):
    """Programs of the release before are connected, and need what would be taken away."""

    why = "in-use"


def services() -> list[str]:
    """Every service that keeps tables."""
    return sorted(path.parent.name for path in SERVICES.glob("*/migrations"))


def migrate(url: str, passwords: Mapping[str, str]) -> list[str]:
    """Makes or updates roles, schemas and tables, and returns the services' names. Safe to run again.

    `url` is the administrator's; `passwords` are set for the services' roles (a service without one keeps the one it
    has). A role reads and writes its own schema, but for APPEND_ONLY; OPENERS read the vault's keys, KEEPERS add to
    them, ERASER may have an attempt's keys deleted. Raises Refused, before anything is changed.
    """
    names = services()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('solieu migrate'))")
        for name in names:
            _verify(connection, name)
        connection.execute(VAULT_TABLES)
        connection.execute(ERASURE)
        for name in names:
            _role(connection, name, passwords.get(name))
        for name in names:
            _upgrade(connection, url, name)
            _grant(connection, name)
            _open_vault(connection, name)
        erase = sql.SQL("grant execute on function vault.erase(uuid, int) to {}")
        connection.execute(erase.format(sql.Identifier(ERASER)))
    return names


def configuration(url: str, service: str) -> Config:
    """Alembic's configuration of one service."""
    config = Config()
    config.set_main_option("script_location", str(SERVICES / service / "migrations"))
    config.attributes["url"] = url
    config.attributes["schema"] = service
    return config


def run() -> None:
    """The body of each service's migrations/env.py."""
    config = context.config
    schema = config.attributes["schema"]
    url = config.attributes["url"].replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        connection.exec_driver_sql(f'set search_path to "{schema}"')
        connection.commit()
        context.configure(connection=connection, version_table_schema=schema)
        with context.begin_transaction():
            context.run_migrations()


def runner_tables() -> str:
    """What the first migration of each service executes for the runner."""
    return RUNNER_TABLES


def _role(connection: psycopg.Connection, name: str, password: str | None) -> None:
    role = sql.Identifier(name)
    if not connection.execute("select from pg_roles where rolname = %s", [name]).rowcount:
        connection.execute(sql.SQL("create role {} login").format(role))
    if password:
        text = sql.SQL("alter role {} password {}").format(role, sql.Literal(password))
        connection.execute(text)
    connection.execute(sql.SQL("create schema if not exists {}").format(role))
    connection.execute(sql.SQL("alter role {} set search_path = {}").format(role, role))
    connection.execute(sql.SQL("alter role {} set timezone = 'UTC'").format(role))


def _verify(connection: psycopg.Connection, name: str) -> None:
    """Whether the service's tables may be changed to what this release knows; raises Refused."""
    known = changes.known(name)
    had = _had(connection, name)
    if names := changes.newer(had, known):
        raise NewerTables(f"{name}: {', '.join(names)}")
    if taking := [
        migration.name for migration in known if migration.takes_away and migration.name not in had
    ]:
        query = (
            "select distinct application_name from pg_stat_activity"
            " where usename = %s and datname = current_database() order by 1"
        )
        if running := [row[0] for row in connection.execute(query, [name])]:
            raise InUse(f"{name}: {', '.join(taking)} ({', '.join(running)})")


def _had(connection: psycopg.Connection, name: str) -> Mapping[str, bool]:
    with connection.transaction(force_rollback=True):
        _set_path(connection, name)
        return changes.made(connection)


def _upgrade(connection: psycopg.Connection, url: str, name: str) -> None:
    """Alembic does not find its way from a newer release's migration, which has all of this one's before it."""
    known = changes.known(name)
    if _had(connection, name).keys() <= {migration.name for migration in known}:
        command.upgrade(configuration(url, name), "head")
    with connection.transaction():
        _set_path(connection, name)
        connection.execute(RUNNER_CHANGES)
        changes.note(connection, known)


def _set_path(connection: psycopg.Connection, name: str) -> None:
    path = sql.SQL("set local search_path to {}").format(sql.Identifier(name))
    connection.execute(path)


def _grant(connection: psycopg.Connection, name: str) -> None:
    texts = (
        "grant usage on schema {role} to {role}",
        "grant select, insert, update, delete on all tables in schema {role} to {role}",
        *(
            f"revoke update, delete on {{role}}.{table} from {{role}}"
            for table in APPEND_ONLY.get(name, ())
        ),
        "revoke insert, update, delete on {role}.migrations from {role}",
        "grant usage on all sequences in schema {role} to {role}",
    )
    with connection.transaction():
        for text in texts:
            connection.execute(sql.SQL(text).format(role=sql.Identifier(name)))


def _open_vault(connection: psycopg.Connection, name: str) -> None:
    """Also takes back what an earlier version gave to everybody."""
    texts = ["revoke all on vault.keys from {role}", "revoke all on schema vault from {role}"]
    if name in OPENERS:
        texts += ["grant usage on schema vault to {role}", "grant select on vault.keys to {role}"]
    if name in KEEPERS:
        texts.append("grant insert on vault.keys to {role}")
    for text in texts:
        connection.execute(sql.SQL(text).format(role=sql.Identifier(name)))
