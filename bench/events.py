"""What it costs that an event is a class: from the dictionary of Avro to the value and back, beside Avro itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table

from services.events.registry import EVENTS
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from tests.contract.examples import examples

TOPICS = ("submission.cleared", "submission.returned", "grdp.observation")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """Microseconds of the processor for one event, medians of the runs: Avro's part, and that of the class."""

    topic: str
    encode: float
    decode: float
    to_avro: float
    from_avro: float

    @property
    def ratio(self) -> float:
        """How much longer an event takes for being a class."""
        return (self.to_avro + self.from_avro) / (self.encode + self.decode)


def measure(short: bool, progress: Progress) -> list[Found]:
    """The longest example of each topic, each step in turn."""
    return [_measured(topic, 3 if short else 15, progress) for topic in TOPICS]


def _measured(topic: str, runs: int, progress: Progress) -> Found:
    data = max(examples(topic), key=lambda one: len(str(one)))
    subject, kind, avro = f"{topic}-value", EVENTS[topic], codec()
    value, encoded = from_avro(kind, data), avro.encode(subject, data)
    steps: dict[str, Callable[[], object]] = {
        "encode": lambda: avro.encode(subject, data),
        "decode": lambda: avro.decode(subject, encoded),
        "to_avro": lambda: to_avro(value),
        "from_avro": lambda: from_avro(kind, data),
    }
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(runs):
        for name, step in steps.items():
            taken[name].append(_microseconds(step))
    found = Found(topic, **{name: median(times) for name, times in taken.items()})
    progress(f"{topic}: {found.ratio:.0%}")
    return found


def _microseconds(step: Callable[[], object], times: int = 2000) -> float:
    begun = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - begun) / times * 1e6


def table(found: list[Found]) -> Table:
    """For a person."""
    shown = Table("topic", "encode", "decode", "to Avro", "from Avro", "ratio", title="µs an event")
    for one in found:
        figures = (one.encode, one.decode, one.to_avro, one.from_avro)
        shown.add_row(one.topic, *(f"{figure:.1f}" for figure in figures), f"{one.ratio:.0%}")
    return shown


def as_json(found: list[Found]) -> list[dict[str, Any]]:
    """For a program."""
    return [asdict(one) | {"ratio": one.ratio} for one in found]
