"""What a decision says: the verdict, its reasons or releases, and their articles. Values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.events.common import Article
from services.events.policy import AudienceKind, Reason, Release


class Verdict(StrEnum):
    """What policy decides about an attempt; `superseded` and `withdrawn` follow other verdicts."""

    CLEARED = "cleared"
    HELD = "held"
    WITHHELD = "withheld"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class WorkSecret(StrEnum):
    """Whether something is a work secret (bí mật công tác; QĐ 1908/QĐ-TCTK, Điều 4.5)."""

    NO = "no"
    YES = "yes"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Audience:
    """Who wants to use the figures."""

    kind: str
    id: str


COMPILERS = Audience("compilers", "grdp")
KINDS: frozenset[str] = frozenset(AudienceKind)
"""Every kind of audience."""
BY_KIND: frozenset[str] = frozenset(
    {AudienceKind.PROVINCIAL_COMMITTEE, AudienceKind.NATIONAL_OFFICE}
)
"""Kinds of organisation that are audiences of their own kind, and read before the office publishes."""
SHARED_WITH = frozenset({"agency", "user_group"})
"""Kinds with whom the office shares by its province's regulation, by whosever form the figures came."""
ACCEPTANCE = "acceptance"
"""What stands in place of a policy where a room has to accept the attempt (R28, R58)."""


@dataclass(frozen=True)
class Decision:
    """A verdict, the policies that were evaluated, and the reasons or the releases.

    `reviewers` is how many persons must agree to lift a hold; `leadership`: whether only the leadership may.
    """

    verdict: Verdict
    checked: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    releases: tuple[Release, ...] = ()
    reviewers: int = 1
    leadership: bool = False

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article that the decision names, each once."""
        named = {article for release in self.releases for article in release.articles}
        return in_order({*named, *named_by(self.reasons)})


def reason(policy: str, requirement: str, message: str) -> Reason:
    """A reason that no article gives."""
    return Reason(
        policy=policy, requirement=requirement, instrument="", article="", message=message, cells=()
    )


def named_by(reasons: Iterable[Reason]) -> Iterator[Article]:
    """The articles that reasons name."""
    for reason in reasons:
        if reason.instrument:
            yield Article(
                instrument=reason.instrument, article=reason.article, clause=reason.clause
            )


def in_order(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Each once, by instrument, article and clause."""
    return tuple(sorted(set(articles), key=_place))


def _place(article: Article) -> tuple[str, str, str]:
    return article.instrument, article.article, article.clause or ""
