"""How much of a request is read: a body is parsed before anybody looks at who sent it, so it must be small."""

from __future__ import annotations

from collections.abc import Mapping

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
    """A layer that lets no body of more than `most` bytes in, whatever its header says; `larger` by path."""

    def __init__(
        self, app: ASGIApp, most: int = MAX_BYTES, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._most = most
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else 0
        most = self._larger.get(scope["path"], self._most)
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if announced > most:
                raise TooLarge
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge
            return message

        await self._app(scope, receiving, send)
