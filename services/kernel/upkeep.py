"""What a service looks after by itself: that its topics have what its tables say.

It is compared each night, and after whatever may have made a difference: a process that ended uncleanly, or a broker
that was away, perhaps without power. What can be mended is mended; what stays is told. Each process of the service's
API looks whether it is time; the one that has the lock does it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Final, Protocol

import sqlalchemy as sa
import structlog
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel import metrics
from services.kernel.clock import Clock
from services.kernel.cluster import Cluster
from services.kernel.comparison import Check
from services.kernel.outbox import EXPIRE
from services.kernel.topics import TP, Extent, Topic, read_by
from services.kernel.transient import is_transient

LOOK_SECONDS: Final = 5.0
OUTAGE_SECONDS: Final = 2.0
"""A broker that takes longer to answer was away: none is back from a loss of power sooner."""
SETTLED: Final = timedelta(seconds=30)
"""After it nothing is on its way any more of what a dead process, or one before an outage, had sent."""
AGAIN_SECONDS: Final = 300.0
"""Between tries that failed."""
STAYS: Final = timedelta(minutes=1)
"""Until what could not be mended is looked at again: another service may have mended it, as what the log of evidence
lacks. A comparison that takes long waits so many times as long as it took, and costs little beside.
"""
STAYS_TIMES: Final = 5
STAYS_MOST: Final = timedelta(hours=1)
NIGHT_HOUR: Final = 20
"""In UTC: three in the morning in Vietnam."""
_OPEN = sa.text(
    "update upkeep set wanted_at = case when clean then wanted_at else now() end, clean = false"
)
_CLOSE = sa.text("update upkeep set clean = true")
_WANT = sa.text("update upkeep set wanted_at = now()")
_STATE = sa.text("select clock_timestamp(), wanted_at, done_at, gaps from upkeep")
_DONE = sa.text(
    "update upkeep set done_at = :now, gaps = :gaps, wanted_at ="
    " case when wanted_at is distinct from :wanted_at then least(wanted_at, :again) else :again end"
).bindparams(
    sa.bindparam("gaps", type_=JSONB),
    sa.bindparam("again", type_=sa.DateTime(True)),
    sa.bindparam("wanted_at", type_=sa.DateTime(True)),
)
_MARKS = sa.text(
    "select topic, partition, next_offset from partitions where next_offset is not null"
)
_LOCK = sa.text("select pg_try_advisory_lock(hashtext(current_schema || ' upkeep'))")
_UNLOCK = sa.text("select pg_advisory_unlock(hashtext(current_schema || ' upkeep'))")

log = structlog.get_logger()
Chore = Callable[[Cluster, datetime], object]
"""Something to be done each night besides; safe to be done more often."""


class Topics(Protocol):
    """The broker, asked where partitions begin and end."""

    def extents(self) -> dict[TP, Extent]:
        """Of all partitions of the topics that the service reads or writes. Raises KafkaError while it is away."""
        ...


class BrokerTopics:
    """Topics on a real broker, on a connection that is made anew after an error."""

    def __init__(self, cluster: Cluster, topics: Sequence[Topic]) -> None:
        self._cluster = cluster
        self._places = [TopicPartition(t.name, n) for t in topics for n in range(t.partitions)]
        self._consumer: KafkaConsumer | None = None

    def extents(self) -> dict[TP, Extent]:
        """See Topics."""
        try:
            if self._consumer is None:
                self._consumer = KafkaConsumer(**self._cluster.options(), group_id=None)
            first = self._consumer.beginning_offsets(self._places)
            end = self._consumer.end_offsets(self._places)
        except Exception:
            self.close()
            raise
        return {TP(*place): Extent(first[place], end[place]) for place in self._places}

    def close(self) -> None:
        """Ends the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()


@dataclass(frozen=True)
class State:
    """What a look found; all times are the database's. `gaps`: how many records differ, by comparison, as the last
    upkeep left it.
    """

    now: datetime
    wanted_at: datetime | None
    done_at: datetime
    gaps: dict[str, int]

    @property
    def is_due(self) -> bool:
        """Whether it is time. A time ahead of now is of a clock that was set back since: it would come late, or never.
        Only where something stays, the next look may be ahead.
        """
        latest = self.now + (STAYS_MOST if any(self.gaps.values()) else SETTLED)
        is_wanted = self.wanted_at is not None and not (
            self.now - SETTLED <= self.wanted_at <= latest
        )
        return is_wanted or not _last_night(self.now) <= self.done_at <= self.now + SETTLED


class Upkeep:
    """One service's, in one process. `seconds` is a clock that never jumps; `chores` are done before the checks."""

    def __init__(
        self, service: str, engine: Engine, cluster: Cluster, topics: Topics, checks: Sequence[Check],
        clock: Clock, *, chores: Sequence[Chore] = (),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._service = service
        self._engine = engine
        self._cluster = cluster
        self._topics = topics
        self._checks = checks
        self._chores = chores
        self._clock = clock
        self._seconds = seconds
        self._reads = {topic.name for topic in read_by(service)}
        self._was_away = False
        self._targets: dict[TP, int] = {}
        self._not_before = 0.0
        self._is_open = False
        self._stop = Event()
        self._mended = metrics.MENDED.labels(service)

    def start(self) -> None:
        """Begins to look, on a thread of its own."""
        Thread(target=self._run, name="upkeep", daemon=True).start()

    def stop(self) -> None:
        """The process ends in good order. What is being mended is broken off, and begun again at the next start."""
        self._stop.set()
        with self._engine.begin() as connection:
            connection.execute(_CLOSE)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception as error:
                metrics.RETRIES.labels(self._service).inc()
                if is_transient(error):
                    log.warning("upkeep", error=repr(error)[:300])
                else:
                    log.error("upkeep", exc_info=error)
            self._stop.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Does what is due. Raises what broker and database do while they are away."""
        extents = self._extents()
        with self._engine.begin() as connection:
            if not self._is_open:
                connection.execute(_OPEN)
            if self._was_away and extents:
                connection.execute(_WANT)
            state = self._state(connection)
        self._is_open = True
        self._was_away = self._was_away and not extents
        self._tell(state)
        if not state.is_due:
            self._targets = {}  # another process has done it: those of the next time are others
        if extents and state.is_due and self._seconds() >= self._not_before:
            self._do_alone(extents)

    def _do_alone(self, extents: Mapping[TP, Extent]) -> None:
        with self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if not connection.execute(_LOCK).scalar_one():
                return
            try:
                state = self._state(connection)
                if state.is_due and self._has_caught_up(connection, extents):
                    self._not_before = self._seconds() + AGAIN_SECONDS
                    connection.execute(EXPIRE)
                    gaps, seconds = self._keep_up()
                    again = state.now + seconds if any(gaps.values()) else None
                    connection.execute(_DONE, {**vars(state), "gaps": gaps, "again": again})
                    self._targets, self._not_before = {}, 0.0
            finally:
                connection.execute(_UNLOCK)

    def _extents(self) -> dict[TP, Extent]:
        """Where the topics end; nothing while the broker is away."""
        begun = self._seconds()
        try:
            extents = self._topics.extents()
        except Exception:
            self._was_away = True
            return {}
        self._was_away = self._was_away or self._seconds() - begun > OUTAGE_SECONDS
        return extents

    @staticmethod
    def _state(connection: Connection) -> State:
        return State(*connection.execute(_STATE).one())

    def _tell(self, state: State) -> None:
        ahead = self._clock() - state.now
        metrics.CLOCK_AHEAD.labels(self._service).set(ahead.total_seconds())
        metrics.COMPARED_AT.labels(self._service).set(state.done_at.timestamp())
        for check in self._checks:
            metrics.GAPS.labels(self._service, check.name).set(state.gaps.get(check.name, 0))

    def _has_caught_up(self, connection: Connection, extents: Mapping[TP, Extent]) -> bool:
        """Whether the service has read to where its topics ended when this became due, or end now: a broker may have
        lost what was there, and a topic may be made anew.

        A database that was restored from an older copy lacks what the log yet has: compared before that is read again,
        the feed would lose it.
        """
        self._targets = self._targets or {
            tp: extent.end for tp, extent in extents.items() if tp.topic in self._reads
        }
        marks = {TP(t, n): mark for t, n, mark in connection.execute(_MARKS)}
        return all(
            max(marks.get(tp, 0), extents[tp].begin) >= min(target, extents[tp].end)
            for tp, target in self._targets.items()
        )

    def _keep_up(self) -> tuple[dict[str, int], timedelta]:
        """How many records differ at the end, by comparison; and after what time to look again if some do."""
        begun = self._seconds()
        for chore in self._chores:
            chore(self._cluster, self._clock())
        gaps = {}
        for check in self._checks:
            compared = check.compare(self._engine, self._cluster)
            if compared.total and check.repair:
                repair = check.repair(self._engine, self._cluster)
                self._mended.inc(sum(repair.written.values()))
                log.warning("mended", comparison=check.name, written=dict(repair.written))
                compared = repair.after
            gaps[check.name] = compared.total
        took = timedelta(seconds=self._seconds() - begun)
        return gaps, min(max(STAYS, took * STAYS_TIMES), STAYS_MOST)


def want(engine: Engine) -> None:
    """Has the service look again, soon: something was mended by hand, and what stays is not known."""
    with engine.begin() as connection:
        connection.execute(_WANT)


def _last_night(now: datetime) -> datetime:
    tonight = now.astimezone(UTC).replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight <= now else tonight - timedelta(days=1)
