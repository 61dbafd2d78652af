"""Audience by class of information: what the policies decide, and by which article. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.events.common import Article
from services.model.flags import Flags
from services.model.regulation import Instrument
from services.policy.evidence.finding import Finding
from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.policies import Library
from services.policy.law.verdict import (
    COMPILERS,
    KINDS,
    Audience,
    Verdict,
    WorkSecret,
    in_order,
    named_by,
)

AUDIENCES = (
    COMPILERS,
    Audience("room", ""),
    Audience("agency", ""),
    Audience("provincial_committee", ""),
    Audience("national_office", ""),
    Audience("user_group", ""),
)
_NAME = Finding("", "", "person_name")
CLASSES: Mapping[str, Mapping[str, Any]] = {
    "published": {"published": True},
    "unpublished": {},
    "shared": {"regime": "sharing", "published": True},
    "demanded_names": {
        "findings": (_NAME,), "demanded": frozenset({"person_name"}), "published": True,
    },
    "other_names": {"findings": (_NAME,), "published": True},
    "agreed_names": {"findings": (_NAME,), "consent": True, "published": True},
    "not_onward": {"recipients": frozenset({"compilers"}), "published": True},
    "agreement_ended": {"agreement": "expired", "published": True},
    "confidential": {"flags": Flags("C"), "published": True},
    "private_interest": {"private_interest": True, "published": True},
    "errors": {"errors": 1, "published": True},
    "unproven": {"integrity": "unproven", "published": True},
    "marked": {"markings": (Finding("", "", "secret"),), "published": True},
    "work_secret": {"work_secret": WorkSecret.YES, "published": True},
    "shared_unpublished": {"regime": "sharing", "unpublished": True},
    "state_secret": {"classification": "state_secret", "published": True},
}  # fmt: skip
"""Classes of information, named by `policy.class.<id>` of the messages, as what they differ in from a clean duty."""


@dataclass(frozen=True)
class Cell:
    """What is decided about a class for an audience, and the articles that decide it; none where nothing forbids."""

    information: str
    audience: str
    verdict: Verdict
    articles: tuple[Article, ...]


def matrix(
    instruments: Iterable[Instrument],
    province: str | None,
    day: date,
    policies: Library | None = None,
) -> Iterator[Cell]:
    """A cell for each class and audience, by the law of a province (None: national forms) on a day."""
    clean = Case(
        classification="internal",
        regime="coordination",
        findings=(),
        demanded=frozenset(),
        errors=0,
        integrity="intact",
        recipients=KINDS,
        province=province,
        instruments=tuple(instrument for instrument in instruments if instrument.in_force(day)),
    )
    for name, facts in CLASSES.items():
        for audience in AUDIENCES:
            decision = decide(replace(clean, **facts), audience, policies)
            articles = in_order(named_by(decision.reasons))
            yield Cell(name, audience.kind, decision.verdict, articles)
