"""The tables that each service declares are those that its migrations make."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from services.kernel.migration import SERVICES, migrate, services

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def connection(module_database: str) -> Iterator[sa.Connection]:
    """The administrator's: to a service's own role its schema is the default one, without a name."""
    migrate(module_database, {})
    url = module_database.replace("postgresql", "postgresql+psycopg", 1)
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield connection


@pytest.mark.parametrize("service", services())
def test_the_tables_are_those_of_the_migrations(connection: sa.Connection, service: str) -> None:
    declared = sa.MetaData()
    for table in _tables(service):
        table.to_metadata(declared, schema=service)
    assert declared.tables
    options = {
        "include_schemas": True,
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == service,
        # Migrations alone have the runner's tables (services/kernel/runner_tables.py), and some indices.
        "include_object": lambda thing, name, kind, reflected, twin: (
            kind == "column" or not reflected or twin is not None
        ),
    }
    context = MigrationContext.configure(connection, opts=options)
    found = compare_metadata(context, declared)
    assert found == [], "\n".join(map(str, found))
    # Alembic compares neither primary keys nor whether times have a zone.
    made = sa.inspect(connection)
    for table in declared.tables.values():
        zoned = {
            one["name"]: getattr(one["type"], "timezone", None)
            for one in made.get_columns(table.name, service)
        }
        for column in table.columns:
            assert getattr(column.type, "timezone", None) == zoned[column.name], column
        primary = made.get_pk_constraint(table.name, schema=service)["constrained_columns"]
        assert set(primary) == set(table.primary_key.columns.keys()), table.name


def _tables(service: str) -> Iterator[sa.Table]:
    for path in sorted((SERVICES / service).rglob("*.py")):
        if "table=True" in path.read_text("utf-8"):
            import_module(_name(path))
    for model in SQLModel.__subclasses__():
        table: Any = getattr(model, "__table__", None)
        if table is not None and model.__module__.startswith(f"services.{service}."):
            yield table


def _name(path: Path) -> str:
    return ".".join(path.relative_to(SERVICES.parent).with_suffix("").parts)
