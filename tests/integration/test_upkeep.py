"""What a service looks after by itself: when it is due, who does it, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError
from sqlalchemy import Engine

from services.kernel import metrics, upkeep
from services.kernel.clock import Clock, utc_now
from services.kernel.cluster import Cluster
from services.kernel.comparison import Check, Comparison, Gap, Repair
from services.kernel.db import close, connect
from services.kernel.locks import Locks
from services.kernel.topics import TP, Extent, load
from services.kernel.upkeep import Upkeep
from tests.toy.harness import INPUT, make_schema

pytestmark = pytest.mark.stack
PLACE = TP("submission.received", 0)
NOWHERE = Cluster("127.0.0.1:1")
LATER = f"interval '{upkeep.SETTLED.seconds + 1} seconds'"


class Broker:
    """Topics that end where a test says, on a broker that is away or slow when it says."""

    def __init__(self) -> None:
        self.is_away = False
        self.answers_after = 0.0
        self.end = 0
        self.now = 1000.0

    def seconds(self) -> float:
        return self.now

    def extents(self) -> dict[TP, Extent]:
        self.now += self.answers_after
        if self.is_away:
            raise KafkaConnectionError("away")
        return {PLACE: Extent(0, self.end)}


class House:
    """One service's table, and a check that counts how often it is asked."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = connect(url, pool_size=2)
        self.broker = Broker()
        self.meanwhile: Callable[[], None] = lambda: None
        self.clock: Clock = utc_now
        self.compared = 0
        self.lacking = 0
        self.mends = True
        self.fails = False
        with self.engine.begin() as connection:
            connection.exec_driver_sql("delete from upkeep")
            connection.exec_driver_sql("insert into upkeep default values")
            connection.exec_driver_sql("truncate partitions")

    def process(self) -> Upkeep:
        check = Check("publications", self._compare, self._repair if self.mends else None)
        return Upkeep(
            "validation", self.engine, NOWHERE, self.broker, [check], self.clock,
            seconds=self.broker.seconds,
        )  # fmt: skip

    def execute(self, statement: str) -> Any:
        with self.engine.begin() as connection:
            found = connection.exec_driver_sql(statement)
            return found.all() if found.returns_rows else None

    def a_night_passes(self) -> None:
        """The last upkeep was a day earlier."""
        self.execute("update upkeep set done_at = done_at - interval '1 day'")

    def long_ago(self) -> None:
        """What was wanted was wanted some time ago."""
        self.execute(f"update upkeep set wanted_at = wanted_at - {LATER}")

    def is_wanted(self) -> bool:
        return bool(self.execute("select wanted_at is not null from upkeep")[0][0])

    def read_to(self, offset: int) -> None:
        self.execute(
            f"insert into partitions (topic, partition, next_offset) values ('{PLACE.topic}', 0, {offset})"
            " on conflict (topic, partition) do update set next_offset = excluded.next_offset"
        )

    def _compare(self, engine: Engine, cluster: Cluster) -> Comparison:
        self.compared += 1
        self.meanwhile()
        if self.fails:
            raise KafkaConnectionError("away")
        gaps = {Gap.UNPUBLISHED: {INPUT: self.lacking}} if self.lacking else {}
        return Comparison("publications", 5, gaps)

    def _repair(self, engine: Engine, cluster: Cluster) -> Repair:
        written, self.lacking = self.lacking, 0
        return Repair({INPUT: written}, Comparison("publications", 5, {}))


@pytest.fixture(scope="module")
def url(module_database: str) -> str:
    return make_schema(module_database)


@pytest.fixture
def house(url: str) -> Iterator[House]:
    house = House(url)
    yield house
    close(house.engine)


def gaps() -> float:
    found: float = metrics.GAPS.labels("validation", "publications")._value.get()
    return found


def test_it_is_done_each_night_and_not_again(house: House) -> None:
    process = house.process()
    process.look()
    assert house.compared == 0
    house.a_night_passes()
    process.look()
    assert house.compared == 1
    process.look()
    assert house.compared == 1
    house.a_night_passes()
    process.look()
    assert house.compared == 2


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-29T20:00:00+00:00", "2026-11-29T20:00:00+00:00"),
        ("2026-11-29T19:59:59+00:00", "2026-11-28T20:00:00+00:00"),
        ("2026-11-30T03:30:00+07:00", "2026-11-29T20:00:00+00:00"),
    ],
)
def test_night_is_three_in_the_morning_in_vietnam(now: str, night: str) -> None:
    assert upkeep._last_night(datetime.fromisoformat(now)) == datetime.fromisoformat(night)


def test_after_an_unclean_end_it_is_done_once_all_has_arrived(house: House) -> None:
    house.process().look()
    after = house.process()
    after.look()
    assert (house.is_wanted(), house.compared) == (True, 0)
    house.long_ago()
    after.look()
    assert (house.is_wanted(), house.compared) == (False, 1)


def test_after_an_end_in_good_order_it_is_not(house: House) -> None:
    before = house.process()
    before.look()
    before.stop()
    house.process().look()
    assert not house.is_wanted()


def test_after_an_outage_of_the_broker_it_is(house: House) -> None:
    process = house.process()
    house.broker.is_away = True
    process.look()
    assert not house.is_wanted()
    house.broker.is_away = False
    process.look()
    assert house.is_wanted()
    house.long_ago()
    process.look()
    process.look()
    assert (house.is_wanted(), house.compared) == (False, 1)


def test_a_broker_that_was_slow_to_answer_may_have_been_away(house: House) -> None:
    house.broker.answers_after = upkeep.OUTAGE_SECONDS + 1
    process = house.process()
    process.look()
    assert house.is_wanted()


def test_it_waits_until_the_service_has_read_what_was_there(house: House) -> None:
    house.broker.end = 7
    house.a_night_passes()
    process = house.process()
    process.look()
    house.read_to(6)
    house.broker.end = 9
    process.look()
    assert house.compared == 0
    house.read_to(7)
    process.look()
    assert house.compared == 1


def test_what_the_broker_lost_meanwhile_is_not_waited_for(house: House) -> None:
    """On a topic to which little comes it would be waited for so long that the nights pass without a comparison."""
    house.broker.end = 7
    house.a_night_passes()
    process = house.process()
    process.look()
    house.broker.end = 5
    house.read_to(4)
    process.look()
    assert house.compared == 0
    house.read_to(5)
    process.look()
    assert house.compared == 1


def test_it_waits_for_what_is_there_when_it_is_due_again_whoever_did_it_before(
    house: House,
) -> None:
    house.broker.end = 7
    house.a_night_passes()
    process, other = house.process(), house.process()
    process.look()
    other.look()
    house.read_to(7)
    other.look()
    process.look()
    house.broker.end = 9
    house.a_night_passes()
    process.look()
    assert house.compared == 1, "not before what came since is read"
    house.read_to(9)
    process.look()
    assert house.compared == 2


def test_what_is_wanted_meanwhile_is_wanted_still(house: House) -> None:
    house.a_night_passes()
    house.meanwhile = lambda: upkeep.want(house.engine)
    house.process().look()
    assert (house.is_wanted(), house.compared) == (True, 1)


@pytest.mark.parametrize("time", ["wanted_at", "done_at"])
def test_a_database_whose_clock_was_set_back_does_not_put_it_off(house: House, time: str) -> None:
    process = house.process()
    process.look()
    house.execute(f"update upkeep set {time} = now() + interval '1 hour'")
    process.look()
    process.look()
    assert (house.is_wanted(), house.compared) == (False, 1)


def test_what_was_mended_is_counted_and_what_stays_is_told_by_every_process(house: House) -> None:
    other = house.process()
    house.lacking = 3
    house.a_night_passes()
    before = metrics.MENDED.labels("validation")._value.get()
    house.process().look()
    assert metrics.MENDED.labels("validation")._value.get() == before + 3
    assert house.execute("select gaps from upkeep") == [({"publications": 0},)]
    house.mends, house.lacking = False, 2
    house.a_night_passes()
    house.process().look()
    metrics.GAPS.labels("validation", "publications").set(0)
    other.look()
    assert gaps() == 2


def test_what_stays_is_looked_at_again_until_somebody_else_has_mended_it(house: House) -> None:
    """Events that the log of evidence has and a topic lacks come back from the service that wrote them, a bit later."""
    house.a_night_passes()
    house.mends, house.lacking = False, 3
    process = house.process()
    process.look()
    process.look()
    assert (house.compared, gaps()) == (1, 3)
    house.execute(
        f"update upkeep set wanted_at = wanted_at - interval '{upkeep.STAYS.seconds} seconds'"
    )
    house.long_ago()
    house.lacking = 0
    process.look()
    process.look()
    assert (house.compared, house.is_wanted(), gaps()) == (2, False, 0)


def test_a_clock_that_differs_from_the_databases_is_told(house: House) -> None:
    house.clock = lambda: utc_now() - timedelta(hours=1)
    house.process().look()
    ahead = metrics.CLOCK_AHEAD.labels("validation")._value.get()
    assert ahead < -3000
    assert house.compared == 0


def test_what_failed_is_tried_again_after_a_while(house: House) -> None:
    house.a_night_passes()
    house.fails = True
    process = house.process()
    with pytest.raises(KafkaConnectionError):
        process.look()
    process.look()
    assert house.compared == 1
    house.fails = False
    house.broker.now += upkeep.AGAIN_SECONDS
    process.look()
    assert house.compared == 2


def test_what_it_waits_for_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The alarm that nothing was compared for two days sends whoever looks to this line."""
    house.a_night_passes()
    house.fails = True
    process = house.process()
    told: list[str] = []

    def warning(event: str, error: str) -> None:
        told.append(f"{event}: {error}")
        process.stop()

    monkeypatch.setattr(upkeep, "log", SimpleNamespace(warning=warning))
    process._run()
    assert len(told) == 1 and told[0].startswith("upkeep: KafkaConnectionError")


def test_after_a_repair_that_somebody_asked_for_it_looks_again(house: House) -> None:
    upkeep.want(house.engine)
    assert house.is_wanted()


def test_one_process_at_a_time_does_it(house: House) -> None:
    house.a_night_passes()
    with house.engine.connect() as other:
        assert other.execute(upkeep._LOCK).scalar_one()
        house.process().look()
        assert house.compared == 0
        other.execute(upkeep._UNLOCK)
    house.process().look()
    assert house.compared == 1


def test_who_takes_over_from_a_process_that_died_wants_it(house: House) -> None:
    async def take(clean: bool) -> None:
        locks = Locks(
            "validation",
            house.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        )
        await locks.connect()
        await locks.acquire(load()[INPUT], 0, asyncio.Event())
        if clean:
            await locks.release(INPUT, 0, clean=True)
        await locks.close()

    asyncio.run(take(clean=True))
    asyncio.run(take(clean=False))
    assert not house.is_wanted()
    asyncio.run(take(clean=False))
    assert house.is_wanted()
