"""`solieu status` and `solieu trace`: whether everything is accounted for, and one submission's way."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from services.model.messages import known, texts
from services.model.regulation import VIETNAM
from services.model.text import Text
from services.terminal.client import operator
from services.terminal.show import AsJson, Exit, as_json, say, table, width

if TYPE_CHECKING:
    from services.operators.balance import Balance
    from services.operators.comparisons import Compared

SECONDS = 10.0
TRIES = 5
BETWEEN_TRIES = 1.0
COLUMNS = ("at", "attempt", "state", "decision", "figures")
WIDE = 120
"""From this width on, a terminal also shows the events' ids."""

app = typer.Typer()


@app.command(help="Đối chiếu: mọi thứ nhận vào đang ở đâu · Whether everything is accounted for")
def status(json: AsJson = False) -> None:
    """Exit code 1 where a balance does not hold or topics lack something, 5 where a service could not be asked."""
    from services.operators.comparisons import compared

    found = _settled()
    topics = compared()
    if json:
        as_json(_facts(found, topics))
    else:
        _show(found)
        topics.show()
    if code := topics.exit_code if found.holds else Exit.DIFFERS:
        raise typer.Exit(code)


def _facts(found: Found, topics: Compared) -> dict[str, Any]:
    return {
        **found.reconciliation,
        "dead": dict(found.dead),
        "identity_conflicts": found.conflicts,
        "balances": [
            {**asdict(balance), "difference": balance.difference} for balance in found.balances
        ],
        "comparisons": topics.comparisons,
        "away": topics.away,
    }


@dataclass(frozen=True)
class Found:
    """What intake and the dead letters say at one time."""

    reconciliation: dict[str, Any]
    dead: dict[str, int]
    conflicts: int
    balances: tuple[Balance, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is accounted for."""
        return all(balance.holds for balance in self.balances)


def _settled() -> Found:
    """Asked again a few times before it says that a balance fails.

    Intake reads each topic on its own, so an event may be counted a moment before the one that led
    to it.
    """
    for _ in range(TRIES - 1):
        if (found := _find()).holds:
            return found
        time.sleep(BETWEEN_TRIES)
    return _find()


def _find() -> Found:
    from services.operators.balance import CONFLICT, balances, dead_attempts
    from services.operators.dead import groups, letters_of

    reconciliation = _intake("/v1/reconciliation")
    letters = letters_of("")
    waiting = Counter(letter.group for letter in letters if not letter.replayed)
    return Found(
        reconciliation,
        {group: waiting[group] for group in groups()},
        sum(letter.error == CONFLICT for letter in letters),
        balances(reconciliation, dead_attempts(letters)),
    )


def _show(found: Found) -> None:
    for balance in found.balances:
        rows = [[_part(name), count] for name, count in balance.parts.items()]
        table([f"operators.{balance.name}", "operators.count"], [*rows, ["=", balance.total]])
        outcome = "holds" if balance.holds else "fails"
        say(f"operators.{balance.name}.{outcome}", difference=balance.difference)
    ages = [[_state(stage), _age(s)] for stage, s in found.reconciliation["oldest_seconds"].items()]
    if ages:
        table(["operators.stage", "operators.oldest"], ages)
    table(["operators.dead.group", "operators.dead.waiting"], list(found.dead.items()))
    if found.conflicts:
        say("operators.conflicts", count=found.conflicts)


def _state(state: str) -> Text:
    return known(f"console.step.{state}", state)


def _part(name: str) -> Text:
    """Where attempts or figures are counted: in a state, or in none yet."""
    return texts(f"operators.part.{name}") if name in ("in_flight", "dead") else _state(name)


def _age(seconds: float) -> str:
    return f"{seconds:.1f} s"


@app.command(help="Đường đi của một lần gửi · The way of one submission")
def trace(
    submission: Annotated[
        str, typer.Argument(help="Mã lần gửi (UUID) · Id of the submission (UUID)")
    ],
    json: AsJson = False,
) -> None:
    """Every event about it that intake has seen, oldest first, and its dead letters."""
    from services.operators.dead import facts, letters_of, show_letters

    path = _intake(f"/v1/submissions/{quote(submission, safe='')}/path")
    dead = [letter for letter in letters_of("") if letter.message.key == submission.encode()]
    if json:
        as_json({**path, "dead": [facts(letter) for letter in dead]})
        return
    columns = (*COLUMNS, "event_id") if width() >= WIDE else COLUMNS
    rows = [[_cell(event, column) for column in columns] for event in path["events"]]
    table([f"operators.trace.{column}" for column in columns], rows)
    if dead:
        show_letters(dead)


def _cell(event: dict[str, Any], column: str) -> Any:
    """A cell of the path; times by the clock of Việt Nam, to the millisecond."""
    if column == "state":
        return _state(event["state"])
    if column != "at":
        return event[column]
    at = datetime.fromisoformat(event["at"]).astimezone(VIETNAM).replace(tzinfo=None)
    return at.isoformat(sep=" ", timespec="milliseconds")


def _intake(path: str) -> Any:
    return operator("intake", SECONDS).get(path)
