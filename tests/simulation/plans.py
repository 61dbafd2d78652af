"""Which troubles a history has: its seed says, so that the seed alone brings it back."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from tests.simulation.check import faults
from tests.simulation.world import Plan, World

_BATCH: Final = Plan(kind="batch")
_OBJECT: Final = Plan(kind="object")
PLANS: Final[Sequence[Plan]] = (
    _BATCH,
    _OBJECT,
    replace(_BATCH, killers=2, crashes=0.02),
    replace(_OBJECT, killers=2, crashes=0.02),
    replace(_BATCH, lost_tails=0.1, crashes=0.1),
    replace(_OBJECT, lost_tails=0.1, crashes=0.1),
    replace(_BATCH, forgotten_offsets=0.1),
    replace(_OBJECT, forgotten_offsets=0.1),
    replace(_OBJECT, sleeps=0.15, lateness=0.2),
    replace(_OBJECT, pauses=0.1, lateness=0.2, gives_up=0.15),
    replace(_BATCH, machines=4, moves=0.3, stops=0.1),
    replace(_OBJECT, machines=4, moves=0.3, stops=0.1, keys=2),
    replace(_OBJECT, failing_transactions=0.15, illness=0.06),
    replace(_BATCH, apis=2, crashes=0.1, gives_up=0.1, keys=3),
    replace(_OBJECT, apis=3, sleeps=0.15, pauses=0.05, lateness=0.2, crashes=0.1),
    replace(_BATCH, apis=2, failing_transactions=0.15, lost_tails=0.1),
    # Little to read, and readers that change: most logs are lost and written anew where their reader has read nothing.
    replace(_BATCH, events=15, lost_tails=0.2, crashes=0.0, sleeps=0.0, stops=0.2, moves=0.6),
)


def world(seed: int, plan: int | None = None) -> World:
    """The world of a seed, which also chooses the plan where none is given, by its index."""
    return World(seed, PLANS[seed % len(PLANS) if plan is None else plan])


def judge(seed: int, plan: int | None = None) -> list[str]:
    """What is wrong with a history, a line each; also that it never comes to an end."""
    made = world(seed, plan)
    try:
        made.run()
        return list(faults(made))
    except Exception as error:
        return [repr(error)]


def judge_each(seeds: Sequence[int]) -> list[list[str]]:
    """The same of several, in a process that is `prepared`: their garbage is looked for once, when all are told."""
    found = [judge(seed) for seed in seeds]
    gc.collect()
    return found


def quiet() -> None:
    """The runner's own log is of no use where every second thing goes wrong on purpose."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    warnings.simplefilter("ignore")


def prepared() -> None:
    """A process that tells histories alone, and looks for garbage between them."""
    quiet()
    gc.disable()
    gc.collect()
    gc.freeze()
