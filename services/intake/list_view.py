"""What the API answers about the list of attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from services.intake.status import State
from services.intake.views import AttemptView


class AmongView(BaseModel):
    """What all attempts within reach are of, whichever of them are asked for: the periods latest first."""

    forms: Sequence[str]
    senders: Sequence[str]
    periods: Sequence[str]


class ListView(BaseModel):
    """A page of attempts; the rest is null where nobody asked that it be counted.

    `total` is how many are asked for, `states` how many of them would be in each state if none were named.
    """

    attempts: list[AttemptView]
    total: int | None = None
    states: Mapping[State, int] | None = None
    among: AmongView | None = None
