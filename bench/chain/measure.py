"""Latency at a steady pace; throughput beside one process without a broker, in pairs; memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from bench.chain.alone import Alone
from bench.chain.memory import Peak
from bench.chain.observer import Observer
from bench.chain.product import Answered, Product, running
from bench.chain.work import LARGE, SMALL, Maker, Sending, Size

PACES = (3.0, 10.0)
"""Submissions a second: what two cores carry with ease, and what the aim is about."""
AIM_SECONDS = 0.25
PATIENCE = 300.0
RECEIVED, VALIDATED, CLEARED, STORED = (
    f"submission.{state}" for state in ("received", "validated", "cleared", "stored")
)


@dataclass(frozen=True)
class Plan:
    """How much is measured: submissions to warm up with, those at each steady pace, and the pairs of both sizes."""

    warm_up: int
    steady: int
    pairs: int
    small: int
    large_pairs: int


FULL = Plan(warm_up=50, steady=600, pairs=5, small=200, large_pairs=3)
SHORT = Plan(warm_up=20, steady=100, pairs=1, small=50, large_pairs=1)


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds, over many submissions."""

    name: str
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, name: str, seconds: Sequence[float]) -> Spread:
        """The spread of a sample (percentiles by nearest rank)."""
        ordered = sorted(seconds)
        rank = {share: ordered[ceil(share * len(ordered)) - 1] for share in (0.5, 0.99)}
        return cls(name, rank[0.5], rank[0.99], ordered[-1])


@dataclass(frozen=True)
class Pair:
    """The same submissions through the product and through one process, one right after the other; in seconds.

    All counts from the first request. `stored`: the last submission.stored is readable; `fed`: the whole feed, too;
    `finished`: intake's states and the evidence log know it all as well, which is what `alone` does.
    """

    size: Size
    count: int
    stored: float
    fed: float
    finished: float
    alone: float

    @property
    def submissions(self) -> float:
        """Stored a second by the product."""
        return self.count / self.stored

    @property
    def figures(self) -> float:
        """Stored a second by the product."""
        return self.submissions * self.size.figures

    @property
    def ratio(self) -> float:
        """The product's throughput as a share of the one process's."""
        return self.alone / self.finished


@dataclass(frozen=True)
class Chain:
    """All that was measured."""

    latency: dict[float, list[Spread]]
    """By submissions a second; first from the answer 202 until the verdict is readable."""
    small: list[Pair]
    large: list[Pair]
    memory: list[Peak]


def measure(plan: Plan, progress: Callable[[str], None]) -> Chain:
    """Starts a stack of its own and measures it; AssertionError or TimeoutError where anything is lost."""
    with (
        running(progress) as product,
        Observer(product.stack.kafka()) as observer,
        product.alone() as alone,
    ):
        bench = Bench(product, observer, alone)
        progress("warming up")
        bench.pair(SMALL, plan.warm_up)
        latency = {}
        for pace in PACES:
            progress(f"{plan.steady} submissions at {pace:.0f} a second")
            latency[pace] = bench.steady(plan.steady, pace)
        small = list(_told(progress, bench.pairs(SMALL, plan.small, plan.pairs)))
        large = list(_told(progress, bench.pairs(LARGE, 1, plan.large_pairs)))
        memory = [*product.memory(), alone.peak()]
    return Chain(latency, small, large, memory)


def _told(progress: Callable[[str], None], pairs: Iterator[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        progress(
            f"{pair.count} of {pair.size.figures:,} figures: stored in {pair.stored:.2f} s,"
            f" finished in {pair.finished:.2f} s, alone {pair.alone:.2f} s: {pair.ratio:.2f}"
        )
        yield pair


class Bench:
    """The two sides, and what was sent so far."""

    def __init__(self, product: Product, observer: Observer, alone: Alone) -> None:
        self._product = product
        self._observer = observer
        self._alone = alone
        self._maker = Maker(random.Random(20261124))
        self._count = 0
        self._figures = 0

    def pairs(self, size: Size, count: int, number: int) -> Iterator[Pair]:
        """So many pairs, one after the other."""
        for _ in range(number):
            yield self.pair(size, count)

    def pair(self, size: Size, count: int) -> Pair:
        """One run of each side over the same new submissions."""
        sendings = self._maker.make(size, count)
        answered = self._product.send_all(sendings)
        began = min(one.sent for one in answered)
        stored, fed, finished = (moment - began for moment in self._moments(sendings, answered))
        signed = [(one.signed(self._product.key), one.content) for one in sendings]
        alone = self._alone.run(signed, count * size.figures)
        return Pair(size, count, stored, fed, finished, alone)

    def steady(self, count: int, per_second: float) -> list[Spread]:
        """Small submissions at a steady pace: the verdict first, then its parts and what comes after."""
        sendings = self._maker.make(SMALL, count)
        answered = self._product.send_each(sendings, per_second)
        self._moments(sendings, answered)
        made = {
            topic: {one.id: self._observer.sight(topic, one.id).made for one in answered}
            for topic in (RECEIVED, VALIDATED, CLEARED, STORED)
        }
        read = {
            topic: {one.id: self._observer.sight(topic, one.id).read for one in answered}
            for topic in (CLEARED, STORED)
        }

        def hop(first: str, second: str) -> list[float]:
            return [made[second][one.id] - made[first][one.id] for one in answered]

        return [
            Spread.of("202 → verdict read", [read[CLEARED][one.id] - one.at for one in answered]),
            Spread.of("202 → stored read", [read[STORED][one.id] - one.at for one in answered]),
            Spread.of("request → 202", [one.at - one.sent for one in answered]),
            Spread.of("received → 202", [one.at - made[RECEIVED][one.id] for one in answered]),
            Spread.of("received → validated", hop(RECEIVED, VALIDATED)),
            Spread.of("validated → cleared", hop(VALIDATED, CLEARED)),
            Spread.of(
                "cleared → read", [read[CLEARED][i] - made[CLEARED][i] for i in made[CLEARED]]
            ),
            Spread.of("cleared → stored", hop(CLEARED, STORED)),
        ]

    def _moments(
        self, sendings: Sequence[Sending], answered: Sequence[Answered]
    ) -> tuple[float, float, float]:
        """When all was stored, on the feed, and finished, as Unix times."""
        ids = {one.id for one in answered}
        assert len(ids) == len(sendings), "two sendings became one submission"
        self._count += len(sendings)
        self._figures += sum(one.size.figures for one in sendings)
        self._observer.wait(STORED, ids, PATIENCE)
        stored = max(self._observer.sight(STORED, one).read for one in ids)
        fed = self._observer.wait_feed(self._figures, PATIENCE)
        finished = self._product.wait_finished(self._count, PATIENCE)
        self._observer.wait(CLEARED, ids, PATIENCE)
        return stored, fed, finished


def middle(pairs: Sequence[Pair], what: Callable[[Pair], float]) -> float:
    """The median over pairs."""
    return median(what(pair) for pair in pairs)
