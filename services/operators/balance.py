"""The reconciliation: whether everything that came in is accounted for. Pure.

Attempts = verdicts + held + in flight + dead. Figures that validation read = stored + returned +
withheld + held + superseded + withdrawn + in flight. Intake's answer counts dead letters' attempts
as in flight: it can't see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.kernel.replay import Letter

GIVE_VERDICTS = frozenset({"validation", "policy"})
CONFLICT = "IdentityConflict"
"""The error of dead letters whose id came before with other bytes."""
NO_ATTEMPT = frozenset({"Malformed", CONFLICT})
"""Dead letters of these errors are no event of an attempt, or one whose first copy was handled."""


@dataclass(frozen=True)
class Balance:
    """What came in, and the parts that should add up to it."""

    name: str
    total: int
    parts: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether the parts add up."""
        return self.difference == 0

    @property
    def difference(self) -> int:
        """What is missing (positive), or there too often (negative)."""
        return self.total - sum(self.parts.values())


def dead_attempts(letters: Iterable[Letter]) -> int:
    """How many attempts got no verdict because an event of theirs died and was not sent back."""
    return len(
        {
            letter.event_id
            for letter in letters
            if letter.group in GIVE_VERDICTS
            and letter.origin.topic.startswith("submission.")
            and letter.error not in NO_ATTEMPT
            and not letter.replayed
        }
    )


def balances(reconciliation: Mapping[str, Any], dead: int) -> tuple[Balance, Balance]:
    """The balances of attempts and of figures, from intake's answer and the dead attempts."""
    in_flight = reconciliation["in_flight"]
    attempts = {
        **reconciliation["verdicts"],
        "held": reconciliation["held"],
        "in_flight": max(in_flight - dead, 0),
        "dead": min(dead, in_flight),
    }
    figures = dict(reconciliation["figures"])
    read = figures.pop("read")
    return (
        Balance("attempts", reconciliation["attempts"], attempts),
        Balance("figures", read, figures),
    )
