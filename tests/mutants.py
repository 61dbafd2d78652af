"""Sampled mutants of what decides: does a test fail when one thing of it is wrong?

`make mutants` changes one place at a time (a comparison, a number, a condition, a statement that is left out), runs
the tests of its module, and lists what no test noticed. The sample is the same for the same seed and the same code.
A survivor is a test that lacks, or a change that makes no difference; somebody has to look which.

Strings, log lines, annotations and decorators are left as they are: a changed one is nearly always another name for
the same behaviour, or found by mypy.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
MUTANT = "SOLIEU_MUTANT"
"""What tells pytest which one to run: `services/audit/handler.py:17`."""
SECONDS = 300
"""A mutant that runs longer than this is in an endless loop."""
ENOUGH = 0.9

UNIT, INTEGRATION = "tests/unit/test_", "tests/integration/test_"
TABLES = f"{INTEGRATION}migrations"
SUBJECTS = {
    "services/model/verifier.py": (f"{UNIT}audit_*", f"{INTEGRATION}audit_receipts*"),
    "services/audit/handler.py": (f"{UNIT}audit_*",),
    "services/audit/store.py": (f"{UNIT}audit_*", f"{INTEGRATION}audit_log*", TABLES),
    "services/catalogue/handler.py": (f"{UNIT}catalogue_*",),
    "services/catalogue/store.py": (f"{UNIT}catalogue_*", f"{INTEGRATION}catalogue_*", TABLES),
    "services/grdp/handler.py": (f"{UNIT}grdp_*",),
    "services/grdp/store.py": (f"{UNIT}grdp_*", f"{INTEGRATION}grdp_*", TABLES),
    "services/intake/handler.py": (f"{UNIT}intake_*", f"{UNIT}connector_*"),
    "services/intake/store.py": (f"{UNIT}intake_*", f"{INTEGRATION}intake_api*", TABLES),
    "services/kernel/ledger.py": (f"{UNIT}kernel_*",),
    "services/kernel/store.py": (f"{UNIT}kernel_*", f"{INTEGRATION}store*"),
    "services/notification/handler.py": (f"{UNIT}notification_*",),
    "services/notification/store.py": (
        f"{UNIT}notification_*",
        f"{INTEGRATION}notification*",
        TABLES,
    ),
    "services/policy/decisions/ledger.py": (f"{UNIT}policy_*",),
    "services/policy/law/*.py": (f"{UNIT}policy_*",),
    "services/policy/store.py": (f"{UNIT}policy_*", f"{INTEGRATION}policy_*", TABLES),
    "services/validation/handler.py": (f"{UNIT}validation_*",),
    "services/validation/rules/*.py": (f"{UNIT}rules_*", f"{UNIT}validat*"),
    "services/validation/store.py": (f"{UNIT}validation_*", f"{INTEGRATION}validation_*", TABLES),
}
"""Modules, and the tests that are theirs: quick ones first, the first that fails ends a run."""

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}


class Outcome(Enum):
    """What the tests made of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    ENDLESS = "endless"


@dataclass(frozen=True)
class Mutant:
    """One place of a module that is other than it should be."""

    path: str
    place: int
    """Its number among the mutants of its module, in the order of `changes`."""
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.place}"


@dataclass(frozen=True)
class Change:
    """How one place of a tree is made wrong."""

    line: int
    what: str
    make: Callable[[], None]


def changes(tree: ast.Module) -> list[Change]:
    """All that can be made wrong in a module, in the order in which it stands there."""
    found = [change for node in _meant(tree) for change in _of(node)]
    return sorted(found, key=lambda change: change.line)


def mutants(path: str) -> list[Mutant]:
    """All mutants of a module, named from the repository's root."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return [Mutant(path, number, one.line, one.what) for number, one in enumerate(changes(tree))]


def mutated(source: bytes, place: int) -> ast.Module:
    """A module with one place wrong."""
    tree = ast.parse(source)
    changes(tree)[place].make()
    return ast.fix_missing_locations(tree)


def _meant(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those in it that are run, but for log lines and decorators."""
    if isinstance(node, ast.Expr) and (_logs(node.value) or isinstance(node.value, ast.Constant)):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield from _meant(one)


def _logs(call: ast.expr) -> bool:
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("log", "logger")
    )


def _of(node: ast.AST) -> Iterator[Change]:
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Compare(ops=operators):
            for position, one in enumerate(operators):
                turned = OTHER[type(one)]
                yield Change(line, _turned(one, turned), _set_item(operators, position, turned))
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            if other := OTHER.get(type(operator)):
                yield Change(line, _turned(operator, other), _set(node, "op", other()))
        case ast.Constant(value=bool(value)):
            yield Change(line, f"{value} is {not value}", _set(node, "value", not value))
        case ast.Constant(value=int(value)):
            yield Change(line, f"{value} is {value + 1}", _set(node, "value", value + 1))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield Change(line, "condition turned", _set(node, "test", _not(test)))
        case ast.comprehension(ifs=[_, *_] as conditions):
            line = conditions[0].lineno
            yield Change(line, "condition of a comprehension left out", conditions.clear)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield Change(line, "None is returned", _set(node, "value", ast.Constant(None)))
        case _:
            pass
    for body in ("body", "orelse", "finalbody"):
        statements = getattr(node, body, None)
        if not isinstance(statements, list):
            continue
        for position, statement in enumerate(statements):
            if _matters(statement):
                name = type(statement).__name__.lower()
                what = "call left out" if name == "expr" else f"{name} left out"
                yield Change(statement.lineno, what, _set_item(statements, position, ast.Pass))


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _matters(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=call):
            return isinstance(call, ast.Call | ast.Await | ast.YieldFrom) and not _logs(call)
        case ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Delete():
            return True
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            return True
        case _:
            return False


def _turned(operator: ast.AST, other: type[ast.AST]) -> str:
    return f"{type(operator).__name__} is {other.__name__}"


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _set(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _set_item(items: list[Any], position: int, kind: type[ast.AST]) -> Callable[[], None]:
    return lambda: items.__setitem__(position, kind())


class _Mutated(SourceFileLoader):
    def __init__(self, name: str, path: str, place: int) -> None:
        super().__init__(name, path)
        self._place = place

    def get_code(self, fullname: str) -> CodeType:
        tree = mutated(self.get_data(self.path), self._place)
        return compile(tree, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Hands out one module mutated; all others are found as ever."""

    def __init__(self, path: str, place: int) -> None:
        self._name = path.removesuffix(".py").replace("/", ".")
        self._file = str(ROOT / path)
        self._place = place

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _Mutated(fullname, self._file, self._place)
        return spec


if MUTANT in os.environ:  # this module is a plugin of pytest (`-p tests.mutants`)
    _path, _, _place = os.environ[MUTANT].rpartition(":")
    sys.meta_path.insert(0, _Finder(_path, int(_place)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where at least nine of ten were noticed, 1 where fewer, 2 where tests fail without a mutant."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", help="modules whose path contains this")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wanted = parser.parse_args(arguments)
    subjects = {
        path: [test for tests in theirs for test in _files(f"{tests}.py")]
        for subject, theirs in SUBJECTS.items()
        for path in _files(subject)
        if wanted.only in path
    }
    everything = [mutant for path in subjects for mutant in mutants(path)]
    sample = random.Random(wanted.seed).sample(everything, min(wanted.count, len(everything)))
    numbers = count()

    def run(tests: list[str], mutant: Mutant | None) -> Outcome:
        # Ports that no other run of the tests has, which begins with the first.
        return _run(tests, mutant, f"gw{3 + next(numbers) % 5}")

    with ThreadPoolExecutor(wanted.processes) as threads:
        used = sorted({tuple(subjects[mutant.path]) for mutant in sample})
        for tests, outcome in zip(
            used, threads.map(lambda one: run(list(one), None), used), strict=True
        ):
            if outcome is not Outcome.SURVIVED:
                print(f"red without any mutant: {' '.join(tests)}")
                return 2
        begun = time.monotonic()
        outcomes = []
        for mutant, outcome in zip(
            sample, threads.map(lambda one: run(subjects[one.path], one), sample), strict=True
        ):
            outcomes.append(outcome)
            if outcome is not Outcome.KILLED:
                print(
                    f"{outcome.value}  {mutant.path}:{mutant.line}  {mutant.what}  ({mutant})",
                    flush=True,
                )
    noticed = sum(outcome is not Outcome.SURVIVED for outcome in outcomes)
    minutes = (time.monotonic() - begun) / 60
    print(f"{noticed} of {len(sample)} noticed ({len(everything)} possible), {minutes:.0f} min")
    return 0 if noticed >= ENOUGH * len(sample) else 1


def _files(pattern: str) -> list[str]:
    return sorted(str(one.relative_to(ROOT)) for one in ROOT.glob(pattern))


def _run(tests: Sequence[str], mutant: Mutant | None, worker: str) -> Outcome:
    """Runs tests until one fails. `worker` gives it ports of its own."""
    with tempfile.TemporaryDirectory(prefix="solieu-mutant-") as folder:
        environment = os.environ | {
            "PYTEST_XDIST_WORKER": worker,
            "HYPOTHESIS_STORAGE_DIRECTORY": folder,
            **({MUTANT: str(mutant)} if mutant else {}),
        }
        command = [sys.executable, "-m", "pytest", "-p", "tests.mutants", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, "-q", "-x", "-m", "not long", *tests],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome.ENDLESS
    return Outcome.SURVIVED if done.returncode == 0 else Outcome.KILLED


if __name__ == "__main__":
    sys.exit(main())
