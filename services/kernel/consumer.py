"""Faust as the runner uses it: membership, assignment, fetching, and commits of what is acknowledged; nothing else.

What it has fetched of a partition goes there whole, without its streams, events and the four tasks for each record.
They would also acknowledge a batch as soon as an iteration over it ends, and keep an account of offsets that drops a
record which comes again after a rebalance. That account is partition.py's, which acknowledges in order.
No tables, no declared topics, no web server, no serializers: an error of those would lose a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

import faust
from aiokafka.errors import IllegalStateError
from faust.auth import SASLCredentials
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP as FaustTP
from yarl import URL

from services.kernel.backlog import Received
from services.kernel.brokerlog import BrokerLog
from services.kernel.cluster import Cluster, Protocol
from services.kernel.codec import codec
from services.kernel.dead import Content, Origin
from services.kernel.errors import Newer, NotReplayable, Permanent
from services.kernel.events import Event, EventData
from services.kernel.letters import Letters
from services.kernel.retry import patiently
from services.kernel.topics import TP, Topic, replay
from services.kernel.wire import decode, fingerprint

SESSION_SECONDS = 10
"""How long the broker keeps a member's place of whom it hears nothing."""
Accept = Callable[[TP, Sequence[Received]], bool]
"""Takes records of a partition over; False says that its queue is full."""
Deliver = Callable[[FaustTP, Sequence[Any]], Awaitable[None]]
Take = Callable[[Iterable[TP]], None]
Leave = Callable[[Sequence[TP]], Awaitable[None]]
Fail = Callable[[BaseException], None]


class _FaustConsumer(aiokafka.Consumer):
    """Hands fetched batches over, and commits what is acknowledged."""

    app: Any
    """The _App."""

    def acknowledge(self, tp: FaustTP, offset: int) -> None:
        """Of a partition, in the order of offsets, all below included."""
        self._acked[tp] = [offset]

    def _new_offset(self, tp: FaustTP) -> int | None:
        acknowledged = self._acked.pop(tp, None)
        return acknowledged[0] + 1 if acknowledged else None

    async def verify_all_partitions_active(self) -> None:
        """Faust would look whether its streams go on, which there are none of; it takes a partition for one that has a
        position, and dies of one that is being looked for, as after a log was cut. What stands still is told by lag.py.
        """

    async def _drain_messages(self, fetcher: Any) -> None:
        """Without this loop the process would look well and read nothing: an error of it ends the process."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                records, active = await self._wait_next_records(timeout=1.0)
                await self._hand_over(records or {}, active or set())
                await asyncio.sleep(0)
        except Exception as error:
            if not self.app.should_stop:
                self.app.fail(error)

    async def _hand_over(
        self, records: Mapping[FaustTP, Sequence[Any]], active: set[FaustTP]
    ) -> None:
        """What was fetched before a rebalance is not ours any more, perhaps: it comes again to whoever has it then."""
        generation = self.app.consumer_generation_id
        for tp, batch in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if tp in active or tp in self._buffered_partitions:
                await self.app.deliver(tp, batch)
        if not self.flow_active:
            await self.perform_seek()


class _Transport(aiokafka.Transport):
    Consumer = _FaustConsumer


class _App(faust.App):
    """Faust without the folders in which it would keep tables. `deliver` takes what was fetched of a partition, and
    `fail` ends the process.
    """

    deliver: Deliver
    fail: Fail

    def _create_directories(self) -> None: ...

    def _crash(self, reason: BaseException) -> None:
        """A task of Faust's own has died, and with it reading, membership or commits: the process would look well.

        Whichever service of Faust's tree it was, its crash comes up to the root, which this is.
        """
        super()._crash(reason)
        if not self._stopped.is_set():
            self.fail(reason)


def _credentials(cluster: Cluster) -> SASLCredentials | None:
    if cluster.protocol is Protocol.PLAINTEXT:
        return None
    return SASLCredentials(
        username=cluster.username,
        password=cluster.password,
        mechanism=cluster.mechanism.value,
        ssl_context=cluster.tls,
    )


class Consumer:
    """The consumer group of one service, in one process."""

    def __init__(
        self, service: str, cluster: Cluster, instance: str, topics: Mapping[str, Topic],
        kinds: Iterable[type[EventData]], broker_log: BrokerLog, take: Take, accept: Accept, leave: Leave,
        fail: Fail,
    ) -> None:  # fmt: skip
        self._service = service
        self._kinds = {kind.TOPIC: kind for kind in kinds}
        self._inputs = {name: topics[name] for name in self._kinds}
        self._letters = Letters(service, broker_log, self._inputs)
        self._take = take
        self._accept = accept
        self._leave = leave
        self._app = _App(
            service,
            broker=[URL(f"aiokafka://{server}") for server in cluster.servers.split(",")],
            broker_credentials=_credentials(cluster),
            # Static membership: a restarted process gets its partitions back without a rebalance.
            consumer_group_instance_id=f"{service}-{instance}",
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=2,
            broker_commit_interval=0.5,
            consumer_auto_offset_reset="earliest",
            value_serializer="raw",
            key_serializer="raw",
            topic_allow_declare=False,
            topic_disable_leader=True,
            stream_wait_empty=False,
            web_enabled=False,
        )
        self._app.deliver = self._deliver
        self._app.fail = fail
        self._app.transport = _Transport(self._app.conf.broker_consumer, self._app)
        self._app.on_partitions_assigned.connect(self._assigned)
        self._app.on_partitions_revoked.connect(self._revoked)
        names = (*self._inputs, replay(service))
        self._app.topics.add(self._app.topic(*names, key_type=bytes, value_type=bytes))

    async def start(self) -> None:
        """Joins the group; returns when records can come."""
        await self._app.start()
        self._app.sensors.remove(self._app.monitor)

    async def stop(self) -> None:
        """Commits what is acknowledged, and leaves."""
        await self._app.stop()

    async def be_forgotten(self) -> None:
        """Is silent for longer than the broker keeps this member's place.

        A broker that is restarted between the join of a group's leader and its assignment keeps an empty one, and
        gives just that to a static member who comes back within a session; again and again, since nothing changed.
        """
        with suppress(Exception):
            await asyncio.wait_for(self._app.stop(), SESSION_SECONDS)
        await asyncio.sleep(SESSION_SECONDS + 2)

    def resume(self, tp: TP) -> None:
        """Lets the broker send more of a partition whose queue was full."""
        self._app.consumer.on_buffer_drop(FaustTP(*tp))

    async def rewind(self, tp: TP, offset: int) -> None:
        """Has the records of a partition come again from an offset on, if the partition is still ours."""
        place = FaustTP(*tp)
        if place in self._app.consumer.assignment():
            with suppress(IllegalStateError):  # it has just been taken away
                # Not seek: that reaches into the fetching thread, which may be at the very records, and dies of it.
                await self._app.consumer.seek_wait({place: offset})

    @property
    def partitions(self) -> list[TP]:
        """Those of all its topics, whoever in the group they are given to."""
        return [
            TP(topic.name, n) for topic in self._inputs.values() for n in range(topic.partitions)
        ]

    @property
    def assigned(self) -> bool:
        """Whether the broker has given this process partitions."""
        try:
            return bool(self._app.started and self._app.consumer.assignment())
        except ConsumerNotStarted:
            return False

    @property
    def _faust(self) -> _FaustConsumer:
        return cast(_FaustConsumer, self._app.consumer)

    async def _deliver(self, tp: FaustTP, records: Sequence[Any]) -> None:
        if tp.topic == replay(self._service):
            received = [await self._sent_back(tp, record) for record in records]
            if tp not in self._app.consumer.assignment():
                return  # taken away meanwhile
        else:
            received = [
                self._received(tp, record, Origin(*tp, record.offset), _content(record))
                for record in records
            ]
        if not self._accept(TP(*tp), received):
            # Not pause_partitions: that drops records already fetched, and commits past them.
            self._app.consumer.on_buffer_full(tp)

    async def _sent_back(self, tp: FaustTP, record: Any) -> Received:
        """The dead letter that the record names; what may not be sent back comes without its content."""
        named = _content(record)
        try:
            origin, content = await patiently(self._service, lambda: self._letters.sent_back(named))
        except NotReplayable as error:
            place = Origin(*tp, record.offset)
            return self._received(tp, record, place, (None, None, ()), error)
        return self._received(tp, record, origin, content)

    def _received(
        self,
        tp: FaustTP,
        record: Any,
        origin: Origin,
        content: Content,
        error: Permanent | None = None,
    ) -> Received:
        decoded: Event | Permanent | Newer
        try:
            decoded = error or self._decoded(origin.topic, content)
        except (Permanent, Newer) as found:
            decoded = found
        return Received(
            record.offset, *content, origin, decoded,
            partial(self._faust.acknowledge, tp, record.offset),
            partial(fingerprint, record.timestamp, *_content(record)), record.timestamp / 1000,
        )  # fmt: skip

    def _decoded(self, topic: str, content: Content) -> Event:
        return decode(self._inputs[topic], self._kinds[topic], *content, codec())

    async def _assigned(self, app: Any, /, *args: Any, signal: Any = None, **_: Any) -> None:
        self._take([TP(*argument) for argument in args[0]])

    async def _revoked(self, app: Any, /, *args: Any, signal: Any = None, **_: Any) -> None:
        await self._leave([TP(*argument) for argument in args[0]])


def _content(record: Any) -> Content:
    return record.key, record.value, tuple(record.headers)
