from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.intake.limit import Limit

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_burst_then_a_rate() -> None:
    limit = Limit(burst=3, per_second=0.5)
    assert [limit.take("a", NOW) for _ in range(4)] == [0, 0, 0, 2]
    assert limit.take("a", NOW + timedelta(seconds=1)) == 1
    assert limit.take("a", NOW + timedelta(seconds=2)) == 0
    assert limit.take("a", NOW + timedelta(seconds=2)) == 2


def test_senders_do_not_share() -> None:
    limit = Limit(burst=1, per_second=1)
    assert limit.take("a", NOW) == 0
    assert limit.take("b", NOW) == 0
    assert limit.take("a", NOW) == 1


def test_rest_fills_no_further_than_the_burst() -> None:
    limit = Limit(burst=2, per_second=1)
    limit.take("a", NOW)
    later = NOW + timedelta(days=1)
    assert [limit.take("a", later) for _ in range(3)] == [0, 0, 1]


def test_what_led_to_nothing_is_given_back_and_never_more_than_the_burst() -> None:
    limit = Limit(burst=10, per_second=2)
    assert limit.take("a", NOW, 8) == 0
    assert limit.take("a", NOW, 8) == 3, "the 6 that are lacking"
    limit.give_back("a", NOW, 8)
    assert limit.take("a", NOW, 10) == 0
    for _ in range(2):
        limit.give_back("a", NOW, 10)
    assert [limit.take("a", NOW, 10), limit.take("a", NOW, 10)] == [0, 5]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limit = Limit(burst=1, per_second=1)
    limit.take("a", NOW)
    assert limit.take("a", NOW - timedelta(days=1)) == 1
