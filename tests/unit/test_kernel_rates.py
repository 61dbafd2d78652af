"""How much one may have at once, and as time goes by."""

from __future__ import annotations

from fastapi.testclient import TestClient

from services.kernel.rates import READS, READS_PER_SECOND, REMEMBERED, Buckets
from tests import people
from tests.unit.test_rights import app_of


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_a_rate_for_each_alone() -> None:
    seconds = Seconds()
    buckets = Buckets(burst=3, per_second=0.5, seconds=seconds)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2]
    assert buckets.take("b") == 0
    seconds.now = 1.0
    assert buckets.take("a") == 1
    seconds.now = 1.9
    assert buckets.take("a") == 1
    seconds.now = 2.0
    assert [buckets.take("a"), buckets.take("a")] == [0, 2]


def test_rest_fills_no_further_than_the_burst() -> None:
    seconds = Seconds()
    buckets = Buckets(burst=2, per_second=1, seconds=seconds)
    buckets.take("a")
    seconds.now = 86_400
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]


def test_what_led_to_nothing_is_given_back_and_never_more_than_the_burst() -> None:
    buckets = Buckets(burst=10, per_second=2, seconds=Seconds())
    assert buckets.take("a", 8) == 0
    assert buckets.take("a", 8) == 3, "the 6 that are lacking"
    buckets.give_back("a", 8)
    assert buckets.take("a", 10) == 0
    for _ in range(2):
        buckets.give_back("a", 10)
    assert [buckets.take("a", 10), buckets.take("a", 10)] == [0, 5]


def test_what_is_remembered_has_an_end() -> None:
    buckets = Buckets(burst=1, per_second=0.001, seconds=lambda: 0.0)
    for number in range(REMEMBERED + 1):
        buckets.take(str(number))
    assert buckets.take("0") == 0
    assert buckets.take(str(REMEMBERED)) == 1000


def test_reads_of_an_api_are_limited_by_person_and_acts_are_not() -> None:
    app = app_of("policy")
    app.state.reads = Buckets(burst=2, per_second=0.001, seconds=lambda: 0.0)
    client = TestClient(app, raise_server_exceptions=False)
    mine, others = people.headers("p-1", roles=["leader"]), people.headers("p-2", roles=["leader"])
    try:
        answers = [client.get("/v1/erasures", headers=mine) for _ in range(3)]
        assert [one.status_code for one in answers] == [503, 503, 429]
        assert answers[2].json()["type"].endswith("too-many-reads")
        assert answers[2].headers["retry-after"] == "1000"
        assert client.get("/v1/erasures", headers=others).status_code == 503
        path = "/v1/erasures/00000000-0000-0000-0000-000000000007/confirmation"
        assert client.post(path, headers=mine).status_code == 503
    finally:
        app.state.reads = Buckets(READS, READS_PER_SECOND)
