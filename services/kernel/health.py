"""/healthz and /metrics of a worker, on a thread of their own: they answer also while the broker is away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app

State = Callable[[], dict[str, Any]]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


def serve(host: str, port: int, state: State) -> None:
    """Serves until the process ends. `state` returns {"healthy": bool, …}, which /healthz shows (200 or 503)."""
    metrics = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            shown: Iterable[bytes] = metrics(environ, start_response)
            return shown
        if environ["PATH_INFO"] != "/healthz":
            start_response("404 Not Found", [])
            return []
        body = state()
        status = "200 OK" if body["healthy"] else "503 Service Unavailable"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    server = make_server(host, port, application, handler_class=_Quiet)
    Thread(target=server.serve_forever, name="health", daemon=True).start()
