"""The decision about one attempt: pure, from facts to a verdict that names its articles.

Default deny, a forbid wins, and whatever is missing or raises means *held*: a person looks at it. What is held waits
for that person: `waived` names the policies whose hold was lifted. A forbid that withholds can't be waived.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cedarpy

from services.events.common import Article
from services.events.policy import AudienceKind, CellFinding, Copy, Reason, Release, ReleaseState
from services.policy.evidence.finding import Finding, shown
from services.policy.law.case import Case
from services.policy.law.policies import Choice, Library, Policy, library, policy_set
from services.policy.law.verdict import (
    ACCEPTANCE,
    COMPILERS,
    Audience,
    Decision,
    Verdict,
    in_order,
    reason,
)

ACTION = {"type": "Action", "id": "use"}
Attributes = tuple[tuple[str, Any], ...]
"""Names and values of an entity, or of the context, for Cedar: hashable."""
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
    answer = _asked(case, audience, binding.policies, schema)
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
    why = "shrinking" if case.lost else ACCEPTANCE
    reasons = (*decision.reasons, reason(ACCEPTANCE, "R58", f"policy.{why}"))
    return replace(decision, verdict=Verdict.HELD, reasons=reasons, releases=())


@dataclass(frozen=True)
class _Answer:
    allowed: bool
    determining: frozenset[str]
    failed: bool


def _asked(
    case: Case, audience: Audience, policies: tuple[Policy, ...], schema: cedarpy.Schema
) -> _Answer:
    try:
        return _answer(policies, schema, audience, _attempt(case), _context(case))
    # Whatever goes wrong in the engine, the attempt waits for a person: it is never let through.
    except Exception:
        return _Answer(False, frozenset(), True)


@lru_cache(maxsize=8192)
def _answer(
    policies: tuple[Policy, ...],
    schema: cedarpy.Schema,
    audience: Audience,
    attempt: Attributes,
    context: Attributes,
) -> _Answer:
    """What Cedar says; the same facts are asked about once."""
    request: dict[str, Any] = {
        "principal": {"type": "Audience", "id": audience.id},
        "action": ACTION,
        "resource": {"type": "Attempt", "id": "attempt"},
        "context": dict(context),
    }
    entities = [
        _entity("Audience", audience.id, {"kind": audience.kind, "id": audience.id}),
        _entity("Attempt", "attempt", dict(attempt)),
    ]
    answer = cedarpy.is_authorized(request, policy_set(policies), entities, schema=schema)
    failed = bool(answer.diagnostics.errors) or answer.decision is cedarpy.Decision.NoDecision
    return _Answer(answer.allowed, frozenset(answer.diagnostics.reasons), failed)


def _attempt(case: Case) -> Attributes:
    return (
        ("classification", case.classification),
        ("markings", _kinds(case.markings)),
        ("regime", case.regime),
        ("identifiers", _kinds(case.findings or ())),
        ("demanded", tuple(sorted(case.demanded or ()))),
        ("consent", case.consent),
        ("agreement", case.agreement),
        ("errors", case.errors),
        ("integrity", case.integrity),
        ("recipients", tuple(sorted(case.recipients or ()))),
        ("named", tuple(sorted(case.named))),
        ("work_secret", case.work_secret.value),
        ("unpublished", case.unpublished),
        ("conf_status", case.flags.conf_status),
        ("conf_redist", tuple(sorted(case.flags.recipients))),
    )


def _context(case: Case) -> Attributes:
    return ("published", case.published), ("private_interest", case.private_interest)


def _kinds(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.kind for finding in findings}))


def _entity(kind: str, id_: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": id_}, "attrs": attributes, "parents": []}


def _evaluated(case: Case, audience: Audience, choice: Choice, answer: _Answer) -> Decision:
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


def _articles(policies: Iterable[Policy], answer: _Answer) -> tuple[Article, ...]:
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
