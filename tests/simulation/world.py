"""One history: upstream sends events, machines come and go, things around them break and are mended, all by a seed."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal
from uuid import UUID, uuid5

from faust.types import TP
from sqlmodel import Session

from services.kernel.assignment import Assignment
from services.kernel.errors import Permanent
from services.kernel.events import Draft, Event, NewObject, Outcome, Reference, Row
from services.kernel.handling import Handling, Writer
from services.kernel.process import Process
from services.kernel.stage import BatchStage, ObjectStage, Stage
from services.kernel.topics import Topic, dead
from services.kernel.wire import Message, encode
from tests.simulation.broker import Broker, Consumer, Producer, Source
from tests.simulation.codec import CODEC
from tests.simulation.database import Database, Locks
from tests.simulation.loop import MACHINE, Loop

SERVICE = "toy"
INPUT = "submission.received"
OUTPUT = "submission.superseded"
FEED = "grdp.observation"
DEAD = dead(SERVICE)
BEGINNING = datetime(2026, 11, 29, tzinfo=UTC)
NAMESPACE = UUID(int=7)
PARTITIONS = 3
TROUBLE_SECONDS = 60.0
PEACE_SECONDS = 600.0
"""Within it all must be done once everything works again."""
What = Literal["plain", "refused", "killer"]


class Died(BaseException):
    """Raised in a handler that ends its process."""


@dataclass(frozen=True)
class Plan:
    """What may happen in a history. Rates are per second of trouble, all others are likelihoods."""

    kind: Literal["batch", "object"] = "batch"
    machines: int = 2
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


@dataclass(eq=False)
class Machine:
    """One process: the real partitions, ledger and handling, with everything around them made up."""

    world: World
    number: int
    is_dead: bool = False
    wakes_at: float = 0.0
    steps_left: int | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begins to work."""
        context_token = MACHINE.set(self)
        try:
            self.task = self.world.loop.create_task(self._run())
        finally:
            MACHINE.reset(context_token)

    def step(self) -> None:
        """See loop.Machine."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.die("a crash")

    def die(self, why: object) -> None:
        """From now on it does nothing; the database's server notices at once, or after a while."""
        if self.is_dead:
            return
        self.world.note(f"machine {self.number} dies: {why!r}"[:120])
        self.is_dead = True
        delay = self.world.random.choice((0.0, 0.1, 3.0))
        self.world.loop.elsewhere(delay, self.locks.cut)

    async def _run(self) -> None:
        world = self.world
        self.locks = Locks(world.database, self)
        writer = Writer(SERVICE, CODEC, world.now)
        handling = Handling(writer, world.database, world.vault, world.workers)
        sender = Producer(world.broker, self, world.random, world.plan.gives_up)
        process = Process(
            SERVICE, [world.stage], clock=world.now, locks=self.locks, source=Source(world.broker, self),
            store=world.database, handling=handling, sender=sender, fail=self.die,
        )  # fmt: skip
        assignment = Assignment(process, world.topics)
        self.consumer = process.flow = Consumer(world.broker, self, world.topics, assignment)
        watching = asyncio.create_task(self._guard(self.locks.watch()))
        consuming = asyncio.create_task(self._guard(self.consumer.run()))
        await self.stopping.wait()
        consuming.cancel()
        with suppress(asyncio.CancelledError):
            await consuming
        await self.consumer.leave(list(self.consumer.fetching))
        watching.cancel()
        self.world.note(f"machine {self.number} has stopped")
        self.is_dead = True
        self.locks.cut()

    async def _guard(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.die(error)


@dataclass
class Vault:
    """Objects that are there."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, item: NewObject) -> object:
        """See Objects."""
        self.objects[item.reference()["name"]] = item.content
        return None

    def get(self, reference: Reference) -> bytes:
        """See Objects."""
        return self.objects[str(reference["name"])]


class Workers:
    """No processes: the handlers of these worlds are not isolated."""

    async def run(
        self, function: Callable[..., Any], *arguments: Any, size: int = 0, who: str = ""
    ) -> Any:
        """See handling.Workers."""
        raise AssertionError


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
        self.topics = {INPUT: _topic(INPUT)}
        self.broker = Broker(self.loop, self.random, logs, lateness=plan.lateness)
        self.database = Database(self.loop.time, self._fails)
        self.vault = Vault()
        self.workers = Workers()
        self.stage = _stage(self)
        self.machines: list[Machine] = []
        self.sent: list[Event] = []
        self.trace: list[str] = []
        self.is_ill = self._was_ill = False
        self.has_trouble = True
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
        for task in asyncio.all_tasks(self.loop):
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
            self._new_machine()
        upstream = self.loop.create_task(self._upstream())
        supervising = self.loop.create_task(self._supervise())
        await self._trouble()
        self.note("peace")
        self._mend()
        await upstream
        if self.plan.lost_tails:
            await asyncio.sleep(20)  # until the last loss is over
        end = self.loop.time() + PEACE_SECONDS
        while not self._is_done():
            if self.loop.time() > end:
                raise TimeoutError("it is never done")
            await asyncio.sleep(1.0)
            if self.plan.killers and self.random.random() < 0.1:
                await self._send(
                    "plain"
                )  # what is ill is told from what is bad by what else succeeds
        supervising.cancel()
        if self.plan.lost_tails:
            self._republish()

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
        self.broker.is_away_until = 0.0
        for machine in self.machines:
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

    async def _send(self, what: What) -> None:
        event = self._event(what)
        await Producer(self.broker, None, self.random).publish([_message(event)])
        self.sent.append(event)

    def _event(self, what: What) -> Event:
        key = str(uuid5(NAMESPACE, f"key {self.random.randrange(self.plan.keys)}"))
        data = {"submission_id": key, "what": what, "number": len(self.sent)}
        id_ = uuid5(NAMESPACE, f"event {len(self.sent)}")
        return Event(id_, INPUT, key, data, self.now(), key, "upstream")

    async def _supervise(self) -> None:
        """Starts again what ended, and gives partitions to who is there."""
        while True:
            await asyncio.sleep(0.5)
            for machine in [one for one in self.machines if one.is_dead]:
                self.machines.remove(machine)
                self._new_machine()
            for tp in (TP(INPUT, number) for number in range(PARTITIONS)):
                owner = self.broker.owners.get(tp)
                if owner is None or owner.is_dead:
                    self.broker.owners[tp] = self.random.choice(self.machines)

    def _new_machine(self) -> None:
        self._numbers += 1
        machine = Machine(self, self._numbers)
        self.machines.append(machine)
        self.note(f"machine {machine.number} starts")
        machine.start()

    def _one(self) -> Machine:
        return self.random.choice(self.machines)

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
            self.loop.elsewhere(self.random.uniform(0, seconds), machine.locks.cut)

    def _move(self) -> None:
        tp = TP(INPUT, self.random.randrange(PARTITIONS))
        self.broker.owners[tp] = self._one()

    def _pause(self) -> None:
        self.broker.is_away_until = self.loop.time() + self.random.uniform(0.1, 25)
        self.note("the broker stands still")

    def _lose_tail(self) -> None:
        """Then upstream sees what it lacks, and sends it again, behind what it has sent since."""
        seconds = self.random.uniform(2.5, 10)
        self.note(f"the broker loses power for {seconds:.1f} s")
        self.broker.is_away_until = self.loop.time() + seconds
        self.loop.elsewhere(seconds, self._come_back)

    def _come_back(self) -> None:
        self.broker.lose_tail(5)
        self.loop.elsewhere(self.random.uniform(0, 5), self._send_again)

    def _send_again(self) -> None:
        there = {dict(r.message.headers)["ce_id"] for r in self.records(INPUT)}
        for event in self.sent:
            if str(event.id).encode() not in there:
                message = _message(event)
                self.broker.append(self.broker.partition_of(message), [message])

    def _forget_offsets(self) -> None:
        """The broker's group knows no more how far it was."""
        self.note("the group's offsets are gone")
        self.broker.committed.clear()
        for tp in self.broker.owners:
            self.broker.owners[tp] = self._one()

    def _republish(self) -> None:
        """As `solieu republish` and `solieu feed rebuild` do: what the database knows, and a topic has not."""
        there = {dict(record.message.headers)["ce_id"] for record in self.records(OUTPUT)}
        for message in (m for messages in self.database.outputs.values() for m in messages):
            if dict(message.headers)["ce_id"] not in there:
                self.broker.append(self.broker.partition_of(message), [message])

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
        marks = self.database.marks()
        logs = self.broker.logs.items()
        return all(marks.get(tp, 0) == len(log) for tp, log in logs if tp.topic == INPUT)

    def records(self, topic: str) -> Iterator[Any]:
        """All of a topic, partition by partition."""
        for tp, log in self.broker.logs.items():
            if tp.topic == topic:
                yield from log


def _topic(name: str) -> Topic:
    return Topic(
        name, "upstream", (SERVICE,), "", PARTITIONS, 1, 120, False, "string", "none", name
    )


def _message(event: Event) -> Message:
    draft = Draft(INPUT, event.key, event.data, event.subject)
    return encode(draft, event.id, "upstream", event.time, None, CODEC)


def _stage(world: World) -> Stage:
    """Each event makes one effect, one output, and a new revision of its key's figure, which the feed has."""

    def effect(event: Event, revision: int) -> Outcome:
        machine: Any = MACHINE.get()
        if event.data["what"] == "killer" or world.is_ill:
            machine.die("its handler")
            raise Died
        if event.data["what"] == "refused":
            raise Permanent("not to be handled")
        values = {
            "event": str(event.id),
            "key": event.subject,
            "number": event.data["number"],
            "revision": revision,
        }
        return Outcome(
            events=(Draft(OUTPUT, event.key, values, event.subject),),
            rows=(Row(Any, values),),  # type: ignore[arg-type]
        )

    def load(session: Session, event: Event) -> int:
        return sum(one["key"] == event.subject for one in world.database.effects)

    def load_many(session: Session, events: Sequence[Event]) -> Mapping[str, int]:
        return {event.subject: load(session, event) for event in events}

    def derive(session: Session, event: Event) -> Iterator[Draft]:
        revision = load(session, event)
        values = {"submission_id": event.subject, "revision": revision}
        yield Draft(
            FEED, event.key, values, event.subject, uuid5(NAMESPACE, f"{event.subject} {revision}")
        )

    if world.plan.kind == "batch":
        return BatchStage(
            (INPUT,), load_many, lambda event, facts: effect(event, facts[event.subject] + 1)
        )
    return ObjectStage(
        (INPUT,), load, lambda event, facts: {}, lambda event, facts, contents: effect(event, facts + 1),
        derive=derive, awaits_catalogue=False,
    )  # fmt: skip
