"""Every request is counted once, by its route and what was answered, and a slow line is nobody's slowness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from services.console.api import create_app as console
from services.kernel import error_answers, measured
from services.kernel.errors import Unavailable
from services.kernel.measured import Measured
from services.kernel.settings import Settings
from tests.unit.test_rights import ROUTES, app_of, services

SETTINGS = Settings(database_url="postgresql://nobody:x@127.0.0.1:1/none")


def total(service: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value("solieu_requests_total", {"service": service, **labels})


def seconds(service: str, what: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(
        f"solieu_request_seconds_{what}", {"service": service, **labels}
    )


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[str, TestClient]]:
    """A service of the test's own, and its client."""
    service = request.node.name
    app, router = FastAPI(), APIRouter(prefix="/v1")
    error_answers.install(app, service)
    measured.install(app, service)

    @router.get("/things/{id}")
    def thing(id: str) -> str:
        if id == "broken":
            raise RuntimeError
        if id == "away":
            raise Unavailable("the vault")
        return id

    @router.get("/stream")
    def stream() -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            yield "one"
            raise RuntimeError

        return StreamingResponse(lines())

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=measured.__file__.rpartition("/")[0]))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield service, client


def test_a_request_counts_by_its_route_and_never_by_its_path(
    asked: tuple[str, TestClient],
) -> None:
    service, client = asked
    for id_ in ("1", "2", "broken", "away"):
        client.get(f"/v1/things/{id_}")
    client.post("/v1/things/1")
    client.get("/static/measured.py")
    client.get("/nowhere/1")
    client.request("BREW", "/v1/things/1")
    client.request("BREW", "/nowhere/2")
    things = {"route": "/v1/things/{id}", "method": "GET"}
    assert total(service, **things, status="2xx") == 2
    assert total(service, **things, status="5xx") == 2
    assert total(service, **things | {"method": "POST"}, status="4xx") == 1
    assert total(service, **things | {"method": "_OTHER"}, status="4xx") == 1
    assert total(service, route="/static", method="GET", status="2xx") == 1
    assert total(service, route="none", method="GET", status="4xx") == 1
    assert total(service, route="none", method="_OTHER", status="4xx") == 1
    assert seconds(service, "count", **things) == 4


def test_an_answer_that_breaks_off_counts_as_failed(asked: tuple[str, TestClient]) -> None:
    service, client = asked
    client.get("/v1/stream")
    assert total(service, route="/v1/stream", method="GET", status="5xx") == 1
    assert total(service, route="/v1/stream", method="GET", status="2xx") == 0


@pytest.mark.parametrize("service", services())
def test_every_route_of_every_api_is_shown_from_the_beginning(service: str) -> None:
    app_of(service).build_middleware_stack()
    for route in ROUTES:
        labels = {"route": route.path, "method": route.method}
        if route.service == service:
            assert seconds(service, "count", **labels) is not None
            for status in measured.STATUSES:
                assert total(service, **labels, status=status) is not None


def test_what_the_consoles_guard_refuses_is_counted_too() -> None:
    client = TestClient(console(SETTINGS))
    labels = {"route": "none", "method": "POST", "status": "4xx"}
    before = total("console", **labels) or 0
    # It has no length.
    assert client.post("/login", content=iter([b"x"])).status_code == 411
    assert total("console", **labels) == before + 1


class Hours:
    """A clock that the parts of a request set forward, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def handled(service: str, parts: Sequence[tuple[float, Any]]) -> None:
    """One request by a made-up server: after so many seconds a body arrives, an answer is sent, or it ends."""
    hours = Hours()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for after, part in parts:
            if isinstance(part, BaseException):
                hours.now += after
                raise part
            if isinstance(part, bytes):
                await receive()
            else:
                hours.now += after
                await send(part)

    bodies = iter([(after, part) for after, part in parts if isinstance(part, bytes)])

    async def receive() -> Message:
        after, body = next(bodies)
        hours.now += after
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None: ...

    layer = Measured(app, service, [], hours)
    scope = {"type": "http", "method": "POST"}
    try:
        asyncio.run(layer(scope, receive, send))
    except BaseException as error:
        assert error in [part for _, part in parts]


START = {"type": "http.response.start", "status": 200}
END = {"type": "http.response.body", "body": b"x"}


@pytest.mark.parametrize(
    ("parts", "status", "takes"),
    [
        ([(0, b"x"), (3, START), (0, END)], "2xx", 3),
        ([(100, b"x"), (100, b"x"), (3, START), (0, END)], "2xx", 3),
        ([(3, START), (240, END)], "2xx", 3),
        ([(100, b""), (3, START), (0, END)], "2xx", 103),
        ([(0, b"x"), (3, RuntimeError())], "5xx", 3),
        ([(0, b"x"), (3, asyncio.CancelledError())], "5xx", 3),
        ([(3, START), (240, RuntimeError())], "5xx", 3),
        ([(3, START), (240, ClientDisconnect())], "2xx", 3),
        ([(3, ClientDisconnect())], "4xx", 3),
        ([(0, b"x")], "4xx", 0),
    ],
    ids=[
        "an answer", "a slow line", "a stream", "nothing but a wait", "an error", "a shutdown",
        "it broke off", "the reader went", "nobody waited", "no answer",
    ],
)  # fmt: skip
def test_the_time_is_the_servers_own(
    parts: list[tuple[float, Any]], status: str, takes: float, request: pytest.FixtureRequest
) -> None:
    service = request.node.name
    handled(service, parts)
    labels = {"route": "none", "method": "POST"}
    assert total(service, **labels, status=status) == 1
    assert seconds(service, "sum", **labels) == takes
