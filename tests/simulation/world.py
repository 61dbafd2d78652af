"""One history: upstream sends events, machines come and go, things around them break and are mended, all by a seed."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from services.kernel.events import Event
from services.kernel.topics import TP
from services.kernel.wire import Message, encode
from tests.simulation.broker import Broker, Producer
from tests.simulation.codec import CODEC
from tests.simulation.database import Database
from tests.simulation.loop import Loop
from tests.simulation.machines import Api, Machine, Vault, Worker, Workers
from tests.simulation.office import Office
from tests.simulation.toy import (
    DEAD,
    FEED,
    INPUT,
    OUTPUT,
    PARTITIONS,
    SERVICE,
    Figure,
    What,
    event,
    event_id,
    id_of,
    message,
    stage,
    topic,
)  # fmt: skip

BEGINNING = datetime(2026, 11, 29, tzinfo=UTC)
TROUBLE_SECONDS = 60.0
PEACE_SECONDS = 600.0
"""Within it all must be done once everything works again."""
SETTLED_SECONDS = 30.0
"""What was handled is published by then, also by who had to wait for what another may have sent."""


@dataclass(frozen=True)
class Plan:
    """What may happen in a history. Rates are per second of trouble, all others are likelihoods."""

    kind: Literal["batch", "object"] = "batch"
    machines: int = 2
    apis: int = 0
    """Those that publish the events, by an outbox; without them events come from nowhere."""
    events: int = 30
    keys: int = 6
    crashes: float = 0.05
    stops: float = 0.03
    sleeps: float = 0.03
    moves: float = 0.05
    pauses: float = 0.02
    lost_tails: float = 0.0
    forgotten_offsets: float = 0.0
    lateness: float = 0.05
    gives_up: float = 0.05
    failing_transactions: float = 0.03
    illness: float = 0.02
    """Times in which every handler ends its process."""
    refused: float = 0.03
    killers: int = 0
    """Events that end their process each time, fewer than partitions: one goes on, by which they are told."""


class World:
    """All of it. `run` is one history; afterwards check.py looks at what came of it."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.seed = seed
        self.plan = plan
        self.random = Random(seed)
        random.seed(seed)
        self.loop = Loop(self.random)
        names = {INPUT: PARTITIONS, OUTPUT: PARTITIONS, FEED: PARTITIONS, DEAD: 1}
        logs: dict[TP, list[Any]] = {
            TP(name, number): [] for name, count in names.items() for number in range(count)
        }
        self.topics = {INPUT: topic(INPUT)}
        self.broker = Broker(self.loop, self.random, logs, self.now, lateness=plan.lateness)
        self.database = Database(self.loop.time, self._fails)
        self.office = Office(self.loop.time, self._fails)
        self.vault = Vault()
        self.workers = Workers()
        self.stage = stage(self)
        self.machines: list[Worker] = []
        self.apis: list[Api] = []
        self.sent: list[Event] = []
        self.false_answers: list[str] = []
        """Events of which a command was told that they are published, and they were not."""
        self._commands = 0
        self._commanding: list[asyncio.Task[None]] = []
        self.trace: list[str] = []
        self.is_ill = self._was_ill = False
        self.has_trouble = True
        self.has_no_power = False
        self._numbers = 0

    def now(self) -> datetime:
        """The clock on the wall."""
        return BEGINNING + timedelta(seconds=self.loop.time())

    def note(self, what: str) -> None:
        """Enters something into the history's trace."""
        self.trace.append(f"{self.loop.time():9.3f} {what}")

    def run(self) -> None:
        """Trouble, then peace until all is done. Raises Stuck or TimeoutError where it never is."""
        try:
            self.loop.run_until_complete(self._history())
        finally:
            self._end()

    def _end(self) -> None:
        """Lets go of what the dead have left behind."""
        for task in self.loop.tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine: Any = task.get_coro()
            with suppress(Exception):
                coroutine.close()
        self.loop.close()

    def digest(self) -> str:
        """What happened, and what came of it: equal for equal seeds."""
        told = "\n".join((*self.trace, repr(self.database.effects), repr(self.broker.logs)))
        return hashlib.sha256(told.encode()).hexdigest()

    # -- what happens

    async def _history(self) -> None:
        for _ in range(self.plan.machines):
            self._new_worker()
        for _ in range(self.plan.apis):
            self._new_api()
        upstream = self.loop.create_task(self._upstream())
        supervising = self.loop.create_task(self._supervise())
        await self._trouble()
        self.note("peace")
        self._mend()
        await upstream
        if self.plan.lost_tails:
            await asyncio.sleep(20)  # until the last loss is over
            self._send_again()
        end = self.loop.time() + PEACE_SECONDS
        while not self._is_done():
            if self.loop.time() > end:
                raise TimeoutError("it is never done")
            await asyncio.sleep(1.0)
            if self.plan.killers and self.random.random() < 0.1:
                await self._send(
                    "plain"
                )  # what is ill is told from what is bad by what else succeeds
        if self.plan.lost_tails:
            await asyncio.sleep(SETTLED_SECONDS)
            self._republish()
        supervising.cancel()

    async def _trouble(self) -> None:
        plan = self.plan
        rates: dict[Callable[[], None], float] = {
            self._crash: plan.crashes,
            self._stop: plan.stops,
            self._sleep: plan.sleeps,
            self._move: plan.moves,
            self._pause: plan.pauses,
            self._lose_tail: plan.lost_tails,
            self._forget_offsets: plan.forgotten_offsets,
            self._fall_ill: plan.illness,
        }
        total = sum(rates.values())
        while total:
            wait = self.random.expovariate(total)
            if self.loop.time() + wait > TROUBLE_SECONDS:
                break
            await asyncio.sleep(wait)
            self.random.choices(list(rates), list(rates.values()))[0]()

    def _mend(self) -> None:
        self.has_trouble = False
        self.is_ill = False
        self.broker.lateness = 0.0
        if not self.has_no_power:
            self.broker.is_away_until = 0.0
        for machine in self._all():
            machine.steps_left = None

    async def _upstream(self) -> None:
        killers = self.random.sample(range(self.plan.events), self.plan.killers)
        for number in range(self.plan.events):
            await asyncio.sleep(self.random.expovariate(self.plan.events / TROUBLE_SECONDS))
            for _ in range(self.random.choice((1, 1, 1, 8))):
                refused = self.random.random() < self.plan.refused
                await self._send("refused" if refused else "plain")
            if number in killers:
                await self._send("killer")
        await asyncio.gather(*self._commanding)

    async def _send(self, what: What) -> None:
        key = self.random.randrange(self.plan.keys)
        if self.plan.apis:
            self._commands += 1
            command = self._command(self._commands, key, what)
            self._commanding.append(self.loop.create_task(command))
            return
        number = len(self.sent)
        made = event(number, key, what, number, self.now())
        await Producer(self.broker, None, self.random).publish([message(made)])
        self.sent.append(made)

    async def _command(self, index: int, key: int, what: What) -> None:
        """Asks one API or another until one says that the event is published."""
        id_ = event_id(index)

        def make(number: int) -> Event:
            made = event(index, key, what, number, self.now())
            self.sent.append(made)
            return made

        while True:
            api = self.random.choice(self.apis)
            asking = api.run(api.command(id_, make))
            await asyncio.wait({asking}, timeout=15)
            if asking.done() and not asking.exception():
                self._look_at_answer(str(id_))
                return
            await asyncio.sleep(1.0)

    def _look_at_answer(self, id_: str) -> None:
        if not self.plan.lost_tails and id_ not in {id_of(r.message) for r in self.records(INPUT)}:
            self.false_answers.append(id_)

    async def _supervise(self) -> None:
        """Starts again what ended, and gives partitions to who is there."""
        while True:
            await asyncio.sleep(0.5)
            for worker in [one for one in self.machines if one.is_dead]:
                self.machines.remove(worker)
                self._new_worker()
            for api in [one for one in self.apis if one.is_dead]:
                self.apis.remove(api)
                self._new_api()
            for tp in (TP(INPUT, number) for number in range(PARTITIONS)):
                owner = self.broker.owners.get(tp)
                if owner is None or owner.is_dead:
                    self.broker.owners[tp] = self.random.choice(self.machines)

    def _new_worker(self) -> None:
        self.machines.append(worker := Worker(self, self._new_number()))
        worker.start()

    def _new_api(self) -> None:
        self.apis.append(api := Api(self, self._new_number()))
        api.start()

    def _new_number(self) -> int:
        self._numbers += 1
        self.note(f"machine {self._numbers} starts")
        return self._numbers

    def _all(self) -> list[Machine]:
        return [*self.machines, *self.apis]

    def _one(self) -> Machine:
        return self.random.choice(self._all())

    def _crash(self) -> None:
        self._one().steps_left = self.random.randint(1, 200)

    def _stop(self) -> None:
        self._one().stopping.set()

    def _sleep(self) -> None:
        """The machine stands still; the database may give its locks to others meanwhile."""
        machine = self._one()
        seconds = self.random.uniform(0.1, 20)
        machine.wakes_at = self.loop.time() + seconds
        self.note(f"machine {machine.number} sleeps {seconds:.1f} s")
        if self.random.random() < 0.5:
            self.loop.elsewhere(self.random.uniform(0, seconds), machine.cut)

    def _move(self) -> None:
        tp = TP(INPUT, self.random.randrange(PARTITIONS))
        self.broker.owners[tp] = self.random.choice(self.machines)

    def _pause(self) -> None:
        until = self.loop.time() + self.random.uniform(0.1, 25)
        self.broker.is_away_until = max(self.broker.is_away_until, until)
        self.note("the broker stands still")

    def _lose_tail(self) -> None:
        """Then upstream sees what it lacks, and sends it again, behind what it has sent since. The end of a log is gone
        when the broker comes back, and never without its having been away.
        """
        if self.has_no_power:
            return
        self.has_no_power = True
        seconds = self.random.uniform(2.5, 10)
        self.note(f"the broker loses power for {seconds:.1f} s")
        self.broker.is_away_until = self.loop.time() + seconds
        self.loop.elsewhere(seconds, self._come_back)

    def _come_back(self) -> None:
        self.has_no_power = False
        self.broker.lose_tail(5)
        self.loop.elsewhere(self.random.uniform(0, 5), self._send_again)

    def _send_again(self) -> None:
        if self.plan.apis:
            rows = self.office.rows.values()
            self._append_lacking(INPUT, [one for n, one, _ in rows if n in self.office.published])
        else:
            self._append_lacking(INPUT, map(message, self.sent))

    def _forget_offsets(self) -> None:
        """The broker's group knows no more how far it was."""
        self.note("the group's offsets are gone")
        self.broker.committed.clear()
        for tp in self.broker.owners:
            self.broker.owners[tp] = self.random.choice(self.machines)

    def _republish(self) -> None:
        """As `solieu republish` and `solieu feed rebuild` do: what the database knows, and a topic has not."""
        messages = (m for outputs in self.database.outputs.values() for m in outputs)
        self._append_lacking(OUTPUT, messages)
        self._append_lacking(DEAD, self.database.letters)
        if self.plan.kind == "object":
            self._rebuild_feed()

    def _rebuild_feed(self) -> None:
        last = {r.message.key: r.message for r in self.records(FEED)}
        for key, revision in Counter(one["submission_id"] for one in self.database.effects).items():
            figure = Figure(key, revision)
            message = encode(figure, figure.own_id, SERVICE, self.now(), None, CODEC)
            found = last.get(message.key)
            if found is None or id_of(found) != id_of(message):
                self.broker.append(self.broker.partition_of(message), [message])

    def _append_lacking(self, name: str, messages: Iterable[Message]) -> None:
        there = {id_of(record.message) for record in self.records(name)}
        for one in messages:
            if id_of(one) not in there:
                self.broker.append(self.broker.partition_of(one), [one])

    def _fall_ill(self) -> None:
        """Once in a history: an environment that comes and goes is not told from an event that is bad."""
        if self._was_ill:
            return
        self._was_ill = self.is_ill = True
        self.note("handlers end their processes")
        self.loop.elsewhere(self.random.uniform(1, 40), self._get_well)

    def _get_well(self) -> None:
        self.is_ill = False

    def _fails(self) -> bool | None:
        if not self.has_trouble or self.random.random() >= self.plan.failing_transactions:
            return None
        return self.random.random() < 0.5

    def _is_done(self) -> bool:
        """A mark may be beyond its log, whose lost end nothing came in place of."""
        marks = self.database.marks()
        logs = self.broker.logs.items()
        if any(marks.get(tp, 0) < len(log) for tp, log in logs if tp.topic == INPUT):
            return False
        done = {one["event"] for one in self.database.effects}
        return all(str(one.id) in done for one in self.sent if one.data.what == "plain")

    def records(self, topic: str) -> Iterator[Any]:
        """All of a topic, partition by partition."""
        for tp, log in self.broker.logs.items():
            if tp.topic == topic:
                yield from log
