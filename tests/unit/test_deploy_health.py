"""What `make status` says of the health of programs that run."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from threading import Thread

import pytest

from deploy import health
from deploy.state import free_ports
from services.kernel.health import serve


class Stranger(BaseHTTPRequestHandler):
    """Listens on a port of ours, and knows nothing of health."""

    def do_GET(self) -> None:
        self.send_response(502)
        self.end_headers()
        self.wfile.write(b"<h1>Bad gateway</h1>")

    def log_message(self, format: str, *args: object) -> None:
        """It says nothing."""


def test_a_stranger_on_the_port_is_told_by_what_he_answers() -> None:
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        assert health.seen({"intake-api": address}) == {"intake-api": "HTTP 502"}
    finally:
        server.shutdown()
        server.server_close()


def test_what_is_not_well_is_told_in_the_programs_own_words() -> None:
    well, ill, away = list(free_ports(Random()).values())[:3]
    serve("127.0.0.1", well, lambda: {"service": "grdp", "healthy": True, "lag_seconds": 0.0})
    serve("127.0.0.1", ill, lambda: {"service": "grdp", "healthy": False, "lag_seconds": 400.5})
    ports = {"well": well, "ill": ill, "away": away}
    seen = health.seen({name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    assert seen == {"well": "", "ill": "lag_seconds: 400.5", "away": "ConnectError"}


def test_who_waits_too_long_learns_what_is_not_well() -> None:
    well, ill = list(free_ports(Random()).values())[:2]
    serve("127.0.0.1", well, lambda: {"service": "grdp", "healthy": True})
    serve("127.0.0.1", ill, lambda: {"service": "grdp", "healthy": False, "lag_seconds": 400.5})
    ports, up = {"well": well, "ill": ill}, []
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with pytest.raises(TimeoutError, match=r"\{'ill': 'lag_seconds: 400.5'\}"):
        health.wait(addresses, 0.1, lambda name, seconds: up.append(name))
    assert up == ["well"]
