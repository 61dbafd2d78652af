"""What tests ask of a running stack: as its operator, and by its topics."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from deploy import feed
from deploy.stack import Stack
from services.kernel.codec import codec

VERDICTS = ("returned", "cleared", "held", "withheld")
Verdict = tuple[str, str]
"""A submission and a verdict that one of its attempts got."""


@contextmanager
def own_stack(
    name: str, settings: Mapping[str, str] | None = None, programs: Sequence[str] | None = None
) -> Iterator[Stack]:
    """A stack of its own in a new folder, with these programs healthy, or all; ended and deleted with the block."""
    folder = Path(tempfile.mkdtemp(prefix=f"solieu-{name}-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs the tests
    stack = Stack(folder / "stack", free_ports=True, tied=True, settings=settings)
    try:
        stack.start_infrastructure()
        stack.prepare()
        stack.start_services(programs)
        stack.wait_healthy(300, programs)
        yield stack
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def client(stack: Stack, program: str, headers: dict[str, str] | None = None) -> httpx2.Client:
    """A client of one API of the stack. It speaks no TLS: to read certificates takes longer than to ask."""
    return httpx2.Client(
        base_url=stack.url(program), headers=headers, timeout=30, trust_env=False, verify=False
    )


def state_of(client: TestClient) -> Any:
    """What an application that runs in this process keeps for its routes."""
    app: Any = client.app
    return app.state


@contextmanager
def relaying_nothing(client: TestClient) -> Iterator[None]:
    """The application of this process publishes no outbox meanwhile: it would publish what one of its service that is
    cut off from the broker can't.
    """
    relay: Any = state_of(client).context.relay

    async def nothing() -> None: ...

    async def rest() -> None:
        async with relay._turn:  # after a relay that is under way
            relay._relay = nothing

    assert client.portal is not None, "an application that runs"
    client.portal.call(rest)
    try:
        yield
    finally:
        del relay._relay


def bearer(stack: Stack, holder: str) -> dict[str, str]:
    """The header that shows a program's token: administrator, compiler or operator."""
    return {"Authorization": f"Bearer {stack.state.tokens[holder]}"}


def operator(stack: Stack, service: str, path: str, **query: Any) -> dict[str, Any]:
    """What the API of a service answers to the operator."""
    with client(stack, f"{service}-api", bearer(stack, "operator")) as asking:
        answer: dict[str, Any] = asking.get(path, params=query).raise_for_status().json()
    return answer


def notices(stack: Stack) -> list[dict[str, Any]]:
    """Every notice, whatever became of it."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 1000}
    while True:
        page = operator(stack, "notification", "/v1/notices", **query)
        found += page["notices"]
        if not page["next"]:
            return found
        query["cursor"] = page["next"]


def verdicts(stack: Stack) -> dict[tuple[str, int], set[tuple[str, bytes]]]:
    """The verdicts on the topics by submission and attempt, each with its event id; a repeated event counts once."""
    found: dict[tuple[str, int], set[tuple[str, bytes]]] = {}
    for verdict in VERDICTS:
        for record in feed.records(stack.kafka(), f"submission.{verdict}"):
            data = codec().decode(f"submission.{verdict}-value", record.value)
            of_attempt = found.setdefault((data["submission_id"], data["attempt"]), set())
            of_attempt.add((verdict, dict(record.headers)["ce_id"]))
    return found


def told(stack: Stack, recipient: str, channel: str = "email") -> Counter[Verdict]:
    """How many notices there are to an organisation about each verdict of its submissions."""
    return Counter(
        (one["submission_id"], one["topic"].removeprefix("submission."))
        for one in notices(stack)
        if (one["recipient"], one["channel"]) == (recipient, channel)
        and one["topic"].removeprefix("submission.") in VERDICTS
    )


def to_tell(verdicts: dict[tuple[str, int], set[tuple[str, bytes]]]) -> Counter[Verdict]:
    """One notice for each verdict of each attempt; another decision with the same verdict is no news."""
    return Counter(
        (submission, verdict)
        for (submission, _), events in verdicts.items()
        for verdict in {one for one, _ in events}
    )
