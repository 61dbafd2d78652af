"""A command of a person: what it wrote is committed and published, or nothing is; and what runs beside an API."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from services.kernel.api import Context, every
from services.kernel.command import Act, Refused, carried_out
from services.policy.decisions.refusals import Code

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@dataclass
class World:
    """A database of one table, and a relay that publishes unless the broker is away."""

    engine: sa.Engine
    is_away: bool = False
    published: list[int] = field(default_factory=list)

    def context(self) -> Context:
        return cast(
            Context,
            SimpleNamespace(
                engine=self.engine,
                clock=lambda: NOW,
                relay=SimpleNamespace(published=self._publish),
                outbox=SimpleNamespace(awaited=self._awaited),
                service="toy",
            ),
        )

    def rows(self) -> list[str]:
        with self.engine.connect() as connection:
            return [str(word) for (word,) in connection.execute(sa.text("select word from said"))]

    def _awaited(self, session: Session) -> int | None:
        last: int | None = session.execute(sa.text("select max(rowid) from said")).scalar_one()
        return last

    async def _publish(self, sequence: int) -> None:
        if self.is_away:
            raise TimeoutError
        self.published.append(sequence)


@pytest.fixture
def world() -> World:
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    with engine.begin() as connection:
        connection.execute(sa.text("create table said (word text unique)"))
    return World(engine)


def says(word: str) -> Any:
    def act(session: Session, now: datetime) -> str:
        session.execute(sa.text("insert or ignore into said values (:word)"), {"word": word})
        return f"{word} at {now:%H:%M}"

    return act


def test_what_was_written_is_answered_once_it_is_published(world: World) -> None:
    assert asyncio.run(carried_out(world.context(), says("released"))) == "released at 08:00"
    assert (world.rows(), world.published) == (["released"], [1])


def test_what_is_refused_halfway_has_changed_nothing_and_waits_for_nobody(world: World) -> None:
    def act(session: Session, now: datetime) -> None:
        says("released")(session, now)
        raise Refused(Code.NOT_HELD, verdict="cleared")

    with pytest.raises(Refused) as refused:
        asyncio.run(carried_out(world.context(), act))
    assert (refused.value.why, refused.value.status) == (Code.NOT_HELD, 409)
    assert refused.value.body()["verdict"] == "cleared"
    assert (world.rows(), world.published) == ([], [])


def test_whose_answer_was_lost_says_the_same_again_and_gets_the_same_answer(world: World) -> None:
    """Committed, and the broker away: 503. That is no conflict, and the repeat waits for the first one's event."""
    world.is_away = True
    with pytest.raises(TimeoutError):
        asyncio.run(carried_out(world.context(), says("released")))
    assert world.rows() == ["released"]
    world.is_away = False
    assert asyncio.run(carried_out(world.context(), says("released"))) == "released at 08:00"
    assert (world.rows(), world.published) == (["released"], [1])


def test_what_follows_is_done_after_the_commit_and_before_the_wait(world: World) -> None:
    world.is_away = True
    seen: list[tuple[str, list[str], list[int]]] = []

    def then(answer: str) -> None:
        seen.append((answer, world.rows(), list(world.published)))

    with pytest.raises(TimeoutError):
        asyncio.run(carried_out(world.context(), says("withdrawn"), then))
    assert seen == [("withdrawn at 08:00", ["withdrawn"], [])]


@pytest.mark.parametrize(
    ("changes", "repeats"),
    [
        ({}, True),
        ({"person": "p-khac"}, False),
        ({"reason": "Đã đối chiếu"}, False),
        ({"document": None}, False),
    ],
)
def test_the_same_words_of_the_same_person_are_a_repeat(
    changes: dict[str, Any], repeats: bool
) -> None:
    words = {"person": "p-kinh-te", "reason": "Đã đối chiếu.", "document": "12/TK"}
    assert Act(**{**words, **changes}).repeats(Act(**words)) is repeats


def test_events_get_the_hash_of_the_words() -> None:
    act = Act(person="p", reason="Bà Kín rút lại.")
    assert act.reason_sha256 == sha256("Bà Kín rút lại.".encode()).hexdigest()


def test_what_fails_beside_an_api_is_done_again_and_ends_with_it(world: World) -> None:
    turns: list[int] = []
    fifth = threading.Event()

    def work(context: Context) -> None:
        turns.append(len(turns))
        if len(turns) < 3:
            raise RuntimeError("a defect")
        if len(turns) == 5:
            fifth.set()

    async def serve() -> int:
        async with every(0.001, work)(world.context()):
            assert await asyncio.to_thread(fifth.wait, 30)
        return len(turns)

    ended = asyncio.run(serve())
    # A thread may have been at its last turn.
    assert len(turns) - ended <= 1
