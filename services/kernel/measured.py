"""What every API is asked, what it answers and after what time: one layer around the whole application.

The time is the server's own: from the last byte of the request to the first of the answer. So a slow line, a large file
or a stream that lasts for minutes makes nothing look slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel import metrics

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD: Final = "_OTHER"
"""Of which anybody can invent as many as they like (OpenTelemetry, semantic conventions: `http.request.method`)."""
NO_ROUTE: Final = "none"
"""What nobody serves has no template, and its path is anybody's."""
STATUSES: Final = ("2xx", "3xx", "4xx", "5xx")
FAILED: Final = 500


def install(app: FastAPI, service: str) -> None:
    """Makes the layer the application's outermost one; to be called after all others were added."""
    app.add_middleware(Measured, service=service, routes=app.routes)


class Measured:
    """Counts each request once it is over, by its route's template, and says when its answer began.

    All that the routes can bring is shown from the beginning, as 0. `seconds` is a clock that never jumps.
    """

    def __init__(
        self, app: ASGIApp, service: str, routes: Sequence[BaseRoute],
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        self._app = app
        self._service = service
        self._seconds = seconds
        self._templates: set[str] = set()
        for route in iter_route_contexts(routes):
            template = str(route.path)
            self._templates.add(template)
            for method in route.methods or ("GET",):
                labels = (service, method, template)
                metrics.REQUEST_SECONDS.labels(*labels)
                for status in STATUSES:
                    metrics.REQUESTS.labels(*labels, status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, answered = self._seconds(), 0.0
        status = 0

        async def receiving() -> Message:
            nonlocal begun
            message = await receive()
            if message.get("body") and not status:
                begun = self._seconds()
            return message

        async def sending(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], self._seconds()
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except ClientDisconnect:
            pass  # Nobody waits for an answer any more.
        except BaseException:
            status = FAILED
            raise
        finally:
            labels = (self._service, _method(scope), self._template(scope))
            # Who asked without waiting for the answer was not answered wrongly.
            shown = f"{status // 100}xx" if status else "4xx"
            metrics.REQUESTS.labels(*labels, shown).inc()
            metrics.REQUEST_SECONDS.labels(*labels).observe((answered or self._seconds()) - begun)

    def _template(self, scope: Scope) -> str:
        """That of the route which the application has chosen meanwhile; of what is mounted, the place where."""
        template = getattr(scope.get("route"), "path", None) or scope.get("root_path")
        return str(template) if template in self._templates else NO_ROUTE


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in METHODS else OTHER_METHOD
