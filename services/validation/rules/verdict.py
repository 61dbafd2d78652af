"""What a rule says of cells: pass, fail, or undecided, which never looks like a pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.model.text import Text


class State(StrEnum):
    """What a rule says of one cell or group of cells."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """What a rule says of one cell, or of those of one sum.

    `rows` are those that it is about, `cells` the places that a finding shows, `code` and `values` what it says;
    nothing is said without a code. `quiet`: said only where it fails.
    """

    state: State
    rows: tuple[str, ...]
    code: str = ""
    column: str = ""
    cells: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    quiet: bool = False


@dataclass
class Tally:
    """How often a rule passed, failed and was undecided."""

    id: str
    passed: int = 0
    failed: int = 0
    undecided: int = 0

    def count(self, state: State) -> None:
        """One more cell or group in this state."""
        match state:
            case State.PASS:
                self.passed += 1
            case State.FAIL:
                self.failed += 1
            case State.UNDECIDED:
                self.undecided += 1


@dataclass(frozen=True)
class Outcome:
    """What a rule said of a table.

    `failing` and `unknown` are numbers of rows; `lacking` are what a rule of the whole table misses
    or what a query returned that is no row of the table, by column. `columns` are those that the
    rule names. `error` is why it could not be computed.
    """

    passed: int = 0
    failed: int = 0
    undecided: int = 0
    failing: tuple[int, ...] = field(default=(), repr=False)
    unknown: tuple[int, ...] = field(default=(), repr=False)
    lacking: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    columns: tuple[str, ...] = ()
    error: Text | None = None


def by_row(rows: Sequence[str], verdicts: Iterable[Verdict]) -> Outcome:
    """What verdicts say of each row of a table: it fails where one fails, and passes where none is undecided."""
    states = dict.fromkeys(rows, State.PASS)
    for verdict in verdicts:
        for row in verdict.rows:
            if verdict.state is State.FAIL or states[row] is State.PASS:
                states[row] = verdict.state
    failing = tuple(n for n, state in enumerate(states.values(), 1) if state is State.FAIL)
    unknown = tuple(n for n, state in enumerate(states.values(), 1) if state is State.UNDECIDED)
    passed = len(rows) - len(failing) - len(unknown)
    return Outcome(passed, len(failing), len(unknown), failing, unknown)
