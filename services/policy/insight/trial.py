"""Changed policies over everything that was decided, before they are adopted: what would flip. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.policies import Library
from services.policy.law.verdict import COMPILERS, Verdict


@dataclass(frozen=True)
class Flip:
    """A decision that would be another: the policies that decide now, and then."""

    now: Verdict
    then: Verdict
    by_now: tuple[str, ...]
    by_then: tuple[str, ...]


class Trial:
    """The policies as they are beside changed ones. Cases that are alike are decided once."""

    def __init__(self, policies: Library, changed: Library) -> None:
        self._compare = lru_cache(maxsize=4096)(lambda case: _compared(case, policies, changed))

    def flip(self, case: Case) -> Flip | None:
        """What would flip about the case for the compilers; None where nothing does."""
        return self._compare(case)


def _compared(case: Case, policies: Library, changed: Library) -> Flip | None:
    now, then = decide(case, COMPILERS, policies), decide(case, COMPILERS, changed)
    if now.verdict is then.verdict:
        return None
    by_now, by_then = (tuple(reason.policy for reason in each.reasons) for each in (now, then))
    return Flip(now.verdict, then.verdict, by_now, by_then)
