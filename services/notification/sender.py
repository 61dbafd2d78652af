"""Sends what the worker wrote, one channel a loop. Runs in the API process: timers live there.

`sending` is committed before a try begins. So what a crash interrupts is known afterwards: a mail becomes uncertain,
a web hook is tried again. Several processes may run: each claims rows of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Session

from services.kernel import metrics, replica
from services.kernel.api import Context
from services.kernel.retry import patiently
from services.kernel.transient import is_transient
from services.model.working_days import COUNTRY, WorkingDays
from services.notification.delivery import (
    REMINDERS,
    Change,
    Channel,
    Ending,
    Letter,
    Result,
    follow,
)
from services.notification.outcome import event
from services.notification.quiet import is_quiet
from services.notification.store import State

AT_ONCE = 4
"""Tries under way on one channel; one at a time for each address."""
LEASE = timedelta(minutes=3)
"""After so long in `sending` its process is gone: no try takes a third of that. What was changed so long after now was
so by a clock that was set back since, and waits for nothing.
"""
IDLE_SECONDS = 1.0

CLAIM = sa.text("""
with first as (
    select distinct on (address) notice_id, due_at from notices n
    where channel = :channel and state = 'queued' and (due_at <= :now or changed_at > :ahead)
    and (topic <> all(:waiting)) and not exists (
        select from notices o
        where o.channel = n.channel and o.address = n.address and o.state = 'sending')
    order by address, created_at, notice_id),
claimed as (
    select n.notice_id from notices n join first using (notice_id)
    where n.state = 'queued' order by n.due_at limit :count for update of n skip locked)
update notices n set state = 'sending', attempts = attempts + 1, changed_at = :now
from claimed where n.notice_id = claimed.notice_id
returning n.notice_id, event_id, recipient, address, subject, body, attempts, perhaps, topic
""")
GATHER = sa.text("""
with others as (
    select notice_id from notices
    where channel = :channel and address = :address and topic = :topic and state = 'queued'
    order by created_at, notice_id for update skip locked)
update notices n set state = 'sending', attempts = attempts + 1, changed_at = :now
from others where n.notice_id = others.notice_id
returning n.notice_id, event_id, recipient, address, subject, body, attempts, perhaps, topic
""")
CHANGE = sa.text("""
update notices set state = :state, error = :error, perhaps = :perhaps, changed_at = :now,
    due_at = coalesce(:due_at, due_at)
where notice_id = :notice_id and state = 'sending' and attempts = :attempts
returning notice_id, event_id, topic, submission_id, recipient, channel, message, attempts, state, error
""")
LOST = sa.text("""
select notice_id, event_id, recipient, address, subject, body, attempts, perhaps, topic from notices
where channel = :channel and state = 'sending' and notice_id <> all(:mine)
    and changed_at not between :before and :ahead
""")
WAITING = sa.text(
    "select count(*) from notices where channel = :channel and state in ('queued', 'sending')"
    " and topic <> all(:waiting)"
)

log = structlog.get_logger()


class Sender:
    """The loop of one channel."""

    def __init__(self, context: Context, name: str, channel: Channel) -> None:
        self._context = context
        self._name = name
        self._channel = channel
        self._closed = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Letter] = {}

    async def run(self) -> None:
        """Sends until `close`; then finishes the tries that are under way."""
        while not self._closed.is_set():
            try:
                await self.round()
            except Exception as error:
                metrics.RETRIES.labels(self._context.service).inc()
                if not is_transient(error):
                    log.error("sender", channel=self._name, exc_info=error)
            await self._rest()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        """Lets `run` end."""
        self._closed.set()

    async def round(self) -> int:
        """Takes up what is due, as far as there is room; returns how much that was."""
        await asyncio.to_thread(self._recover)
        letters = await asyncio.to_thread(self._claim, AT_ONCE - len(self._tasks))
        for letter in letters:
            task = asyncio.create_task(self._send(letter))
            self._tasks[task] = letter
            task.add_done_callback(self._done)
        return len(letters)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("notice left in sending", channel=self._name, exc_info=error)

    async def finished(self) -> None:
        """Waits for the tries that are under way; for tests."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _rest(self) -> None:
        """Until a try ends, which makes room and lets the next to its address go, or a moment has passed."""
        closed = asyncio.create_task(self._closed.wait())
        waits = {closed, *self._tasks}
        await asyncio.wait(waits, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        with suppress(asyncio.CancelledError):
            await closed

    async def _send(self, letter: Letter) -> None:
        try:
            result = await self._channel.deliver(letter.whole)
        except Exception as error:  # nobody foresaw it: perhaps it was sent
            log.error("deliver", channel=self._name, notice=str(letter.notice_id), exc_info=error)
            result = Result(Ending.UNCERTAIN, type(error).__name__)
        for one in (letter, *letter.others):
            finish = partial(asyncio.to_thread, self._finish, one, result)
            await patiently(self._context.service, finish)

    # -- in a thread

    def _claim(self, count: int) -> list[Letter]:
        now = self._context.clock()
        with Session(self._context.engine) as session, session.begin():
            quiet = {"channel": self._name, "waiting": self._left_in_peace(session, now)}
            waiting = session.execute(WAITING, quiet).scalar_one()
            metrics.NOTICES_WAITING.labels(self._context.service, self._name).set(waiting)
            if count <= 0:
                return []
            values = quiet | {"now": now, "ahead": now + LEASE, "count": count}
            claimed = [Letter(**row) for row in session.execute(CLAIM, values).mappings()]
            return [replace(one, others=self._others(session, one, now)) for one in claimed]

    def _left_in_peace(self, session: Session, now: datetime) -> list[str]:
        """The topics of which nobody is told now."""
        if not self._channel.gathers:
            return []
        found = replica.get(session, "working_days", COUNTRY)
        calendar = WorkingDays.from_dict(found.body) if found else None
        return [REMINDERS] if is_quiet(now, calendar) else []

    def _others(self, session: Session, letter: Letter, now: datetime) -> tuple[Letter, ...]:
        """The reminders that wait for the same reader: nobody is urged by a handful of mails."""
        if not self._channel.gathers or letter.topic != REMINDERS:
            return ()
        values = {
            "channel": self._name,
            "address": letter.address,
            "topic": letter.topic,
            "now": now,
        }
        return tuple(Letter(**row) for row in session.execute(GATHER, values).mappings())

    def _recover(self) -> None:
        now = self._context.clock()
        values = {
            "channel": self._name, "before": now - LEASE, "ahead": now + LEASE,
            "mine": [one.notice_id for each in self._tasks.values() for one in (each, *each.others)],
        }  # fmt: skip
        with Session(self._context.engine) as session:
            rows = session.execute(LOST, values).mappings()
            lost = [Letter(**row) for row in rows]
        for letter in lost:
            self._finish(letter, Result(Ending.UNCERTAIN, "interrupted"))

    def _finish(self, letter: Letter, result: Result) -> None:
        now = self._context.clock()
        change = follow(result, letter, self._channel.repeats, now)
        with Session(self._context.engine) as session, session.begin():
            row = session.execute(CHANGE, _values(letter, change, now)).mappings().first()
            if row is None:
                return  # another process took it for lost, and said so
            if change.state is not State.QUEUED:
                self._context.outbox.add(session, event(dict(row), now))
        labels = (self._context.service, self._name, change.state.value)
        metrics.NOTICES.labels(*labels).inc()


def _values(letter: Letter, change: Change, now: datetime) -> dict[str, Any]:
    return {
        "notice_id": letter.notice_id,
        "attempts": letter.attempts,
        "state": change.state.value,
        "error": change.error,
        "perhaps": change.perhaps,
        "due_at": change.due_at,
        "now": now,
    }
