"""What is answered to those who ask for a figure, and the releases that follow for their audiences. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.events.common import Article
from services.events.policy import (
    AudienceKind,
    Copy,
    Release,
    ReleasedFigure,
    ReleasedFlags,
    ReleaseState,
)
from services.model.flags import NONE, Combination, Flags
from services.model.regulation import day
from services.policy.decisions.case import case_of
from services.policy.decisions.facts import Answer, Asked, Attempt, Facts
from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.policies import library
from services.policy.law.verdict import (
    BY_KIND,
    COMPILERS,
    Audience,
    Decision,
    Verdict,
    in_order,
)

STATES = tuple(ReleaseState)
"""The states of a release and of a request; what comes first counts most."""
BEFORE_ALL = frozenset({COMPILERS.kind, *BY_KIND})
"""Kinds of audience that no embargo stops, also not the time that a sender sets for others."""
NOT_HERE = "policy.absent"
HARMFUL = "policy.harmful"
JUDGED = "R21"
"""Whether a private interest harms others is for a person to judge; the policies on it hold until then."""


def absent(asked: Asked, at: datetime) -> Answer:
    """The answer while no cleared submission holds the figure: it waits for one."""
    return _next(asked, Answer(0, ReleaseState.PENDING, NOT_HERE, (), None, at))


@dataclass(frozen=True)
class Part:
    """What is decided alike about figures with some combinations of flags; `flags` is None where those are all."""

    state: ReleaseState
    message: str
    articles: tuple[Article, ...]
    not_before: datetime | None
    flags: tuple[Flags, ...] | None


def answered(
    asked: Asked, attempt: Attempt, facts: Facts, at: datetime
) -> tuple[Answer, tuple[Part, ...]]:
    """The answer from the attempt that is current, the one before where nothing of it changes; and its parts."""
    figure = asked.figure
    form = facts.forms.get(attempt.head.form_version)
    is_system = form is None or figure.indicator_list in form.systems
    published = not is_system or figure in facts.released
    judged = asked.judgement
    waived = attempt.waived | (_judged_policies() if judged and judged.is_harmless else frozenset())
    audience = asked.audience
    if is_system and audience.kind in BY_KIND and audience not in facts.standing:
        # The committee of another province reads no sooner than others do.
        audience = Audience("agency", audience.id)
    case = case_of(
        attempt.head, attempt.evidence, facts, day(at), waived,
        audience=audience, published=published,
        private_interest=asked.needs_judgement(facts.item),
    )  # fmt: skip
    found = parts(case, audience, attempt)
    articles = in_order(article for part in found for article in part.articles)
    if judged and not judged.is_harmless:
        found = (Part(ReleaseState.DENIED, HARMFUL, articles, None, None),)
    first = found[0]
    message = first.message
    if first.state == ReleaseState.GRANTED and is_system and published:
        message = "policy.published"
    if first.state == ReleaseState.GRANTED and any(_waits(part, at) for part in found):
        message = "policy.granted-in-part"
    submission = attempt.head.submission_id
    return _next(asked, Answer(0, first.state, message, articles, submission, at)), found


def standing(attempt: Attempt, facts: Facts, at: datetime) -> tuple[Release, ...]:
    """The releases of the whole attempt to those to whom the office reports it without a request."""
    about = (attempt.head, attempt.evidence, facts, day(at), attempt.waived)
    return tuple(
        _release(audience, part, part.articles, None)
        for audience in facts.standing
        for part in parts(case_of(*about, audience=audience), audience, attempt)
    )


def _judged_policies() -> frozenset[str]:
    return frozenset(policy.id for policy in library().policies if policy.requirement == JUDGED)


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
    return tuple(sorted(found, key=_rank))


def releases(asked: Iterable[tuple[Asked, tuple[Part, ...]]]) -> tuple[Release, ...]:
    """For each audience what of the figures is granted to it, or else pending, or else denied.

    That is one release, or where the flags differ one for each set of combinations and time before which it isn't.
    """
    audiences: dict[Audience, list[tuple[Asked, Part]]] = {}
    for one, found in asked:
        audiences.setdefault(one.audience, []).extend((one, part) for part in found)
    return tuple(
        release
        for audience in sorted(audiences, key=lambda audience: (audience.kind, audience.id))
        for release in _releases(audience, audiences[audience])
    )


def _releases(audience: Audience, found: list[tuple[Asked, Part]]) -> list[Release]:
    state = min((part.state for _, part in found), key=STATES.index)
    alike: dict[Part, list[tuple[Asked, Part]]] = {}
    for one, part in found:
        if part.state == state:
            alike.setdefault(replace(part, message="", articles=()), []).append((one, part))
    return [
        _release(
            audience,
            part,
            in_order(article for _, one in alike[part] for article in one.articles),
            tuple(figure.named() for figure in sorted({one.figure for one, _ in alike[part]})),
        )
        for part in sorted(alike, key=lambda release: (release.flags is not None, _rank(release)))
    ]


def _release(
    audience: Audience,
    part: Part,
    articles: tuple[Article, ...],
    only: tuple[ReleasedFigure, ...] | None,
) -> Release:
    return Release(
        audience_kind=AudienceKind(audience.kind),
        audience_id=audience.id,
        state=part.state,
        copy=Copy.FULL,
        not_before=part.not_before,
        articles=articles,
        only=only,
        flags=None if part.flags is None else _named(part.flags),
    )


def _named(flags: Iterable[Flags]) -> tuple[ReleasedFlags, ...]:
    return tuple(ReleasedFlags(**vars(flag)) for flag in flags)


def _waits(part: Part, at: datetime) -> bool:
    later = part.not_before is not None and part.not_before > at
    return part.state != ReleaseState.GRANTED or later


def _rank(part: Part) -> tuple[Any, ...]:
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


def _next(asked: Asked, answer: Answer) -> Answer:
    """The answer with its number; the one before where it says the same."""
    before = asked.answer
    if before is None:
        return replace(answer, decision=1)
    if replace(answer, decision=before.decision, at=before.at) == before:
        return before
    return replace(answer, decision=before.decision + 1)
