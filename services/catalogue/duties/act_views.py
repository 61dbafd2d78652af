"""What was said of duties, as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.catalogue.duties.act import Change
from services.catalogue.duties.standing import Difficulty
from services.catalogue.duties.terms import Moved, Refusal
from services.catalogue.duties.thread import Remark, unanswered
from services.model.enumerations import CoordinationChannel
from services.model.regulation import day


def last_day(late_from: datetime) -> date:
    """The last day that is on time, in Viet Nam."""
    return day(late_from - timedelta(microseconds=1))


class RequestView(BaseModel):
    """The time that the supplier asks for: the last day that it wishes, and why."""

    until: date
    reason: str
    at: AwareDatetime


class GrantView(BaseModel):
    """What the office granted: the last day that it moved, and the one to which; none where it excused the duty.
    `reason` and `document` are None for who may not read them: what was said to whoever owed it before.
    """

    before: date
    until: date | None
    reason: str | None
    document: str | None
    at: AwareDatetime

    @classmethod
    def of(cls, moved: Moved) -> GrantView:
        """From what was granted."""
        return cls(
            before=last_day(moved.before),
            until=None if moved.by.is_excused else last_day(moved.after),
            reason=moved.by.reason or None,
            document=moved.by.document,
            at=moved.by.at,
        )


class RefusalView(BaseModel):
    """A request for time that was refused: the last day that was wished, when; and why not, when."""

    until: date
    requested_at: AwareDatetime
    reason: str
    document: str | None
    at: AwareDatetime

    @classmethod
    def of(cls, refusal: Refusal) -> RefusalView:
        """From what was asked for and refused."""
        until = last_day(refusal.requested.until)
        return cls(until=until, requested_at=refusal.requested.at, **vars(refusal.by))


class DifficultyView(BaseModel):
    """What keeps the supplier from it; `days` it has been open, until the office passed it on by a document."""

    reason: str
    at: AwareDatetime
    days: int
    forwarded_at: AwareDatetime | None
    document: str | None

    @classmethod
    def of(cls, found: Difficulty, now: datetime) -> DifficultyView:
        """From what was said."""
        return cls(**vars(found), days=((found.forwarded_at or now) - found.at).days)


class QuestionView(BaseModel):
    """A question or an answer: whose, in which words, by which channel, about which row and column. `is_open`: nobody
    of the other side has answered it. `answers`: the question that an answer names.
    """

    id: UUID
    at: AwareDatetime
    organisation: str
    is_answer: bool
    is_open: bool
    words: str
    row: str | None
    column: str | None
    document: str | None
    channel: CoordinationChannel
    answers: UUID | None

    @classmethod
    def of(cls, thread: Sequence[Remark]) -> list[QuestionView]:
        """From what was said, in its order."""
        waiting = unanswered(thread)
        return [cls(**vars(one), is_open=one in waiting) for one in thread]


class ActView(BaseModel):
    """What was said of a duty."""

    act_id: UUID
    duty: UUID
    change: Change
    until: AwareDatetime | None
    person: str
    organisation: str
    document: str | None
    channel: CoordinationChannel
    row: str | None
    column: str | None
    answers: UUID | None
    at: AwareDatetime
