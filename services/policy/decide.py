"""The decision about one attempt: pure, from facts to a verdict that names its articles.

Default deny, a forbid wins, and whatever is missing or raises means *held*: a person looks at it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy

from services.model.regulation import Instrument
from services.policy.identifiers import Finding
from services.policy.policies import Choice, Library, Policy, Verdict, library, policy_set

ACTION = {"type": "Action", "id": "use"}
# An event has at most 1 MB; a long list of cells tells a reader no more than its beginning.
MAX_CELLS = 60
NEEDED = (
    "classification",
    "regime",
    "findings",
    "demanded",
    "errors",
    "integrity",
    "recipients",
)


@dataclass(frozen=True)
class Audience:
    """Who wants to use the figures."""

    kind: str
    id: str


COMPILERS = Audience("compilers", "grdp")


@dataclass(frozen=True)
class Case:
    """What is known of one attempt. None is a missing fact, and with one missing nothing is cleared.

    `missing` names entries of the catalogue that were not found: form, sender.
    """

    classification: str | None
    regime: str | None
    findings: tuple[Finding, ...] | None
    demanded: frozenset[str] | None
    errors: int | None
    integrity: str | None
    recipients: frozenset[str] | None
    province: str | None
    instruments: tuple[Instrument, ...]
    consent: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Article:
    """An article that a decision rests on."""

    instrument: str
    article: str
    clause: str | None


@dataclass(frozen=True)
class Reason:
    """Why an attempt is not cleared; `cells` show where, never what."""

    policy: str
    requirement: str
    message: str
    instrument: str = ""
    article: str = ""
    clause: str | None = None
    cells: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Release:
    """That an audience may use the attempt, and what that rests on."""

    audience: Audience
    state: str
    copy: str
    articles: tuple[Article, ...]


@dataclass(frozen=True)
class Decision:
    """A verdict, the policies that were evaluated, and the reasons or the releases."""

    verdict: Verdict
    checked: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    releases: tuple[Release, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article that the decision names, each once."""
        named = {Article(one.instrument, one.article, one.clause) for one in self.reasons}
        named |= {article for release in self.releases for article in release.articles}
        return tuple(sorted((one for one in named if one.instrument), key=_place))


def decide(case: Case, audience: Audience = COMPILERS, policies: Library | None = None) -> Decision:
    """Whether `audience` may use the attempt. `case.instruments` are those in force on the day."""
    choice = (policies or library()).chosen(case.instruments, case.province)
    checked = tuple(policy.id for policy in choice.policies)
    undecided = _undecided(case, choice)
    if undecided:
        return Decision(Verdict.HELD, checked, undecided)
    schema = (policies or library()).schema
    return _evaluated(case, audience, choice, _asked(case, audience, choice.policies, schema))


@dataclass(frozen=True)
class _Answer:
    allowed: bool
    determining: frozenset[str]
    failed: bool


def _asked(
    case: Case, audience: Audience, policies: tuple[Policy, ...], schema: cedarpy.Schema
) -> _Answer:
    request: dict[str, Any] = {
        "principal": {"type": "Audience", "id": audience.id},
        "action": ACTION,
        "resource": {"type": "Attempt", "id": "attempt"},
        "context": {},
    }
    try:
        answer = cedarpy.is_authorized(
            request, policy_set(policies), _entities(case, audience), schema=schema
        )
    # Whatever goes wrong in the engine, the attempt waits for a person: it is never let through.
    except Exception:
        return _Answer(False, frozenset(), True)
    failed = bool(answer.diagnostics.errors) or answer.decision is cedarpy.Decision.NoDecision
    return _Answer(answer.allowed, frozenset(answer.diagnostics.reasons), failed)


def _entities(case: Case, audience: Audience) -> list[dict[str, Any]]:
    attempt = {
        "classification": case.classification,
        "regime": case.regime,
        "identifiers": sorted({finding.kind for finding in case.findings or ()}),
        "demanded": sorted(case.demanded or ()),
        "consent": case.consent,
        "errors": case.errors,
        "integrity": case.integrity,
        "recipients": sorted(case.recipients or ()),
    }
    return [
        _entity("Audience", audience.id, {"kind": audience.kind}),
        _entity("Attempt", "attempt", attempt),
    ]


def _entity(kind: str, id_: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": id_}, "attrs": attributes, "parents": []}


def _evaluated(case: Case, audience: Audience, choice: Choice, answer: _Answer) -> Decision:
    checked = tuple(policy.id for policy in choice.policies)
    forbids = [policy for policy in choice.policies if policy.id in answer.determining]
    forbids = [policy for policy in forbids if policy.verdict is not Verdict.CLEARED]
    reasons = tuple(_reason(policy, case) for policy in forbids)
    if answer.failed:
        return Decision(Verdict.HELD, checked, (*reasons, _held("error")))
    if answer.allowed:
        release = Release(audience, "granted", "full", _articles(choice.policies, answer))
        return Decision(Verdict.CLEARED, checked, releases=(release,))
    if not reasons:
        return Decision(Verdict.HELD, checked, (_held("not-permitted"),))
    withheld = any(policy.verdict is Verdict.WITHHELD for policy in forbids)
    return Decision(Verdict.WITHHELD if withheld else Verdict.HELD, checked, reasons)


def _articles(policies: Iterable[Policy], answer: _Answer) -> tuple[Article, ...]:
    """What permitted it, and the articles that did not forbid it."""
    named = {
        Article(policy.instrument, policy.article, policy.clause)
        for policy in policies
        if policy.instrument
        and (policy.verdict is not Verdict.CLEARED or policy.id in answer.determining)
    }
    return tuple(sorted(named, key=_place))


def _place(one: Article) -> tuple[str, str, str]:
    return one.instrument, one.article, one.clause or ""


def _reason(policy: Policy, case: Case) -> Reason:
    about_identifiers = policy.message == "policy.identifiers"
    return Reason(
        policy=policy.id,
        requirement=policy.requirement,
        message=policy.message,
        instrument=policy.instrument,
        article=policy.article,
        clause=policy.clause,
        cells=_shown(case.findings or ()) if about_identifiers else (),
    )


def _shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first cells of each kind, so that no kind hides behind a long column of another."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    each = MAX_CELLS // max(len(kinds), 1)
    return tuple(finding for found in kinds.values() for finding in found[:each])


def _undecided(case: Case, choice: Choice) -> tuple[Reason, ...]:
    absent = [name for name in NEEDED if getattr(case, name) is None]
    return (
        *(_held(f"{entry}-missing") for entry in case.missing),
        *(Reason(f"fact.{name}", "", "policy.fact-missing") for name in absent),
        *(_held("no-law", matter) for matter in choice.open_matters),
    )


def _held(why: str, requirement: str = "") -> Reason:
    return Reason(f"policy.{why}", requirement, f"policy.{why}")
