"""The session that holds a process's locks is its own."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from services.kernel import locks
from services.kernel.locks import Locks, SessionShared


class Session:
    """One of the server's; it answers what its setting was set to last, whoever asks."""

    def __init__(self) -> None:
        self.setting: str | None = None
        self.was_asked = asyncio.Event()

    async def execute(self, statement: str, values: list[str]) -> Session:
        if "set_config" in statement:
            self.setting = values[1]
        else:
            self.was_asked.set()
        return self

    async def fetchone(self) -> tuple[str | None]:
        return (self.setting,)


async def connected(monkeypatch: pytest.MonkeyPatch, session: Session) -> Locks:
    async def connect(*_: object, **__: object) -> Any:
        return session

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect)
    monkeypatch.setattr(locks, "HEARTBEAT", 0)
    one = Locks("toy", "")
    await one.connect()
    return one


def test_a_session_that_a_pooler_gives_to_another_process_ends_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both would get every lock: a session that asks for one that it has is given it."""

    async def scenario() -> None:
        session = Session()
        first = await connected(monkeypatch, session)
        watching = asyncio.create_task(first.watch())
        await session.was_asked.wait()
        await asyncio.sleep(0)
        assert not watching.done()
        await connected(monkeypatch, session)
        with pytest.raises(SessionShared):
            await watching

    asyncio.run(scenario())


def test_a_session_that_is_another_one_than_before_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The locks are still held by the one before, which nobody ends."""

    async def scenario() -> None:
        session = Session()
        one = await connected(monkeypatch, session)
        session.setting = None
        with pytest.raises(SessionShared):
            await one.watch()

    asyncio.run(scenario())
