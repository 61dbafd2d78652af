"""What a decision says: the verdict, its reasons or releases, and their articles. Values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.policy.identifiers.finding import Finding


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
KINDS = frozenset(
    {"compilers", "room", "agency", "provincial_committee", "national_office", "user_group"}
)
"""Every kind of audience."""
BY_KIND = frozenset({"provincial_committee", "national_office"})
"""Kinds of organisation that are audiences of their own kind, and read before the office publishes."""
SHARED_WITH = frozenset({"agency", "user_group"})
"""Kinds with whom the office shares by its province's regulation, by whosever form the figures came."""
ACCEPTANCE = "acceptance"
"""What stands in place of a policy where a room has to accept the attempt (R28, R58)."""


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
        named = {Article(one.instrument, one.article, one.clause) for one in self.reasons}
        named |= {article for release in self.releases for article in release.articles}
        return tuple(sorted((one for one in named if one.instrument), key=place))


def place(one: Article) -> tuple[str, str, str]:
    """By which articles are sorted."""
    return one.instrument, one.article, one.clause or ""
