"""Places are shared fairly: nobody waits for another's much work, and everybody's turn comes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.shares import LARGE, Places, Request, Shares

WHO = st.sampled_from("abcd")
SIZES = st.sampled_from([1, LARGE - 1, LARGE, 40 * LARGE])


def all_next(shares: Shares, now: float = 0) -> list[Request]:
    return list(iter(lambda: shares.next(now), None))


def test_eight_large_of_one_leave_a_place_for_anothers_small_one() -> None:
    shares = Shares(places=3, large=2)
    large = [shares.ask("a", 10 * LARGE) for _ in range(8)]
    assert all_next(shares) == large[:2]
    small = shares.ask("b", 1)
    assert shares.next(0) is small


def test_the_large_of_many_leave_a_place_for_a_small_one() -> None:
    shares = Shares(places=4, large=2)
    first = [shares.ask(who, LARGE) for who in "abc"]
    assert all_next(shares) == first[:2]
    small = [shares.ask(who, 1) for who in "cd"]
    assert all_next(shares) == small


def test_many_small_ones_of_one_leave_a_place_for_another() -> None:
    shares = Shares(places=4, large=2)
    many = [shares.ask("a", 1) for _ in range(1000)]
    assert all_next(shares) == many[:3]
    assert shares.ask("b", 1) == shares.next(0)


def test_a_single_place_is_used() -> None:
    shares = Shares(places=1, large=1)
    assert shares.ask("a", LARGE) == shares.next(0)


def test_who_had_less_time_goes_first() -> None:
    """Not who asked first, and not who has had fewer turns."""
    shares = Shares(places=1, large=1)
    long, *others = [shares.ask("a", 1) for _ in range(3)]
    assert shares.next(0) is long
    short = [shares.ask("b", 1) for _ in range(3)]
    shares.end(long, 10)
    for now, one in enumerate(short, 10):
        assert shares.next(now) is one
        shares.end(one, now + 1)
    assert shares.next(13) is others[0]


def test_time_under_way_counts() -> None:
    shares = Shares(places=3, large=2)
    shares.ask("a", 1)
    shares.ask("b", 1)
    first = all_next(shares, 0)
    again = [shares.ask(who, 1) for who in "ab"]
    shares.end(first[1], 1)
    assert all_next(shares, 5) == [again[1], again[0]]


def test_nobody_saves_up_time_by_staying_away() -> None:
    """Who comes when another has had an hour begins where that one stands, and they take turns from then on."""
    shares = Shares(places=1, large=1)
    one, *_ = [shares.ask("a", 1) for _ in range(5)]
    assert shares.next(0) is one
    shares.end(one, 3600)
    for _ in range(4):
        shares.ask("b", 1)
    turns = []
    for now in range(3600, 3606):
        one = all_next(shares, now)[0]
        turns.append(one.who)
        shares.end(one, now + 1)
    assert turns == ["a", "b", "a", "b", "a", "b"]


def test_a_wish_can_be_taken_back() -> None:
    shares = Shares(places=1, large=1)
    first, second, third = [shares.ask("a", 1) for _ in range(3)]
    assert shares.next(0) is first
    shares.end(second, 0)
    shares.end(first, 1)
    assert shares.next(1) is third


@given(
    st.lists(st.tuples(WHO, SIZES, st.integers(1, 50), st.integers(0, 20)), max_size=60),
    st.integers(1, 5),
    st.data(),
)
def test_whatever_arrives_everybody_is_served_and_no_limit_is_broken(
    work: list[tuple[str, int, int, int]], places: int, data: st.DataObject
) -> None:
    large = data.draw(st.integers(1, places))
    shares = Shares(places, large)
    now = 0
    arrivals = iter(work)
    pending = next(arrivals, None)
    ends: dict[Request, int] = {}
    durations: dict[Request, int] = {}
    served: list[Request] = []
    while pending or durations or ends:
        while pending and pending[3] <= now:
            durations[shares.ask(pending[0], pending[1])] = pending[2]
            pending = next(arrivals, None)
        if pending and not durations and not ends:
            now = pending[3]
            continue
        for one in [one for one, end in ends.items() if end <= now]:
            shares.end(one, now)
            del ends[one]
        for one in all_next(shares, now):
            ends[one] = now + durations.pop(one)
            served.append(one)
        assert len(ends) <= places
        assert sum(one.is_large for one in ends) <= large
        for who in "abcd":
            assert sum(one.who == who for one in ends) <= max(1, places - 1)
        assert ends or not durations, "somebody waits while all places are free"
        now += 1
    assert len(served) == len(work)
    assert not shares._waiting and not shares._begun
    for key, mine in itertools.groupby(
        sorted(served, key=lambda one: (one.who, one.is_large)),
        key=lambda one: (one.who, one.is_large),
    ):
        numbers = [one.number for one in mine]
        assert numbers == sorted(numbers), f"{key}: of one's own, the earlier goes first"


@given(st.lists(st.integers(1, 30), min_size=40, max_size=40))
def test_two_who_always_wait_have_the_same_time(durations: list[int]) -> None:
    """Within the longest work of each (Goyal, Vin and Cheng, 1996, theorem 1)."""
    shares = Shares(places=1, large=1)
    for _ in range(40):
        shares.ask("a", 1)
        shares.ask("b", 1)
    now = 0
    had = {"a": 0, "b": 0}
    for seconds in durations:
        one = shares.next(now)
        assert one
        now += seconds
        had[one.who] += seconds
        shares.end(one, now)
        assert abs(had["a"] - had["b"]) <= 2 * max(durations)


def test_tasks_wait_for_their_places_and_who_is_cancelled_leaves_none_behind() -> None:
    async def scenario() -> list[str]:
        clock: Iterator[int] = itertools.count()
        places = Places(2, large=1, seconds=lambda: float(next(clock)))
        order: list[str] = []
        go = asyncio.Event()

        async def work(name: str, who: str, size: int) -> None:
            async with places.one(who, size):
                order.append(name)
                await go.wait()

        tasks = [asyncio.create_task(work(f"a{n}", "a", LARGE)) for n in range(3)]
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(work(f"b{n}", "b", 1)) for n in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["a0", "b0"]
        tasks[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[1]
        tasks[0].cancel()
        go.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return order

    assert sorted(asyncio.run(scenario())) == ["a0", "a2", "b0", "b1"]
