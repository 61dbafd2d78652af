"""How much of a request is read: a body is parsed before anybody looks at who sent it, so it must be small."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 4_000_000
"""Of a body in JSON. The largest is a catalogue's entry: 900,000 bytes, somewhat more where its text is escaped."""


class TooLarge(HTTPException):
    """The body is longer than that. Frameworks let exceptions of this kind through while they read."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """A layer that lets no body of more than `most` bytes in, whatever its header says."""

    def __init__(self, app: ASGIApp, most: int = MAX_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else 0
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if announced > self._most:
                raise TooLarge
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise TooLarge
            return message

        await self._app(scope, receiving, send)
