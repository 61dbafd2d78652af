"""How much one may read."""

from __future__ import annotations

from fastapi.testclient import TestClient

from services.kernel.problems import Problem
from services.kernel.rates import REMEMBERED, Reads
from tests import people
from tests.unit.test_rights import app_of


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(reads: Reads, who: str) -> str | None:
    """The seconds to wait, None where it may read."""
    try:
        reads.take(who)
    except Problem as problem:
        assert (problem.status, problem.code) == (429, "too-many-reads")
        return problem.headers["Retry-After"]
    return None


def test_who_reads_in_a_loop_waits_and_nobody_else_does() -> None:
    seconds = Seconds()
    reads = Reads(burst=3, per_second=0.5, seconds=seconds)
    assert [refused(reads, "a") for _ in range(4)] == [None, None, None, "2"]
    assert refused(reads, "b") is None
    seconds.now = 1.9
    assert refused(reads, "a") == "1"
    seconds.now = 2.0
    assert refused(reads, "a") is None
    assert refused(reads, "a") == "2"


def test_what_is_remembered_has_an_end() -> None:
    reads = Reads(burst=1, per_second=0.001)
    for number in range(REMEMBERED + 1):
        reads.take(str(number))
    assert refused(reads, "0") is None
    assert refused(reads, str(REMEMBERED)) is not None


def test_reads_of_an_api_are_limited_by_person_and_acts_are_not() -> None:
    app = app_of("policy")
    app.state.reads = Reads(burst=2, per_second=0.001)
    client = TestClient(app, raise_server_exceptions=False)
    mine, others = people.headers("p-1", roles=["leader"]), people.headers("p-2", roles=["leader"])
    try:
        answers = [client.get("/v1/erasures", headers=mine) for _ in range(3)]
        assert [one.status_code for one in answers] == [503, 503, 429]
        assert client.get("/v1/erasures", headers=others).status_code == 503
        path = "/v1/erasures/00000000-0000-0000-0000-000000000007/confirmation"
        assert client.post(path, headers=mine).status_code == 503
    finally:
        app.state.reads = Reads()
