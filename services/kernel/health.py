"""/healthz and /metrics of a worker, on a thread of their own: they answer also while the broker is away.

Whether the vault is there is looked at beforehand, also for an API: a disk that hangs would hang whoever asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import structlog
from prometheus_client import make_wsgi_app

from services.kernel import metrics
from services.kernel.errors import Unavailable

LOOK_SECONDS = 5.0
LOOKED_SECONDS = 15.0
"""An older look is none: the disk hangs."""

log = structlog.get_logger()
State = Callable[[], dict[str, Any]]


class Watch:
    """Looks again and again, on a thread of its own, whether the vault is there; begins when it is made.

    `look` raises Unavailable where it is not. What else it raises says nothing of the vault: the database is away.
    """

    def __init__(
        self,
        service: str,
        look: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._look = look
        self._clock = clock
        self._there = True
        self._looked = clock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="vault", daemon=True)
        self._thread.start()
        metrics.VAULT_REACHABLE.labels(service).set_function(lambda: float(self.reachable))

    @property
    def reachable(self) -> bool:
        """Whether the last look found it, and is not long ago."""
        return self._there and self._clock() - self._looked < LOOKED_SECONDS

    def seen(self, body: dict[str, Any]) -> dict[str, Any]:
        """What /healthz shows, with the vault: healthy only with it."""
        there = self.reachable
        return body | {"healthy": body["healthy"] and there, "vault": there}

    def stop(self) -> None:
        """Ends it, once a look under way is done; one that hangs is left alone."""
        self._stop.set()
        self._thread.join(LOOK_SECONDS)
        metrics.VAULT_REACHABLE.remove(self._service)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
                self._note(there=True)
            except Unavailable as error:
                self._note(there=False, error=repr(error)[:300])
            except Exception:
                self._note(there=self._there)
            self._stop.wait(LOOK_SECONDS)

    def _note(self, *, there: bool, **more: str) -> None:
        if there is not self._there:
            log.warning("vault", reachable=there, **more)
        self._there, self._looked = there, self._clock()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""


def serve(host: str, port: int, state: State, vault: Watch | None = None) -> None:
    """Serves until the process ends. `state` returns {"healthy": bool, …}, which /healthz shows (200 or 503)."""
    metrics = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            shown: Iterable[bytes] = metrics(environ, start_response)
            return shown
        if environ["PATH_INFO"] != "/healthz":
            start_response("404 Not Found", [])
            return []
        body = vault.seen(state()) if vault else state()
        status = "200 OK" if body["healthy"] else "503 Service Unavailable"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    server = make_server(host, port, application, handler_class=_Quiet)
    Thread(target=server.serve_forever, name="health", daemon=True).start()
