"""A connection whose request doesn't come ends; one that is slow, or comes again, does not."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request

from deploy.state import free_ports
from services.kernel import serving
from services.kernel.serving import PatientProtocol
from services.kernel.settings import Settings

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
SECONDS = 0.4


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of a server that waits for a header for a moment only."""
    monkeypatch.setattr(PatientProtocol, "header_seconds", SECONDS)
    monkeypatch.setattr(PatientProtocol, "body_seconds", 3 * SECONDS)
    app = FastAPI()

    @app.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"healthy": True}

    @app.post("/told")
    async def told(request: Request) -> dict[str, bool]:
        return {"healthy": bool(await request.body())}

    number = free_ports(random.Random())["audit-api"]
    server = serving.server(app, Settings(host="127.0.0.1", port=number), graceful_seconds=1)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join(10)


def served(connection: socket.socket) -> bool:
    """Whether the server answers, all of it."""
    answer = b""
    while not answer.endswith(b"true}"):
        if not (more := connection.recv(4000)):
            return False
        answer += more
    return b"200 OK" in answer


def ends(connection: socket.socket) -> bool:
    """Whether the server ends it; False once it is open after a generous while."""
    connection.settimeout(20 * SECONDS)
    try:
        return connection.recv(1000) == b""
    except TimeoutError:
        return False


@pytest.mark.parametrize("begun", [b"", b"GET /heal", REQUEST[:-2]])
def test_a_header_that_is_not_ended_ends_the_connection(port: int, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(begun)
        assert ends(connection)


def test_a_second_header_on_the_connection_is_not_waited_for_either(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(REQUEST)
        assert served(connection)
        connection.sendall(REQUEST[:9])
        assert ends(connection)


POST = b"POST /told HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"


@pytest.mark.parametrize("body", [b"", b"12345"])
def test_a_body_that_is_not_ended_ends_the_connection(port: int, body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(POST + body)
        assert ends(connection)


def test_a_body_whose_header_came_with_the_request_before_is_not_waited_for_either(
    port: int,
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(REQUEST + POST)
        assert served(connection)
        assert ends(connection)


def test_a_body_has_longer_than_a_header(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(POST)
        time.sleep(1.5 * SECONDS)
        connection.sendall(b'{"a":true}')
        assert served(connection)


def test_a_connection_that_is_kept_serves_again_after_that_while(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(2):
            connection.sendall(REQUEST)
            assert served(connection)
            time.sleep(2 * SECONDS)


def test_a_header_that_comes_in_pieces_is_served(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for piece in (REQUEST[:5], REQUEST[5:20], REQUEST[20:]):
            connection.sendall(piece)
            time.sleep(SECONDS / 10)
        assert served(connection)
