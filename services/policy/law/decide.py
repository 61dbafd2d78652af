"""The decision about one attempt: pure, from facts to a verdict that names its articles.

Default deny, a forbid wins, and whatever is missing or raises means *held*: a person looks at it. What is held waits
for that person: `waived` names the policies whose hold was lifted. A forbid that withholds can't be waived.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.events.common import Article
from services.events.policy import AudienceKind, CellFinding, Copy, Reason, Release, ReleaseState
from services.policy.evidence.finding import shown
from services.policy.law.case import Case
from services.policy.law.cedar import Answer, asked
from services.policy.law.policies import Choice, Library, Policy, library
from services.policy.law.verdict import (
    ACCEPTANCE,
    COMPILERS,
    Audience,
    Decision,
    Verdict,
    in_order,
    reason,
)

NEEDED = (
    "classification",
    "regime",
    "findings",
    "demanded",
    "errors",
    "integrity",
    "recipients",
)


def decide(case: Case, audience: Audience = COMPILERS, policies: Library | None = None) -> Decision:
    """Whether `audience` may use the attempt. `case.instruments` are those in force on the day."""
    choice = (policies or library()).chosen(case.instruments, case.province)
    checked = tuple(policy.id for policy in choice.policies)
    undecided = _undecided(case, choice)
    if undecided:
        return Decision(Verdict.HELD, checked, undecided)
    schema = (policies or library()).schema
    binding = Choice(_binding(choice.policies, case.waived), choice.open_matters)
    answer = asked(case, audience, binding.policies, schema)
    decision = replace(_evaluated(case, audience, binding, answer), checked=checked)
    return _awaiting(case, decision) if _awaits(case, audience, decision) else decision


def _binding(policies: tuple[Policy, ...], waived: frozenset[str]) -> tuple[Policy, ...]:
    """The policies without those whose hold a person lifted."""
    return tuple(
        policy
        for policy in policies
        if policy.verdict is not Verdict.HELD or policy.id not in waived
    )


def _awaits(case: Case, audience: Audience, decision: Decision) -> bool:
    """Whether a room has to accept it. Only what is let through to the compilers, or held, can be accepted."""
    rest = audience == COMPILERS and decision.verdict is not Verdict.WITHHELD
    return case.needs_acceptance and rest


def _awaiting(case: Case, decision: Decision) -> Decision:
    named = {
        "after-closing": case.is_after_closing,
        "unexplained": case.is_unexplained,
        "shrinking": case.lost,
    }
    why = [name for name, is_so in named.items() if is_so] or [ACCEPTANCE]
    added = (reason(ACCEPTANCE, "R58", f"policy.{name}") for name in why)
    reasons = (*decision.reasons, *added)
    return replace(decision, verdict=Verdict.HELD, reasons=reasons, releases=())


def _evaluated(case: Case, audience: Audience, choice: Choice, answer: Answer) -> Decision:
    checked = tuple(policy.id for policy in choice.policies)
    forbids = [policy for policy in choice.policies if policy.id in answer.determining]
    forbids = [policy for policy in forbids if policy.verdict is not Verdict.CLEARED]
    # What decides comes first.
    forbids.sort(key=lambda policy: policy.verdict is not Verdict.WITHHELD)
    reasons = tuple(_reason(policy, case) for policy in forbids)
    if answer.failed:
        return Decision(Verdict.HELD, checked, (*reasons, _held("error")))
    if answer.allowed:
        release = Release(
            audience_kind=AudienceKind(audience.kind),
            audience_id=audience.id,
            state=ReleaseState.GRANTED,
            copy=Copy.FULL,
            articles=_articles(choice.policies, answer),
        )
        return Decision(Verdict.CLEARED, checked, releases=(release,))
    if not reasons:
        return Decision(Verdict.HELD, checked, (_held("not-permitted"),))
    withheld = any(policy.verdict is Verdict.WITHHELD for policy in forbids)
    reviewers = max(policy.reviewers for policy in forbids)
    verdict = Verdict.WITHHELD if withheld else Verdict.HELD
    leadership = any(policy.leadership for policy in forbids)
    return Decision(verdict, checked, reasons, reviewers=reviewers, leadership=leadership)


def _articles(policies: Iterable[Policy], answer: Answer) -> tuple[Article, ...]:
    """What permitted it, and the articles that did not forbid it."""
    return in_order(
        Article(instrument=policy.instrument, article=policy.article, clause=policy.clause)
        for policy in policies
        if policy.instrument
        and (policy.verdict is not Verdict.CLEARED or policy.id in answer.determining)
    )


def _reason(policy: Policy, case: Case) -> Reason:
    shown_with = {
        "policy.identifiers": case.findings or (),
        "policy.secret-suspected": case.markings,
    }
    return Reason(
        policy=policy.id,
        requirement=policy.requirement,
        message=policy.message,
        instrument=policy.instrument,
        article=policy.article,
        clause=policy.clause,
        cells=tuple(
            CellFinding(**vars(finding)) for finding in shown(shown_with.get(policy.message, ()))
        ),
    )


def _undecided(case: Case, choice: Choice) -> tuple[Reason, ...]:
    absent = [name for name in NEEDED if getattr(case, name) is None]
    return (
        *(_held(f"{entry}-missing") for entry in case.missing),
        *(reason(f"fact.{name}", "", "policy.fact-missing") for name in absent),
        *(_held("no-law", matter) for matter in choice.open_matters),
    )


def _held(why: str, requirement: str = "") -> Reason:
    return reason(f"policy.{why}", requirement, f"policy.{why}")
