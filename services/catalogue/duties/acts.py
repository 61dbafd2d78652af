"""What people say of a duty: more time, an excuse; a request for time, a delay; questions and their answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from services.catalogue.duties.duty import Duty
from services.catalogue.duties.measures import DELIVERED
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.standing import (
    Announced,
    Difficulty,
    Granted,
    Requested,
    Standing,
)
from services.catalogue.duties.store import ActRow
from services.catalogue.duties.thread import Remark, unanswered
from services.events.catalogue import ObligationChanged, ObligationHead
from services.kernel.command import Act, Refused
from services.kernel.events import Outcome
from services.kernel.mapping import Mapped
from services.model.enumerations import CoordinationChannel


class Change(StrEnum):
    """What is said."""

    EXTENDED = "extended"
    EXCUSED = "excused"
    ANNOUNCED = "announced_late"
    REQUESTED = "extension_requested"
    DIFFICULTY = "difficulty_reported"
    """In writing, to the statistics office (R31: QĐ 1618/QĐ-UBND, Điều 10 khoản 3)."""
    FORWARDED = "difficulty_forwarded"
    """By the office to the People's Committee, by the document that is named."""
    QUESTION = "question"
    """To the other side: the room's to the supplier, or the supplier's to the office (QĐ 1908/QĐ-TCTK, Điều 10.3)."""
    ANSWER = "answer"
    SUPPLIED = "supplied"
    """By the room that owes it, by the document that is named; a later one replaces it, or corrects it."""
    RETRACTED = "supply_retracted"
    """What was said of it before was wrong."""


OF_REPORTS = frozenset({Change.SUPPLIED, Change.RETRACTED})
"""What the room that owes a report says; no submission meets it."""


@dataclass(frozen=True, kw_only=True)
class Said(Act):
    """One act about a duty. `until` is the first moment that is late then, of a report the end of the document's
    day; None for what moves no term. A question may be about a `row` and a `column` of the form.
    """

    id: UUID
    duty: UUID
    change: Change
    until: datetime | None
    organisation: str
    at: datetime
    channel: CoordinationChannel = CoordinationChannel.SYSTEM
    row: str | None = None
    column: str | None = None

    def says_the_same_as(self, other: Said) -> bool:
        """Whether they are the same words of the same person."""
        return replace(self, id=other.id, at=other.at) == other

    @property
    def granted(self) -> Granted | None:
        """What the office granted by it; None for the supplier's words."""
        if self.change not in (Change.EXTENDED, Change.EXCUSED):
            return None
        return Granted(self.at, self.reason, self.until, self.change is Change.EXCUSED)

    @property
    def announced(self) -> Announced | None:
        """What the supplier announced; None for what the office granted."""
        if self.change is not Change.ANNOUNCED or self.until is None:
            return None
        return Announced(self.at, self.until)

    @property
    def requested(self) -> Requested | None:
        """The time that the supplier asked for; None for what is no request."""
        if self.change is not Change.REQUESTED or self.until is None:
            return None
        return Requested(self.at, self.until, self.reason)

    @property
    def remark(self) -> Remark | None:
        """The question or the answer that it is; None for anything else."""
        if self.change not in ASKED:
            return None
        return Remark(
            at=self.at,
            organisation=self.organisation,
            is_answer=self.change is Change.ANSWER,
            words=self.reason,
            row=self.row,
            column=self.column,
            document=self.document,
            channel=self.channel,
        )


ASKED = frozenset({Change.QUESTION, Change.ANSWER})
"""What moves nothing, and may go on once a duty is met."""
LONGEST, ONE_DAY = timedelta(days=400), timedelta(days=1)
_ACTS = Mapped(Said, ActRow)


def say(
    wish: Said, duty: Duty, stood: Standing, newest: Said | None
) -> tuple[Said, Outcome | None]:
    """The act and what follows. The newest one's words again are that act, and nothing follows; words of before that
    something else was said after are an act anew. Raises Refused.
    """
    if newest is not None and newest.says_the_same_as(wish):
        return newest, None
    wish = replace(wish, id=id_of(wish, newest))
    _refuse(wish, duty, stood)
    row = _ACTS.row(wish, change=wish.change.value, channel=wish.channel.value)
    return wish, Outcome((event_of(wish, duty),), (row,))


def _refuse(wish: Said, duty: Duty, stood: Standing) -> None:
    """What can't be said now; who asks may do so at any time."""
    if wish.change in OF_REPORTS:
        _refuse_a_wrong_report(wish, duty, stood)
    elif stood.state in DELIVERED and wish.change not in ASKED:
        raise Refused(Code.MET)
    else:
        _refuse_a_wrong_day(wish, duty, stood)
    if wish.change is Change.FORWARDED and stood.difficulty is None:
        raise Refused(Code.NO_DIFFICULTY)
    if wish.change is Change.FORWARDED and not wish.document:
        raise Refused(Code.NO_DOCUMENT)
    asked_by = {one.organisation for one in unanswered(stood.thread)}
    if wish.change is Change.ANSWER and not asked_by - {wish.organisation}:
        raise Refused(Code.NO_QUESTION)


def _refuse_a_wrong_day(wish: Said, duty: Duty, stood: Standing) -> None:
    """A term is extended beyond its own end, so that a wrong day can be mended; what is asked for or announced lies
    beyond the present one. None ends before it is granted, or years from now.
    """
    if wish.until is None:
        return
    if wish.until <= wish.at:
        raise Refused(Code.PAST)
    if wish.until > wish.at + LONGEST:
        raise Refused(Code.TOO_FAR)
    ends = duty.late_from if wish.change is Change.EXTENDED else stood.late_from
    if wish.until <= ends:
        raise Refused(Code.NOT_LATER)


def _refuse_a_wrong_report(wish: Said, duty: Duty, stood: Standing) -> None:
    """No document is of a day to come, nor of one so long ago that it can't be about this."""
    if duty.report is None:
        raise Refused(Code.NO_REPORT)
    if wish.change is Change.RETRACTED and stood.supplied is None:
        raise Refused(Code.NOT_SUPPLIED)
    if wish.until is not None and not timedelta() <= wish.at - (wish.until - ONE_DAY) <= LONGEST:
        raise Refused(Code.NO_DAY)


def difficulty_of(acts: Iterable[Said]) -> Difficulty | None:
    """The last difficulty that was reported, and how it went on."""
    found: Difficulty | None = None
    for act in acts:
        if act.change is Change.DIFFICULTY:
            found = Difficulty(act.at, act.reason)
        elif act.change is Change.FORWARDED and found is not None:
            found = replace(found, forwarded_at=act.at, document=act.document)
    return found


def said_by(row: ActRow) -> Said:
    """Back from a row."""
    return replace(
        _ACTS.of(row), change=Change(row.change), channel=CoordinationChannel(row.channel)
    )


def id_of(wish: Said, after: Said | None) -> UUID:
    """The same for the same words of the same person, said after the same."""
    parts = (wish.change, wish.until, wish.person, wish.reason, wish.document, wish.channel)
    words = "\n".join(str(part) for part in (*parts, wish.row, wish.column))
    return uuid5(after.id if after else wish.duty, words)


def head_of(duty: Duty) -> ObligationHead:
    """What events say of a duty."""
    key = duty.key
    return ObligationHead(
        duty_id=str(key.id),
        item=key.item,
        form=duty.form,
        area_list=key.area_list,
        area=key.area,
        period=key.period,
        completeness=key.completeness,
        round=key.round,
        supplier=duty.supplier,
        room=duty.recipient,
        section=key.section,
        report_vi=duty.report.vi if duty.report else "",
        report_en=duty.report.en if duty.report else "",
    )


def event_of(said: Said, duty: Duty) -> ObligationChanged:
    """The event of an act: of the words their hash."""
    return ObligationChanged(
        act_id=str(said.id),
        obligation=head_of(duty),
        change=said.change.value,
        until=said.until,
        person=said.person,
        organisation=said.organisation,
        document=said.document,
        channel=said.channel.value,
        row=said.row,
        column=said.column,
        reason_sha256=said.reason_sha256,
        changed_at=said.at,
    )
