"""What `make mutants` makes wrong, and that its tests meet it."""

from __future__ import annotations

import ast
from importlib.machinery import SourceFileLoader
from typing import Any
from unittest.mock import Mock

import pytest

import services.kernel
from tests import mutants

SOURCE = '''"""A module."""
@decorated(frozen=True)
def judged(value: int | None = 0) -> bool:
    """Says so."""
    log.info("judging", value=1)
    if value < 3:
        raise ValueError("small")
    note(value)
    return any(one for one in [value] if one)
'''


def test_what_is_run_is_made_wrong_and_nothing_else() -> None:
    """No decorator, annotation, docstring or line of the log."""
    assert [(one.line, one.what) for one in mutants.changes(ast.parse(SOURCE))] == [
        (3, "0 is 1"),
        (6, "condition turned"),
        (6, "Lt is LtE"),
        (6, "3 is 4"),
        (7, "raise left out"),
        (8, "call left out"),
        (9, "None is returned"),
        (9, "condition of a comprehension left out"),
    ]


@pytest.mark.parametrize(
    ("place", "value", "right", "wrong"),
    [
        (2, 3, True, ValueError),
        (3, 3, True, ValueError),
        (4, 2, ValueError, True),
        (6, 5, True, None),
    ],
)
def test_one_place_is_wrong(place: int, value: int, right: object, wrong: object) -> None:
    assert _answer(ast.parse(SOURCE), value) == right
    assert _answer(mutants.mutated(SOURCE.encode(), place), value) == wrong


def _answer(tree: ast.Module, value: int) -> object:
    names: dict[str, Any] = {"log": Mock(), "note": Mock(), "decorated": lambda **_: lambda f: f}
    exec(compile(tree, "made up", "exec"), names)
    try:
        return names["judged"](value)
    except ValueError:
        return ValueError


def test_the_import_of_a_mutated_module_meets_the_mutant() -> None:
    path = "services/kernel/ledger.py"
    finder = mutants._Finder(path, 0)
    spec = finder.find_spec("services.kernel.ledger", services.kernel.__path__)
    assert spec is not None and isinstance(spec.loader, SourceFileLoader)
    right = compile((mutants.ROOT / path).read_bytes(), str(mutants.ROOT / path), "exec")
    assert spec.loader.get_code("services.kernel.ledger") != right
    assert finder.find_spec("services.kernel.store", services.kernel.__path__) is None


@pytest.mark.parametrize(("subject", "theirs"), mutants.SUBJECTS.items())
def test_each_subject_has_modules_and_tests(subject: str, theirs: tuple[str, ...]) -> None:
    assert mutants._files(subject)
    for tests in theirs:
        assert mutants._files(f"{tests}.py")
