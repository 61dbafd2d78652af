"""Pages that change by themselves: a page is a list of parts, and a stream sends those that changed.

Server-sent events (WHATWG HTML 9.2). Each message's id is the version of the whole page, so that a browser that comes
back says what it has, and gets only news. By hand: what a library like sse-starlette would do is `_message`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from services.console.calls import Away
from services.kernel.refused import Refused

EVERY_SECONDS = 2.0
LASTS_SECONDS = 240.0
"""A stream ends by itself; the browser's next one shows its cookie anew, which renews the person's token."""
MOST_STREAMS = 300
MOST_OF_ONE = 8
"""Of one person: more pages at once nobody looks at."""
HEADERS = {"X-Accel-Buffering": "no"}
"""For reverse proxies that would collect a stream before they pass it on."""


@dataclass(frozen=True)
class Part:
    """A piece of a page with an element id of its own; `says` is read out when it changes."""

    id: str
    html: str
    says: str = ""


Compose = Callable[[], Awaitable[Sequence[Part]]]
"""Makes the parts of a page as they are now; raises Refused or Away."""


def version(parts: Sequence[Part]) -> str:
    """What a page's parts are together, as a short digest."""
    text = "\0".join(f"{part.id}\0{part.html}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def stream(request: Request, compose: Compose, seen: str) -> StreamingResponse:
    """The answer that goes on telling what has changed since the version `seen`."""
    if not _has_place(request):
        raise Away("console")
    seen = request.headers.get("last-event-id") or seen
    events = _events(request, compose, seen)
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


async def _events(request: Request, compose: Compose, seen: str) -> AsyncIterator[str]:
    """One message for each change; a comment where there is none, so that a lost browser is noticed."""
    app = request.app.state
    known: dict[str, str] = {}
    ends = asyncio.get_running_loop().time() + app.stream_lasts
    if not _has_place(request):
        # Asked for at once with others, which were counted first.
        yield _message("away", {}, seen)
        return
    with _counted(app, request.state.person.id):
        yield "retry: 1500\n\n"
        while not app.is_closing() and asyncio.get_running_loop().time() < ends:
            try:
                parts = await compose()
            except Refused:
                # Reloading tells the person why: logged out, or no longer allowed.
                yield _message("ended", {}, "")
                return
            except Away:
                yield _message("away", {}, seen)
            else:
                now = version(parts)
                if now != seen:
                    yield _message("change", _changes(parts, known), now)
                else:
                    yield ":\n\n"
                seen, known = now, {part.id: part.html for part in parts}
            await asyncio.sleep(app.stream_every)


def _has_place(request: Request) -> bool:
    streams: Counter[str] = request.app.state.streams
    of_one = streams[request.state.person.id]
    return of_one < MOST_OF_ONE and streams.total() < MOST_STREAMS


@contextmanager
def _counted(app: Any, person: str) -> Iterator[None]:
    app.streams[person] += 1
    try:
        yield
    finally:
        app.streams[person] -= 1
        app.streams += Counter()  # forgets those at nought


def _changes(parts: Sequence[Part], known: dict[str, str]) -> dict[str, Any]:
    """The order of all parts, and those that are new or differ."""
    changed = [part for part in parts if known.get(part.id) != part.html]
    return {
        "order": [part.id for part in parts],
        "changed": {part.id: part.html for part in changed},
        # Whether it is news, the browser knows: it may show a part already that this stream sends for the first time.
        "says": {part.id: part.says for part in changed if part.says},
    }


def _message(event: str, data: dict[str, Any], identity: str) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return f"event: {event}\nid: {identity}\ndata: {text}\n\n"
