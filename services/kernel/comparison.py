"""What a service finds when it compares its tables with the topics: counts alone, so that an operator may see them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine

from services.kernel.cluster import Cluster

PATIENCE = 5.0
"""Seconds after which what is committed has reached its topic while the broker is there, or will not by itself."""
BETWEEN_LOOKS = 0.2


class Gap(StrEnum):
    """How tables and topics may differ."""

    UNPUBLISHED = "unpublished"
    """Said to be published, and its topic lacks it."""
    MISSING = "missing"
    """A key of the store that the feed lacks."""
    OLDER = "older"
    """A key that the feed has in an older revision than the store."""
    AHEAD = "ahead"
    """A key that the feed has in a revision that the store does not have: the store was set back."""
    GONE = "gone"
    """A key of the feed that the store lacks."""
    UNLOGGED = "unlogged"
    """An event that the log has passed, and has no leaf of."""
    LOST = "lost"
    """A leaf whose event its topic lacks, and should have yet."""


@dataclass(frozen=True)
class Comparison:
    """What was compared, how many of it, and how many differ: by kind of gap, then by topic; nothing where none do."""

    name: str
    compared: int
    gaps: Mapping[Gap, Mapping[str, int]]

    @property
    def total(self) -> int:
        """How many differ."""
        return sum(count for topics in self.gaps.values() for count in topics.values())


@dataclass(frozen=True)
class Repair:
    """How many records a repair wrote, by topic, and what a comparison found after it."""

    written: Mapping[str, int]
    after: Comparison


Compare = Callable[[Engine, Cluster], Comparison]


@dataclass(frozen=True)
class Check:
    """A comparison of tables with topics, and what closes the gaps that it finds, where something does."""

    name: str
    compare: Compare
    repair: Callable[[Engine, Cluster], Repair] | None = None


def settled(holds: Callable[[], bool], patience: float) -> bool:
    """Whether it holds within `patience` seconds: what was committed a moment ago is not on its topic at once."""
    until = time.monotonic() + patience
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(BETWEEN_LOOKS)
    return held
