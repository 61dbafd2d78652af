"""Why a decision is what it is, and what would change it. Pure: facts and articles, never a value of the workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from services.model.flags import FREE, NONE
from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.policies import Library
from services.policy.law.verdict import COMPILERS, KINDS, Audience, Decision, Verdict, WorkSecret

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """Facts that would have to be otherwise, each with its message, and the verdict then."""

    facts: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True)
class Explanation:
    """A decision with the facts that it was made from, and the smallest changes that would flip it."""

    audience: Audience
    facts: Facts
    decision: Decision
    changes: tuple[Change, ...]


def explained(
    case: Case, audience: Audience = COMPILERS, policies: Library | None = None
) -> Explanation:
    """The decision about the case, and what would change it: one fact, or else two."""
    decision = decide(case, audience, policies)
    return Explanation(audience, facts_of(case), decision, _changes(case, audience, policies))


def facts_of(case: Case) -> Facts:
    """The facts that the policies ask about, as they can be shown: kinds and counts."""
    return {
        "classification": case.classification,
        "markings": sorted({marking.kind for marking in case.markings}),
        "regime": case.regime,
        "identifiers": None
        if case.findings is None
        else sorted({finding.kind for finding in case.findings}),
        "demanded": None if case.demanded is None else sorted(case.demanded),
        "consent": case.consent,
        "agreement": case.agreement,
        "errors": case.errors,
        "integrity": case.integrity,
        "recipients": None if case.recipients is None else sorted(case.recipients),
        "named": sorted(case.named),
        "province": case.province,
        "work_secret": case.work_secret.value,
        "unpublished": case.unpublished,
        "conf_status": case.flags.conf_status,
        "conf_redist": sorted(case.flags.recipients),
        "published": case.published,
        "private_interest": case.private_interest,
        "needs_acceptance": case.needs_acceptance,
        "missing": list(case.missing),
        "waived": sorted(case.waived),
    }


def alternatives(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What could be otherwise, each as `policy.if.<name>` of the messages says it."""
    if case.classification != "public":
        yield "public", {"classification": "public"}
    if case.markings:
        yield "unmarked", {"markings": ()}
    if case.work_secret is not WorkSecret.NO:
        yield "open", {"work_secret": WorkSecret.NO}
    if case.regime == "sharing" and case.unpublished:
        yield "issued", {"unpublished": False}
    if case.regime == "sharing":
        yield "duty", {"regime": "coordination"}
    if case.findings or case.findings is None:
        yield "unnamed", {"findings": ()}
    if case.findings and not case.consent:
        yield "consent", {"consent": True}
    kinds = frozenset(finding.kind for finding in case.findings or ())
    if not kinds <= (case.demanded or frozenset()):
        yield "demanded", {"demanded": (case.demanded or frozenset()) | kinds}
    if case.errors:
        yield "correct", {"errors": 0}
    if case.integrity != "intact":
        yield "intact", {"integrity": "intact"}
    if case.recipients is not None and case.recipients != KINDS:
        yield "onward", {"recipients": KINDS}
    if case.agreement == "expired":
        yield "renewed", {"agreement": "in_force"}
    if case.flags.conf_status != FREE:
        yield "free", {"flags": NONE}
    if not case.published:
        yield "published", {"published": True}
    if case.private_interest:
        yield "official", {"private_interest": False}
    if case.needs_acceptance:
        yield "accepted", {"needs_acceptance": False}
    if case.missing:
        yield "catalogued", {"missing": ()}


def _changes(case: Case, audience: Audience, policies: Library | None) -> tuple[Change, ...]:
    """The smallest sets of alternatives after which it is cleared, or else decided otherwise."""
    now = decide(case, audience, policies).verdict
    found: list[Change] = []
    options = list(alternatives(case))
    for size in (1, 2):
        for chosen in combinations(options, size):
            changed = replace(case, **{k: v for _, facts in chosen for k, v in facts.items()})
            verdict = decide(changed, audience, policies).verdict
            if verdict is not now:
                found.append(Change(tuple(name for name, _ in chosen), verdict))
        if any(change.verdict is Verdict.CLEARED for change in found):
            break
    cleared = [change for change in found if change.verdict is Verdict.CLEARED]
    return tuple(cleared or [change for change in found if len(change.facts) == 1])


def plain(explanation: Explanation) -> dict[str, Any]:
    """For the API: data of JSON."""
    decision = explanation.decision
    return {
        "audience_kind": explanation.audience.kind,
        "audience_id": explanation.audience.id,
        "facts": dict(explanation.facts),
        "verdict": decision.verdict.value,
        "policies": list(decision.checked),
        "reasons": [asdict(reason) for reason in decision.reasons],
        "articles": [asdict(article) for article in decision.articles],
        "reviewers": decision.reviewers,
        "changes": [
            {"facts": list(change.facts), "verdict": change.verdict.value}
            for change in explanation.changes
        ],
    }
