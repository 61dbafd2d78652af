"""By when what was sent was due, and whether it came in time: what catalogue's register says, kept for some minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.console.calls import Away, Services
from services.kernel.refused import Refused
from services.model.regulation import day

KEEP_SECONDS = 300.0
KEEP_REFUSED_SECONDS = 20.0
MOST = 5_000
AROUND = timedelta(days=92)
"""How far before and after something came its term is looked for."""
LONGEST = timedelta(days=1000)
"""How long a span catalogue is asked about at once."""


@dataclass(frozen=True)
class Deadline:
    """The last day on which it was on time, and how its sender kept to it (catalogue's `timeliness`)."""

    due: str
    timeliness: str


class Deadlines:
    """Those known in this process; `clock` counts seconds."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, Deadline | None]] = {}

    async def of(
        self, attempts: Sequence[Mapping[str, Any]], person: Any, *, fresh: bool = False
    ) -> dict[str, Deadline]:
        """By submission, of those that were owed by a day; `fresh` asks for all of them anew."""
        now = self._clock()
        mine = (person.organisation, *sorted(person.roles))
        kept = {one["id"]: self._known.get((one["id"], *mine), (0.0, None)) for one in attempts}
        asked = [one for one in attempts if fresh or kept[one["id"]][0] <= now]
        found, keep = await self._asked(asked, person) if asked else ({}, 0.0)
        if len(self._known) > MOST:
            self._known.clear()
        for one in asked:
            id_ = one["id"]
            # An old word is better than none.
            term = found.get(id_) if keep == KEEP_SECONDS else kept[id_][1]
            kept[id_] = self._known[(id_, *mine)] = now + keep, term
        return {id_: term for id_, (_, term) in kept.items() if term is not None}

    async def _asked(
        self, attempts: Sequence[Mapping[str, Any]], person: Any
    ) -> tuple[dict[str, Deadline], float]:
        """What catalogue says, and for how long that is kept."""
        came = sorted(datetime.fromisoformat(one["received_at"]) for one in attempts)
        last = day(came[-1] + AROUND)
        first = max(day(came[0] - AROUND), last - LONGEST)
        ids = sorted({one["id"] for one in attempts})
        query = {"submission": ids, "first": first.isoformat(), "last": last.isoformat()}
        try:
            answer = await self._services.get("catalogue", "/v1/duties", person.token, query)
            return {
                one["submission"]: Deadline(one["due"], one["timeliness"])
                for one in answer["duties"]
            }, KEEP_SECONDS
        except (Refused, Away, KeyError, TypeError):
            return {}, KEEP_REFUSED_SECONDS
