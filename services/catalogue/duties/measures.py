"""How well duties were met, by supplier, item, room or month. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from services.catalogue.duties.duty import Duty
from services.catalogue.duties.standing import Standing, State, Timeliness

G = TypeVar("G")
DELIVERED = frozenset({State.ACCEPTED, State.NIL})


@dataclass(frozen=True)
class Measure:
    """Counts of duties by how timely and in which state they are."""

    timeliness: Mapping[Timeliness, int] = field(default_factory=dict)
    states: Mapping[State, int] = field(default_factory=dict)

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
    timeliness: dict[G, Counter[Timeliness]] = {}
    states: dict[G, Counter[State]] = {}
    for duty, standing in duties:
        group = by(duty)
        timeliness.setdefault(group, Counter())[standing.timeliness] += 1
        states.setdefault(group, Counter())[standing.state] += 1
    return {group: Measure(timeliness[group], states[group]) for group in timeliness}
