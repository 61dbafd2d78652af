"""What is answered to those who ask for a figure, and the releases that follow for their audiences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.model.regulation import day
from services.policy.facts.values import Answer, Asked, Attempt, Facts
from services.policy.law.case import case_of
from services.policy.law.decide import decide
from services.policy.law.policies import library
from services.policy.law.verdict import Article, Audience, Decision, Release, Verdict, place

GRANTED, PENDING, DENIED = "granted", "pending", "denied"
"""The states of a release and of a request; what comes first counts most."""
NOT_HERE = "policy.absent"
HARMFUL = "policy.harmful"
JUDGED = "R21"
"""Whether a private interest harms others is for a person to judge; the policies on it hold until then."""


def absent(asked: Asked, at: datetime) -> Answer:
    """The answer while no cleared submission holds the figure: it waits for one."""
    return _next(asked, Answer(0, PENDING, NOT_HERE, (), None, at))


def answered(asked: Asked, attempt: Attempt, facts: Facts, at: datetime) -> Answer:
    """The answer from the attempt that is current; the one before where nothing of it changes."""
    figure = asked.figure
    form = facts.forms.get(attempt.head["form_version"])
    is_system = form is None or figure.indicator_list in form.systems
    published = not is_system or figure in facts.released
    judged = asked.judgement
    waived = attempt.waived | (_judged_policies() if judged and judged.is_harmless else frozenset())
    case = case_of(
        attempt.head, attempt.evidence, facts, day(at), waived,
        published=published, private_interest=asked.private_interest,
    )  # fmt: skip
    decision = decide(case, asked.audience)
    state, message = _state(decision)
    if judged and not judged.is_harmless:
        state, message = DENIED, HARMFUL
    if state == GRANTED and is_system and published:
        message = "policy.published"
    articles = tuple(asdict(one) for one in decision.articles)
    submission = str(attempt.head["submission_id"])
    return _next(asked, Answer(0, state, message, articles, submission, at))


def _judged_policies() -> frozenset[str]:
    return frozenset(one.id for one in library().policies if one.requirement == JUDGED)


def releases(asked: Iterable[tuple[Asked, Answer]]) -> tuple[dict[str, Any], ...]:
    """One release for each audience: of the figures that are granted to it, or else pending, or else denied."""
    audiences: dict[Audience, dict[str, list[tuple[Asked, Answer]]]] = {}
    for one, answer in asked:
        audiences.setdefault(one.audience, {}).setdefault(answer.state, []).append((one, answer))
    return tuple(
        _release(audience, audiences[audience])
        for audience in sorted(audiences, key=lambda one: (one.kind, one.id))
    )


def plain(release: Release) -> dict[str, Any]:
    """A release of the whole submission, as the event has it."""
    articles = [asdict(article) for article in release.articles]
    return _plain(release.audience, release.state, articles, None)


def _release(
    audience: Audience, states: Mapping[str, list[tuple[Asked, Answer]]]
) -> dict[str, Any]:
    state = next(one for one in (GRANTED, PENDING, DENIED) if one in states)
    figures = sorted({one.figure for one, _ in states[state]})
    named = {Article(**article) for _, answer in states[state] for article in answer.articles}
    articles = [asdict(article) for article in sorted(named, key=place)]
    return _plain(audience, state, articles, [figure.named() for figure in figures])


def _plain(
    audience: Audience,
    state: str,
    articles: list[dict[str, Any]],
    only: list[dict[str, str]] | None,
) -> dict[str, Any]:
    return {
        "audience_kind": audience.kind,
        "audience_id": audience.id,
        "state": state,
        "copy": "full",
        "object": None,
        "not_before": None,
        "articles": articles,
        "only": only,
    }


def _state(decision: Decision) -> tuple[str, str]:
    """Granted, pending or denied, and the message that explains it. What nothing permits is denied."""
    if decision.verdict is Verdict.CLEARED:
        return GRANTED, "policy.granted"
    message = decision.reasons[0].message
    waits = decision.verdict is Verdict.HELD and message != "policy.not-permitted"
    return (PENDING if waits else DENIED), message


def _next(asked: Asked, answer: Answer) -> Answer:
    before = asked.answer
    if before is None:
        return _numbered(answer, 1)
    if (before.state, before.message, before.articles, before.submission_id) == (
        answer.state,
        answer.message,
        answer.articles,
        answer.submission_id,
    ):
        return before
    return _numbered(answer, before.decision + 1)


def _numbered(answer: Answer, decision: int) -> Answer:
    return Answer(
        decision, answer.state, answer.message, answer.articles, answer.submission_id, answer.at
    )
