"""A partition acknowledges what is finished, in order, and nothing before the broker has its outputs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from services.events.catalogue import CatalogueChanged
from services.events.intake import SubmissionReceived
from services.kernel import metrics, partitionlog, topics
from services.kernel.backlog import Received
from services.kernel.codec import codec
from services.kernel.dead import Origin
from services.kernel.errors import Newer, NotReplayable
from services.kernel.locks import Takeover
from services.kernel.partition import Partition
from services.kernel.partitionlog import LogRewritten
from services.kernel.process import Following, Process
from services.kernel.shares import LARGE, Places
from services.kernel.stage import BatchStage, ObjectStage
from services.kernel.store import Position, Result
from services.kernel.turns import Turns
from services.kernel.wire import Message, decode
from tests.toy.harness import NOW, received

EVENTS = 3
TOPIC = topics.load()["submission.received"]


class Broker:
    """And database: the test says when an event's rows are written, and when its outputs are there."""

    service = "toy"
    clock = staticmethod(lambda: NOW)

    def __init__(self) -> None:
        self.turns = Turns()
        self.places = Places(places=3, large=2)
        self.locks = SimpleNamespace(
            acquire=self._acquire, release=self._release, note=self._note, set_back=self._set_back
        )
        self.set_back_to: list[int] = []
        self.handling = SimpleNamespace(single=self._single)
        self.source = SimpleNamespace(following=self._following)
        self.flow = SimpleNamespace(resume=_nothing, rewind=self._rewind)
        self.went_to: list[int] = []
        self.went = asyncio.Event()
        self.stored: list[int] = []
        self.marks: list[int] = []
        self.begun: list[int] = []
        self.may_commit: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.may_publish: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.released = False

    async def _set_back(self, topic: str, partition: int, offset: int) -> None:
        self.set_back_to.append(offset)

    async def _acquire(self, *_: object) -> Takeover:
        return Takeover(True, 0, b"", careful=range(0), buried=frozenset())

    async def _following(self, topic: str, partition: int, offset: int) -> Following:
        return Following(offset, None, offset)

    async def _rewind(self, tp: object, offset: int) -> None:
        self.went_to.append(offset)
        self.went.set()

    async def _release(self, *_: object, clean: bool) -> None:
        assert clean
        self.released = True

    async def _note(self, position: Position, *_: object, handled_ago: float | None) -> None:
        self.marks.append(position.next_offset)

    async def _single(self, _: object, event: Any) -> Result:
        number = int(event.data.catalogue_seen)
        self.begun.append(number)
        await self.may_commit[number].wait()
        self.stored.append(number)
        return Result(outputs={event.id: [Message("out", b"", str(number).encode(), ())]})

    async def patiently(self, action: Callable[[], Awaitable[Any]], *_: object) -> Any:
        return await action()

    async def publish(self, messages: Callable[[], Any]) -> None:
        for message in messages():
            await self.may_publish[int(message.value)].wait()

    def stage_of(self, name: str) -> ObjectStage:
        assert name == TOPIC.name
        return ObjectStage(
            (SubmissionReceived,),
            load=_unused,
            reads=_unused,
            handle=_unused,
            awaits_catalogue=False,
            shared_by=lambda event: event.data.head.sender,
        )

    def fail(self, error: BaseException) -> None:
        raise error


class Mixed(Broker):
    """And what changes the catalogue is handled in batches."""

    def __init__(self) -> None:
        super().__init__()
        self.handling.batch = self._batch
        self.batched = asyncio.Event()

    def stage_of(self, name: str) -> Any:
        if name == "catalogue.changed":
            return BatchStage((CatalogueChanged,), load=_unused, handle=_unused)
        return super().stage_of(name)

    async def _batch(self, _: object, events: object) -> Result:
        self.batched.set()
        return Result()


def _nothing(*_: object) -> None: ...


def _unused(*_: Any) -> Any:
    raise AssertionError


def test_what_is_written_but_not_published_is_not_acknowledged() -> None:
    """All rows are stored; the first one's outputs are on their way while the second and the third are finished."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        partition = Partition(cast(Process, broker), TOPIC, 0)
        for offset in range(EVENTS):
            partition.offer([_received(offset, partial(acknowledged.append, offset))])
        for number in (1, 0, 2):
            broker.may_commit[number].set()
            if number != 0:
                broker.may_publish[number].set()
            await _turns()
        assert broker.stored == [1, 0, 2]
        assert acknowledged == []
        assert max(broker.marks) == 0, "who takes over begins with the first"
        broker.may_publish[0].set()
        await _turns()
        assert acknowledged == [0, 1, 2]
        assert broker.marks[-1] == 3
        await partition.stop()

    asyncio.run(scenario())


def test_what_may_not_be_sent_back_is_counted_and_passed_over_and_buried_by_nobody() -> None:
    """No stage handles it, so its topic has none; what follows it goes on."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        topic = topics.load()["validation.replay"]
        partition = Partition(cast(Process, broker), topic, 0)
        refused = metrics.REPLAYS_REFUSED.labels(broker.service)
        before = refused._value.get()
        forged = Received(
            0, None, None, (), Origin(topic.name, 0, 0), NotReplayable("forged"),
            partial(acknowledged.append, 0), lambda: b"",
        )  # fmt: skip
        partition.offer([forged])
        await _turns()
        assert acknowledged == [0], "nothing had to be published before"
        partition.offer([_received(1, partial(acknowledged.append, 1))])
        broker.may_commit[1].set()
        broker.may_publish[1].set()
        await _turns()
        assert acknowledged == [0, 1]
        assert refused._value.get() - before == 1
        await partition.stop()

    asyncio.run(scenario())


def test_one_senders_large_files_delay_nobody_elses_small_one() -> None:
    """It is the last of nine in the partition and the first to be finished; acknowledged in order all the same."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        partition = Partition(cast(Process, broker), TOPIC, 0)
        for offset in range(8):
            one = _received(offset, partial(acknowledged.append, offset), "one", 10 * LARGE)
            partition.offer([one])
        await _turns()
        assert broker.begun == [0, 1]
        partition.offer([_received(8, partial(acknowledged.append, 8), "another")])
        broker.may_commit[8].set()
        broker.may_publish[8].set()
        await _turns()
        assert (broker.stored, max(broker.marks)) == ([8], 0), (
            "the mark stays below what is unfinished"
        )
        assert acknowledged == []
        for offset in range(8):
            broker.may_commit[offset].set()
            broker.may_publish[offset].set()
        await _turns()
        assert broker.begun == [0, 1, 8, 2, 3, 4, 5, 6, 7], "the large ones are all done, in order"
        assert acknowledged == list(range(9))
        await partition.stop()

    asyncio.run(scenario())


class Upgraded(Broker):
    """Its tables are of a time in which no mark had a fingerprint, and the log begins with what was handled last."""

    async def _acquire(self, *_: object) -> Takeover:
        return Takeover(True, 2, b"", careful=range(0), buried=frozenset())

    async def _following(self, topic: str, partition: int, offset: int) -> Following:
        return Following(offset if offset != 1 else 2, b"", 3)


class Marked(Broker):
    """The last holder stopped in good order before offset 2. `log` is what the broker has, by offset."""

    def __init__(self) -> None:
        super().__init__()
        self.log = {0: b"zero", 1: b"one"}
        self.asked: list[int] = []
        self.looked = asyncio.Event()

    async def _acquire(self, *_: object) -> Takeover:
        return Takeover(True, 2, b"one", careful=range(0), buried=frozenset())

    async def _following(self, topic: str, partition: int, offset: int) -> Following:
        at = min((one for one in self.log if one >= offset), default=len(self.log))
        self.asked.append(offset)
        if self.asked.count(1) > 1:  # the first time to take over
            self.looked.set()
        return Following(at, self.log.get(at), max(self.log, default=-1) + 1)


def test_a_mark_without_a_fingerprint_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All comes again, and the inbox tells what is new."""

    async def scenario() -> None:
        monkeypatch.setattr("services.kernel.partition.REWIND_SECONDS", 0)
        broker = Upgraded()
        partition = Partition(cast(Process, broker), TOPIC, 0)
        partition.offer([_received(0, _nothing)])
        await _turns()
        assert (broker.went_to, broker.begun) == ([0], [0])
        broker.may_commit[0].set()
        broker.may_publish[0].set()
        await partition.stop()

    asyncio.run(scenario())


def test_a_log_that_was_rewritten_after_a_take_over_is_told_by_the_first_that_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker lost record 1, which an earlier process had read, and got another: this one never saw either."""
    monkeypatch.setattr(partitionlog, "OUTAGE_SECONDS", -1.0)

    async def scenario() -> None:
        broker = Marked()
        partition = Partition(cast(Process, broker), TOPIC, 0)
        await _turns()
        broker.log = {0: b"zero", 1: b"another", 2: b"two"}
        partition.offer([_received(2, _nothing)])
        with pytest.raises(LogRewritten, match="at 1"):
            await asyncio.wait_for(partition.task, 30)
        assert broker.begun == []

    asyncio.run(scenario())


@pytest.mark.parametrize(("between", "is_told"), [(3.0, True), (0.1, False)])
def test_a_log_that_was_rewritten_while_much_was_fetched_is_told_by_the_brokers_times(
    between: float, is_told: bool
) -> None:
    """Nothing came late: what was fetched before the broker was away came until it was back."""

    async def scenario() -> None:
        broker = Marked()
        partition = Partition(cast(Process, broker), TOPIC, 0)
        await _turns()
        broker.log |= {2: b"another"}
        items = [_received(offset, _nothing) for offset in (2, 3)]
        for item, seconds in zip(items, (0.0, between), strict=True):
            item.taken_at = NOW.timestamp() + seconds
        partition.offer(items)
        await _turns()
        if is_told:
            with pytest.raises(LogRewritten, match="at 2"):
                await asyncio.wait_for(partition.task, 30)
        else:
            assert broker.begun == [2, 3]

    asyncio.run(scenario())


def test_a_log_that_was_rewritten_before_a_take_over_is_read_from_its_beginning() -> None:
    """Also where nothing comes: the broker's group believes that all is read."""

    async def scenario() -> None:
        broker = Marked()
        broker.log = {0: b"zero", 1: b"another"}
        partition = Partition(cast(Process, broker), TOPIC, 0)
        await _turns()
        assert (broker.set_back_to, broker.went_to) == ([0], [0]), "the next one begins there, too"
        await partition.stop()

    asyncio.run(scenario())


def test_what_the_broker_has_and_does_not_bring_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has forgotten nothing, and believes that this group has read it."""
    monkeypatch.setattr("services.kernel.partition.VERIFY_SECONDS", 0.01)

    async def scenario() -> None:
        broker = Marked()
        reading = Partition(cast(Process, broker), TOPIC, 0)
        await asyncio.wait_for(broker.looked.wait(), 30)
        assert broker.went_to == [], "there is nothing"
        broker.log[2] = b"two"
        await asyncio.wait_for(broker.went.wait(), 30)
        assert broker.went_to == [2]
        await reading.stop()

    asyncio.run(scenario())


def test_what_waits_for_a_place_is_left_to_who_comes_next() -> None:
    """Stopping takes as long as what is under way. The rest is neither begun nor acknowledged, nor forgotten."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        submission = uuid4()
        partition = Partition(cast(Process, broker), TOPIC, 0)
        for offset in range(9):
            of_one = submission if offset in (0, 8) else None
            one = _received(offset, partial(acknowledged.append, offset), "one", LARGE, of_one)
            partition.offer([one])
        await _turns()
        stopping = asyncio.create_task(partition.stop())
        await _turns()
        assert not broker.released
        for offset in (1, 0):
            broker.may_commit[offset].set()
            broker.may_publish[offset].set()
            await _turns()
        await stopping
        assert broker.released
        assert broker.begun == [0, 1]
        assert acknowledged == [0, 1]
        assert broker.stored == [1, 0]
        assert broker.marks[-1] == 2

    asyncio.run(scenario())


def test_events_of_one_submission_keep_their_order_whoever_has_a_place() -> None:
    async def scenario() -> None:
        broker = Broker()
        submission = uuid4()
        partition = Partition(cast(Process, broker), TOPIC, 0)
        partition.offer([_received(0, _unused, "one", LARGE, submission)])
        partition.offer([_received(1, _unused, "one", 1, submission)])
        partition.offer([_received(2, _unused, "one")])
        await _turns()
        assert broker.begun == [0, 2]
        stopping = asyncio.create_task(partition.stop())
        for offset in (0, 2):
            broker.may_commit[offset].set()
            broker.may_publish[offset].set()
        await stopping
        assert broker.begun == [0, 2]

    asyncio.run(scenario())


def test_a_batch_waits_for_the_single_events_before_it() -> None:
    """On a topic of what is sent back there are both; a batch's mark would be above what is unfinished."""

    async def scenario() -> None:
        broker = Mixed()
        partition = Partition(cast(Process, broker), topics.load()["validation.replay"], 0)
        partition.offer([_received(0, _nothing)])
        item = _received(1, _nothing)
        item.origin = Origin("catalogue.changed", 0, 1)
        partition.offer([item])
        await _turns()
        assert broker.begun == [0]
        assert not broker.batched.is_set()
        broker.may_commit[0].set()
        broker.may_publish[0].set()
        await asyncio.wait_for(broker.batched.wait(), 30)
        await partition.stop()

    asyncio.run(scenario())


def test_what_a_newer_release_wrote_waits_and_what_came_before_it_is_done() -> None:
    """Its program is being upgraded: it stops, and the next one, which can read the event, begins there."""

    async def scenario() -> None:
        broker = Mixed()
        waiting = metrics.OUTDATED.labels(broker.service, "events")
        acknowledged: list[int] = []
        partition = Partition(cast(Process, broker), topics.load()["catalogue.changed"], 0)
        items = [
            _received(offset, partial(acknowledged.append, offset)) for offset in range(EVENTS)
        ]
        for item in items:
            item.origin = Origin("catalogue.changed", 0, item.offset)
        items[1].event = Newer("made up")
        partition.offer(items)
        await asyncio.wait_for(broker.batched.wait(), 30)
        await _turns()
        assert acknowledged == [0]
        assert broker.marks[-1] == 1
        assert waiting._value.get() == 1
        await partition.stop()
        assert waiting._value.get() == 0, "whoever has it now tells of it"
        assert acknowledged == [0]
        assert broker.released

    asyncio.run(scenario())


async def _turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def _received(
    offset: int,
    acknowledge: Callable[[], None],
    sender: str = "one",
    size: int = 1,
    submission: UUID | None = None,
) -> Received:
    message = received(submission=submission, catalogue=offset, sender=sender, size=size)
    event = decode(TOPIC, SubmissionReceived, message.key, message.value, message.headers, codec())
    origin = Origin(TOPIC.name, 0, offset)
    return Received(
        offset,
        message.key,
        message.value,
        tuple(message.headers),
        origin,
        event,
        acknowledge,
        lambda: b"",
    )
