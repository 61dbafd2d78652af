"""What is answered to those who ask for a figure. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.events.policy import ReleaseState
from services.model.regulation import day
from services.policy.decisions.case import case_of
from services.policy.decisions.facts import Answer, Asked, Attempt, Facts
from services.policy.decisions.parts import Part, parts
from services.policy.law.policies import library
from services.policy.law.verdict import BY_KIND, Audience, in_order

NOT_HERE = "policy.absent"
HARMFUL = "policy.harmful"
JUDGED = "R21"
"""Whether a private interest harms others is for a person to judge; the policies on it hold until then."""


def absent(asked: Asked, at: datetime) -> Answer:
    """The answer while no cleared submission holds the figure: it waits for one."""
    return _next(asked, Answer(0, ReleaseState.PENDING, NOT_HERE, (), None, at))


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


def _judged_policies() -> frozenset[str]:
    return frozenset(policy.id for policy in library().policies if policy.requirement == JUDGED)


def _waits(part: Part, at: datetime) -> bool:
    later = part.not_before is not None and part.not_before > at
    return part.state != ReleaseState.GRANTED or later


def _next(asked: Asked, answer: Answer) -> Answer:
    """The answer with its number; the one before where it says the same."""
    before = asked.answer
    if before is None:
        return replace(answer, decision=1)
    if replace(answer, decision=before.decision, at=before.at) == before:
        return before
    return replace(answer, decision=before.decision + 1)
