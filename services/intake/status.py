"""Where an attempt stands, derived from the set of events about it: their order of arrival never matters.

Each topic has its own partitions, so a later event may be read before an earlier one. Among policy's decisions the
highest number counts, and none before what validation found is known: who reads "cleared" finds the report, with its
warnings, and the figures read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

PREFIX = "submission."


class State(StrEnum):
    """Where an attempt stands. Each has the name of the event that brings it there."""

    RECEIVED = "received"
    VALIDATED = "validated"
    RETURNED = "returned"
    HELD = "held"
    WITHHELD = "withheld"
    CLEARED = "cleared"
    STORED = "stored"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"

    @property
    def topic(self) -> str:
        """The topic of that event."""
        return f"{PREFIX}{self.value}"


class Account(StrEnum):
    """Where an attempt's figures are counted: of what validation read each figure is in one of them.

    `superseded` are those of an attempt that waited for a person until a higher one was cleared, `withdrawn` those that
    their sender took back, from wherever they stood.
    """

    STORED = "stored"
    RETURNED = "returned"
    WITHHELD = "withheld"
    HELD = "held"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    IN_FLIGHT = "in_flight"


VERDICTS = tuple(
    state.value
    for state in (
        State.CLEARED,
        State.RETURNED,
        State.WITHHELD,
        State.SUPERSEDED,
        State.WITHDRAWN,
    )
)
"""Every verdict; `superseded` is that of an attempt which a higher one overtook before it was decided."""


def verdict(state: State, account: Account) -> str | None:
    """The verdict that an attempt has; None while it has none."""
    if state in (State.RETURNED, State.WITHHELD, State.WITHDRAWN) or account is Account.SUPERSEDED:
        return state.value
    if state in (State.CLEARED, State.STORED, State.SUPERSEDED):
        return State.CLEARED.value
    return None


@dataclass(frozen=True)
class Seen:
    """One event about an attempt, as far as the status goes."""

    state: State
    at: datetime
    decision: int | None = None
    figures: int | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Status:
    """What `derive` finds. `figures` are counted under `account`, `figures_read` by validation."""

    state: State
    since: datetime
    account: Account
    decision: int | None
    figures_read: int | None
    figures: int
    detail: dict[str, Any]

    @property
    def verdict(self) -> str | None:
        """The verdict; None while there is none."""
        return verdict(self.state, self.account)


def seen(state: State, at: datetime, data: Mapping[str, Any]) -> Seen:
    """What the status keeps of an event: reasons, findings and references, never a value."""
    names = (
        "reasons",
        "findings",
        "checked",
        "report",
        "marked",
        "by_attempt",
        "errors",
        "warnings",
        "rounded",
    )
    detail = {name: data[name] for name in names if data.get(name) is not None}
    return Seen(state, at, data.get("decision"), data.get("figures"), detail)


_COUNTED = {
    Account.STORED: State.STORED,
    Account.RETURNED: State.RETURNED,
    Account.WITHHELD: State.WITHHELD,
    Account.HELD: State.HELD,
    Account.SUPERSEDED: State.HELD,
}
"""Whose event tells the figures of an account."""


def derive(events: Collection[Seen]) -> Status:
    """The status of an attempt, from all events about it that were seen, at least one."""
    by_state: dict[State, Seen] = {}
    for event in sorted(_whole(events), key=lambda e: (e.decision or 0, e.at)):
        by_state[event.state] = event
    governing = _governing(by_state)
    account = _account(governing.state, by_state)
    read = by_state.get(State.VALIDATED) or by_state.get(State.RETURNED)
    counted = by_state.get(_COUNTED[account]) if account in _COUNTED else read
    return Status(
        state=governing.state,
        since=governing.at,
        account=account,
        decision=max((e.decision for e in events if e.decision is not None), default=None),
        figures_read=read.figures if read else None,
        figures=(counted.figures if counted else None) or 0,
        detail=_detail(governing, by_state),
    )


_WITHOUT_VALIDATION = (State.RECEIVED, State.RETURNED, State.WITHDRAWN)


def _whole(events: Collection[Seen]) -> Collection[Seen]:
    """The events that can be told with all that belongs to them; that it was received, where there is none."""
    if any(event.state is State.VALIDATED for event in events):
        return events
    told = [event for event in events if event.state in _WITHOUT_VALIDATION]
    return told or [Seen(State.RECEIVED, min(event.at for event in events))]


def _governing(by_state: Mapping[State, Seen]) -> Seen:
    decisions = [event for event in by_state.values() if event.decision is not None]
    decided = max(decisions, key=lambda event: event.decision or 0, default=None)
    stored = by_state.get(State.STORED)
    if stored and (decided is None or decided.state is State.CLEARED):
        return stored
    candidates = (
        decided,
        by_state.get(State.RETURNED),
        by_state.get(State.VALIDATED),
        by_state.get(State.RECEIVED),
    )
    return next(event for event in candidates if event)


def _account(state: State, by_state: Mapping[State, Seen]) -> Account:
    if state in (State.RETURNED, State.WITHHELD, State.HELD, State.WITHDRAWN):
        return Account(state.value)
    if state is State.SUPERSEDED and State.HELD in by_state and State.CLEARED not in by_state:
        return Account.SUPERSEDED
    return Account.STORED if State.STORED in by_state else Account.IN_FLIGHT


_CLEARED = (State.CLEARED, State.STORED, State.SUPERSEDED)


def _detail(governing: Seen, by_state: Mapping[State, Seen]) -> dict[str, Any]:
    """What belongs to the state, and what validation and the clearing decision found."""
    detail: dict[str, Any] = {}
    for state in (State.VALIDATED, State.RETURNED):
        if state in by_state:
            detail |= by_state[state].detail or {}
    if governing.state in _CLEARED and State.CLEARED in by_state:
        detail |= by_state[State.CLEARED].detail or {}
    return detail | dict(governing.detail or {})
