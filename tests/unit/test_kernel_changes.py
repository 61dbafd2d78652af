"""Which program fits which tables; and that a migration which takes something away says so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from services.kernel.changes import Change, OlderTables, known, newer, verify
from services.kernel.errors import Newer
from services.kernel.migration import SERVICES, services
from services.kernel.transient import is_transient

ADDS, TAKES = Change("0002_adds", takes_away=False), Change("0003_takes", takes_away=True)
FIRST = Change("0001_first", takes_away=False)
MIGRATIONS = sorted(SERVICES.glob("*/migrations/versions/[0-9]*.py"))
LOSES = re.compile(
    r"\bop\.(drop|rename|alter)|\b(drop|rename|revoke|truncate)\b|\balter (column|table [^;]* type)|set not null",
    re.IGNORECASE,
)
SPARED = {
    (
        "validation",
        "0003_withdrawn",
    ): "a column may be null from then on: who writes none does no harm"
}


def had(*changes: Change) -> dict[str, bool]:
    return {change.name: change.takes_away for change in changes}


def test_a_program_goes_on_beside_what_a_newer_release_only_added() -> None:
    verify(had(FIRST, ADDS), [FIRST])


def test_a_program_that_lacks_what_a_newer_release_took_away_waits_for_its_upgrade() -> None:
    with pytest.raises(Newer, match="0003_takes") as raised:
        verify(had(FIRST, ADDS, TAKES), [FIRST, ADDS])
    assert is_transient(raised.value)
    assert newer(had(FIRST, ADDS, TAKES), [FIRST]) == ["0003_takes"]


def test_a_program_that_comes_before_its_migration_waits_for_it() -> None:
    with pytest.raises(OlderTables, match=r"0002_adds.*solieu migrate") as raised:
        verify(had(FIRST), [FIRST, ADDS])
    assert is_transient(raised.value)
    with pytest.raises(OlderTables):
        verify({}, [FIRST])


@pytest.mark.parametrize("service", services())
def test_what_a_release_knows_are_its_migrations_and_the_runners(service: str) -> None:
    names = [change.name for change in known(service)]
    assert names[0].startswith("runner ")
    assert names[-1] == max(path.stem for path in MIGRATIONS if path.parts[-4] == service)


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parts[-4]}/{path.stem}")
def test_a_migration_that_takes_something_away_says_so(path: Path) -> None:
    """The first one of a service makes all, and has nobody before it."""
    text = path.read_text("utf-8")
    says = "\ntakes_away = True\n" in text
    needed = [found.group() for found in LOSES.finditer(_code(text))] + required_columns(text)
    if (path.parts[-4], path.stem) not in SPARED and not path.stem.startswith("0001"):
        assert says == bool(needed), needed


def _code(text: str) -> str:
    """What is executed: no docstrings and no comments."""
    tree = ast.parse(text)
    return "\n".join(
        ast.unparse(one)
        for one in tree.body
        if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
    )


def required_columns(text: str) -> list[str]:
    """Columns of a table that was there before, which a program that does not know them would have to fill."""
    calls = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call)]
    added = [one for one in calls if ast.unparse(one.func) == "op.add_column"]
    found = []
    for column in (one for call in added for one in ast.walk(call) if isinstance(one, ast.Call)):
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in column.keywords}
        if options.get("nullable") == "False" and "server_default" not in options:
            found.append(ast.unparse(column))
    return found
