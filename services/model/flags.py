"""What a sender says of a figure's use: confidentiality, to whom it may go on, and not before when.

These are SDMX's CONF_STATUS, CONF_REDIST and EMBARGO_TIME. Whole submissions are decided by their distinct
combinations, never figure by figure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.model.observation import Observation

FREE = "F"
"""CONF_STATUS of what is not confidential."""
MOST = 64
"""Combinations that an event names, the most frequent first. What has another one is for the compilers alone."""
_STATUS = re.compile(r"[A-Z]")
_RECIPIENTS = re.compile(r"[a-z0-9-]{1,64}([ ,;]+[a-z0-9-]{1,64}){0,15}")


class FlagError(ValueError):
    """A flag that can't be read; `component` is SDMX's name of it."""

    def __init__(self, component: str) -> None:
        super().__init__(component)
        self.component = component


@dataclass(frozen=True)
class Flags:
    """The flags of a figure. Any status but `FREE` is confidential."""

    conf_status: str = FREE
    conf_redist: str = ""
    embargo_time: datetime | None = None

    @classmethod
    def parse(cls, conf_status: str, conf_redist: str, embargo_time: str) -> Flags:
        """From SDMX-CSV; blank is none. Raises FlagError: also for recipients that are no ids of organisations, since
        what is written there goes into events, where no free text belongs.
        """
        if conf_status and not _STATUS.fullmatch(conf_status):
            raise FlagError("CONF_STATUS")
        if conf_redist and not _RECIPIENTS.fullmatch(conf_redist):
            raise FlagError("CONF_REDIST")
        return cls(conf_status or FREE, conf_redist, _time(embargo_time))

    @property
    def recipients(self) -> frozenset[str]:
        """The organisations to which the sender lets confidential figures go on."""
        return frozenset(re.split(r"[ ,;]+", self.conf_redist)) - {""}


NONE = Flags()
"""Of a figure that its sender says nothing about."""


@dataclass(frozen=True)
class Combination:
    """Flags that figures of a submission have together, and how many have them."""

    flags: Flags
    figures: int


def combinations(observations: Iterable[Observation]) -> tuple[Combination, ...]:
    """The distinct combinations, at most `MOST`."""
    counted = Counter(
        Flags(observation.conf_status, observation.conf_redist, observation.embargo_time)
        for observation in observations
    )
    return tuple(Combination(flags, figures) for flags, figures in counted.most_common(MOST))


def _time(text: str) -> datetime | None:
    """A time with its zone, in UTC."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise FlagError("EMBARGO_TIME")
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FlagError("EMBARGO_TIME") from None
