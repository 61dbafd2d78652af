"""How well duties were met, by supplier, item, room or month. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TypeVar

from services.catalogue.duties.duty import Duty
from services.catalogue.duties.standing import Standing, State, Timeliness

G = TypeVar("G")
DELIVERED = frozenset({State.ACCEPTED, State.NIL})


@dataclass(frozen=True)
class Measure:
    """Counts of duties by how timely and in which state they are, of returns, and of corrections of what was accepted;
    `response` is the median time from a return to the next attempt, None where there is none.
    """

    timeliness: Mapping[Timeliness, int] = field(default_factory=dict)
    states: Mapping[State, int] = field(default_factory=dict)
    returns: int = 0
    corrections: int = 0
    response: timedelta | None = None

    @property
    def counted(self) -> int:
        """Those that could be met by now: neither excused nor still open."""
        left_out = (Timeliness.OPEN, Timeliness.EXCUSED)
        return sum(count for one, count in self.timeliness.items() if one not in left_out)

    @property
    def on_time(self) -> float | None:
        """The share whose first attempt came in time and was not returned; None where none counts."""
        return self._share(self.timeliness.get(Timeliness.ON_TIME, 0))

    @property
    def complete(self) -> float | None:
        """The share that is accepted by now, however late; None where none counts. What came early counts as any."""
        return self._share(sum(self.states.get(one, 0) for one in DELIVERED))

    def _share(self, part: int) -> float | None:
        return part / self.counted if self.counted else None


def measured(duties: Iterable[tuple[Duty, Standing]], by: Callable[[Duty], G]) -> dict[G, Measure]:
    """The measure of each group."""
    groups: dict[G, list[Standing]] = {}
    for duty, standing in duties:
        groups.setdefault(by(duty), []).append(standing)
    return {group: _measure(each) for group, each in groups.items()}


def _measure(stood: Sequence[Standing]) -> Measure:
    responses = [one.total_seconds() for standing in stood for one in standing.responses]
    return Measure(
        timeliness=Counter(one.timeliness for one in stood),
        states=Counter(one.state for one in stood),
        returns=sum(one.returns for one in stood),
        corrections=sum(one.corrections for one in stood),
        response=timedelta(seconds=median(responses)) if responses else None,
    )
