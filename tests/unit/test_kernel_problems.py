"""What an API answers to a request that is not as its contract says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx2
import psycopg
import pytest
from aiokafka.errors import KafkaConnectionError, OutOfOrderSequenceNumber
from fastapi import Body, FastAPI, Query

from services.kernel import error_answers, metrics
from services.kernel.bodies import BodyLimit
from services.kernel.errors import Unavailable
from services.kernel.transient import is_transient


def ask(app: FastAPI, method: str, **more: Any) -> httpx2.Response:
    async def answer() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, "/", **more)

    return asyncio.run(answer())


def test_the_detail_of_a_malformed_request_names_its_first_fields() -> None:
    """Commands and pages show the detail alone: it has to say where."""
    app = FastAPI()
    error_answers.install(app, "test")

    @app.get("/")
    def page(a: int, b: int, c: Annotated[str, Query(max_length=2)], d: int) -> None: ...

    body = ask(app, "GET", params={"a": "x", "c": "abc"}).json()
    for detail, words in (
        (body["detail"], ("query.a: phải là số nguyên", "query.b: thiếu", "query.c: chỉ được có")),
        (body["en"]["detail"], ("query.a: ", "query.b: Field required", "query.c: String should")),
    ):
        for named in words:
            assert named in detail
        assert "query.d" not in detail
    assert [one["in"][-1] for one in body["errors"]] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_read_to_its_limit_and_no_further(announced: bool) -> None:
    """Nobody has been asked yet who they are: what is read would be anybody's to fill the memory with."""
    app, read = FastAPI(), [0]
    app.add_middleware(BodyLimit, most=1000)
    error_answers.install(app, "test")

    @app.post("/")
    def page(text: Annotated[str, Body(embed=True)]) -> int:
        return len(text)

    async def chunks(count: int) -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(count):
            read[0] += 100
            yield b"a" * 100
        yield b'"}'

    def send(count: int) -> httpx2.Response:
        headers = {"Content-Type": "application/json"}
        if announced:
            headers["Content-Length"] = str(count * 100 + 12)
        return ask(app, "POST", content=chunks(count), headers=headers)

    assert (send(9).status_code, send(9).json()) == (200, 900)
    read[0] = 0
    answer = send(10_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:solieu:problem:body-too-large")
    assert read[0] <= (0 if announced else 1000)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OutOfOrderSequenceNumber(), 503),  # for good, and yet the outbox relays what was written
        (KafkaConnectionError(), 503),
        (Unavailable("the vault"), 503),
        (psycopg.errors.ReadOnlySqlTransaction("not promoted yet"), 503),
        (psycopg.errors.ProgramLimitExceeded("too large for its index, each time"), 500),
        (RuntimeError("nobody foresaw this"), 500),
    ],
)
def test_what_is_away_is_to_be_asked_again_and_raises_the_alarm(
    error: Exception, status: int
) -> None:
    app = FastAPI()
    error_answers.install(app, "test")

    @app.get("/")
    def page() -> None:
        raise error

    before = metrics.RETRIES.labels("test")._value.get()
    answer = ask(app, "GET")
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) is (status == 503)
    is_told = metrics.RETRIES.labels("test")._value.get() > before
    assert is_told is is_transient(error)
