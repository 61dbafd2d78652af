"""The process of an API: plain uvicorn, which ends connections whose request doesn't come."""

from __future__ import annotations

import asyncio
import sys

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.kernel.settings import Settings

NOT_STARTED = 3
"""As the command `uvicorn` ends where the application doesn't start."""
HEADER_SECONDS = 20.0
"""From a connection, or the first byte of another request on it, to the end of the request's header."""
BODY_SECONDS = 150.0
"""From there to the end of its body: a workbook of 25 MB on a slow line takes two minutes (intake says 408 then)."""


class PatientProtocol(H11Protocol):
    """Ends a connection on which a request was begun, or never begun, and not ended in time: its header, or its body.

    uvicorn waits for both without an end, so that who opens a connection after the other and sends half a line on each
    would take all file descriptors ("slowloris", CWE-400). A reverse proxy does the same for those behind it.
    """

    header_seconds = HEADER_SECONDS
    body_seconds = BODY_SECONDS
    _waits_for: object = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for the first header from now on; uvicorn's signature is narrower than asyncio's."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Waits on while a header or a body is under way, and no longer once the request is there."""
        super().data_received(data)
        if self.conn.their_state is not self._waits_for or self._deadline is None:
            self._expect()

    def on_response_complete(self) -> None:
        """Waits for the body of a request whose header came with the one before (pipelined): no data tell of it."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._forget()
        super().connection_lost(exc)

    def _expect(self) -> None:
        """Begins to wait for what is to come by the protocol's state: a header, a body, or nothing."""
        self._forget()
        self._waits_for = self.conn.their_state
        seconds: dict[object, float] = {
            h11.IDLE: self.header_seconds,
            h11.SEND_BODY: self.body_seconds,
        }
        if self._waits_for in seconds:
            self._deadline = self.loop.call_later(seconds[self._waits_for], self._too_late)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.conn.their_state is self._waits_for:
            self.transport.close()


def server(app: ASGIApp, config: Settings, *, graceful_seconds: int) -> uvicorn.Server:
    """The server of an API at the settings' address, for `run`; what is open has so long to end at its end."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            http=PatientProtocol,
            proxy_headers=bool(config.proxies),
            forwarded_allow_ips=config.proxies,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=graceful_seconds,
        )
    )


def run(server: uvicorn.Server) -> None:
    """Serves until SIGTERM; ends the process where the application doesn't start."""
    server.run()
    if not server.started:
        sys.exit(NOT_STARTED)
