"""What the engine of the policies (Cedar) is asked about an attempt, and what it answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cedarpy

from services.policy.evidence.finding import Finding
from services.policy.law.case import Case
from services.policy.law.policies import Policy, policy_set
from services.policy.law.verdict import Audience

ACTION = {"type": "Action", "id": "use"}
Attributes = tuple[tuple[str, Any], ...]
"""Names and values of an entity, or of the context, for Cedar: hashable."""


@dataclass(frozen=True)
class Answer:
    """What Cedar says: whether it permits, by which policies; `failed` where it could not tell."""

    allowed: bool
    determining: frozenset[str]
    failed: bool


def asked(
    case: Case, audience: Audience, policies: tuple[Policy, ...], schema: cedarpy.Schema
) -> Answer:
    """What the policies say of an attempt for an audience; never raises."""
    try:
        return _answer(policies, schema, audience, _attempt(case), _context(case))
    # Whatever goes wrong in the engine, the attempt waits for a person: it is never let through.
    except Exception:
        return Answer(False, frozenset(), True)


@lru_cache(maxsize=8192)
def _answer(
    policies: tuple[Policy, ...],
    schema: cedarpy.Schema,
    audience: Audience,
    attempt: Attributes,
    context: Attributes,
) -> Answer:
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
    return Answer(answer.allowed, frozenset(answer.diagnostics.reasons), failed)


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
