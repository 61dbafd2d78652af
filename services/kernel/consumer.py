"""Faust as the runner uses it: it brings records and commits what is acknowledged, nothing else.

Faust acknowledges a whole batch as soon as an iteration over `take` ends, and commits past an unfinished offset; so
records are only ever taken one at a time, without its acknowledgement, and acknowledged in order by partition.py.
No tables, no declared topics, no web server, no serializers: an error of those would lose a record.
Faust's own account of offsets is switched off, too: after a rebalance it may hand over a record that it had buffered
before an earlier one that comes again, drop the earlier one as read, and commit past it. The account is partition.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import faust
from aiokafka.errors import IllegalStateError
from faust.auth import SASLCredentials
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP
from mode.services import WaitResults
from yarl import URL

from services.kernel.backlog import Received
from services.kernel.brokerlog import BrokerLog
from services.kernel.cluster import Cluster, Protocol
from services.kernel.codec import codec
from services.kernel.dead import Content, Origin
from services.kernel.errors import NotReplayable, Permanent
from services.kernel.events import Event
from services.kernel.letters import Letters
from services.kernel.patience import patiently
from services.kernel.topics import Topic, replay
from services.kernel.wire import decode, fingerprint

SESSION_SECONDS = 10
"""How long the broker keeps a member's place of whom it hears nothing."""
Accept = Callable[[TP, Received], bool]
"""Takes a record over; False says that the partition's queue is full."""
Leave = Callable[[Sequence[TP]], Awaitable[None]]
Fail = Callable[[BaseException], None]


class _Unread(dict[TP, int | None]):
    """What Faust has read: to its mind, nothing. So it drops no record that comes again, and invents no gap."""

    def __getitem__(self, tp: TP) -> None:
        return None


class _FaustConsumer(aiokafka.Consumer):
    """Delivers without the four tasks that Faust makes for every record, and commits what is acknowledged."""

    app: Any
    """The _App, which ends the process."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = _Unread()

    def _new_offset(self, tp: TP) -> int | None:
        """Partition acknowledges in order, all below included: the last acknowledged one is the mark."""
        acknowledged = self._acked[tp]
        if not acknowledged:
            return None
        mark = max(acknowledged) + 1
        acknowledged.clear()
        self._acked_index[tp].clear()
        return mark

    async def _drain_messages(self, fetcher: Any) -> None:
        """Without its loop the process would look well and read nothing: an error of it ends the process."""
        try:
            await super()._drain_messages(fetcher)
        except Exception as error:
            self.app.fail(error)

    async def wait_first(self, *waiting: Any, **options: Any) -> Any:
        """Awaits a delivery itself while the flow is on; all else as Faust does."""
        if len(waiting) != 2 or not self.flow_active or not self.app.flow_control.is_active():
            return await super().wait_first(*waiting, **options)
        delivery, suspended = waiting
        suspended.close()
        return WaitResults([delivery], [await delivery], False)


class _Transport(aiokafka.Transport):
    Consumer = _FaustConsumer


class _App(faust.App):
    """Faust without the folders in which it would keep tables; `fail` ends the process."""

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
        streams: Iterable[Sequence[str]], broker_log: BrokerLog, accept: Accept, leave: Leave, fail: Fail,
    ) -> None:  # fmt: skip
        self._service = service
        inputs = [tuple(names) for names in streams]
        self._inputs = {name: topics[name] for names in inputs for name in names}
        self._letters = Letters(service, broker_log, self._inputs)
        self._accept = accept
        self._leave = leave
        self._fail = fail
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
        self._app.fail = fail
        self._app.transport = _Transport(self._app.conf.broker_consumer, self._app)
        self._app.on_partitions_revoked.connect(self._revoked)
        for names in (*inputs, (replay(service),)):
            self._agent(names)

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
        self._app.consumer.on_buffer_drop(tp)

    async def rewind(self, tp: TP, offset: int) -> None:
        """Has the records of a partition come again from an offset on, if the partition is still ours."""
        if tp in self._app.consumer.assignment():
            with suppress(IllegalStateError):  # it has just been taken away
                # Not seek: that reaches into the fetching thread, which may be at the very records, and dies of it.
                await self._app.consumer.seek_wait({tp: offset})

    @property
    def partitions(self) -> list[TP]:
        """Those of all its topics, whoever in the group they are given to."""
        return [TP(one.name, n) for one in self._inputs.values() for n in range(one.partitions)]

    @property
    def assigned(self) -> bool:
        """Whether the broker has given this process partitions."""
        try:
            return bool(self._app.started and self._app.consumer.assignment())
        except ConsumerNotStarted:
            return False

    def _agent(self, names: Sequence[str]) -> None:
        topic = self._app.topic(
            *names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )

        async def consume(stream: Any) -> None:
            async for event in stream.noack().events():
                try:
                    await self._take(event)
                except Exception as error:
                    self._fail(error)

        self._app.agent(topic, name=f"{self._service}.{names[0]}")(consume)

    async def _take(self, event: Any) -> None:
        tp = TP(event.message.topic, event.message.partition)
        if not self._accept(tp, await self._received(event)):
            # Not pause_partitions: that drops records already fetched, and commits past them.
            self._app.consumer.on_buffer_full(tp)

    async def _received(self, event: Any) -> Received:
        """The record, or the dead letter that it names; what may not be sent back comes without its content."""
        message = event.message
        origin = Origin(message.topic, message.partition, message.offset)
        content: Content = (message.key, message.value, tuple(message.headers or ()))
        stamp = partial(fingerprint, round(message.timestamp * 1000), *content)
        decoded: Event | Permanent
        if message.topic == replay(self._service):
            named = content
            try:
                origin, content = await patiently(
                    self._service, lambda: self._letters.sent_back(named)
                )
            except NotReplayable as error:
                return Received(message.offset, None, None, (), origin, error, event.ack, stamp)
        try:
            decoded = decode(self._inputs[origin.topic], *content, codec())
        except Permanent as error:
            decoded = error
        return Received(message.offset, *content, origin, decoded, event.ack, stamp)

    async def _revoked(self, app: Any, /, *args: Any, signal: Any = None, **_: Any) -> None:
        revoked: Iterable[TP] = args[0]
        await self._leave(list(revoked))
