"""The parts of an attempt, by the flags of its figures: what is decided about each for an audience. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.events.common import Article
from services.events.policy import ReleaseState
from services.model.flags import NONE, Combination, Flags
from services.policy.decisions.facts import Attempt
from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.verdict import BY_KIND, COMPILERS, Audience, Decision, Verdict

STATES = tuple(ReleaseState)
"""The states of a release and of a request; what comes first counts most."""
BEFORE_ALL = frozenset({COMPILERS.kind, *BY_KIND})
"""Kinds of audience that no embargo stops, also not the time that a sender sets for others."""


@dataclass(frozen=True)
class Part:
    """What is decided alike about figures with some combinations of flags; `flags` is None where those are all."""

    state: ReleaseState
    message: str
    articles: tuple[Article, ...]
    not_before: datetime | None
    flags: tuple[Flags, ...] | None


def parts(case: Case, audience: Audience, attempt: Attempt) -> tuple[Part, ...]:
    """What is decided about each distinct combination of flags of an attempt, alike ones together; the best first."""
    combinations = attempt.evidence.flags or (Combination(NONE, attempt.figures),)
    alike: dict[Part, list[Flags]] = {}
    for combination in combinations:
        decision = decide(replace(case, flags=combination.flags), audience)
        state, message = _state(decision)
        waits = state != ReleaseState.DENIED and audience.kind not in BEFORE_ALL
        not_before = combination.flags.embargo_time if waits else None
        part = Part(state, message, decision.articles, not_before, None)
        alike.setdefault(part, []).append(combination.flags)
    # What the event of validation had no place for is in no release.
    named = sum(combination.figures for combination in combinations)
    if len(alike) == 1 and named == attempt.figures:
        return tuple(alike)
    found = (replace(part, flags=_sorted(flags)) for part, flags in alike.items())
    return tuple(sorted(found, key=rank))


def rank(part: Part) -> tuple[Any, ...]:
    """What comes first counts most."""
    time = part.not_before.isoformat() if part.not_before else ""
    return STATES.index(part.state), time, [_order(flag) for flag in part.flags or ()], part.message


def _sorted(flags: Iterable[Flags]) -> tuple[Flags, ...]:
    return tuple(sorted(flags, key=_order))


def _order(flags: Flags) -> tuple[str, str, str]:
    time = flags.embargo_time.isoformat() if flags.embargo_time else ""
    return flags.conf_status, flags.conf_redist, time


def _state(decision: Decision) -> tuple[ReleaseState, str]:
    """Granted, pending or denied, and the message that explains it. What nothing permits is denied."""
    if decision.verdict is Verdict.CLEARED:
        return ReleaseState.GRANTED, "policy.granted"
    message = decision.reasons[0].message
    waits = decision.verdict is Verdict.HELD and message != "policy.not-permitted"
    return (ReleaseState.PENDING if waits else ReleaseState.DENIED), message
