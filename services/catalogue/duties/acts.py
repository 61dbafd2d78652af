"""What people say of a duty: more time, an excuse; a request for time, a delay; questions and their answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from services.catalogue.duties.act import ACTS, ASKED, OF_REPORTS, Change, Said, id_of
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.measures import DELIVERED
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.standing import Difficulty, Standing, Timeliness
from services.catalogue.duties.telling import event_of
from services.catalogue.duties.thread import Remark, of, unanswered
from services.kernel.command import Refused
from services.kernel.events import Outcome
from services.model.period import Period
from services.model.regulation import midnight

LONGEST, ONE_DAY = timedelta(days=400), timedelta(days=1)
MOST_QUESTIONS = 20
"""So many of one side wait for an answer about one duty; nobody's mailbox fills with more."""
AHEAD = timedelta(days=92)
"""So far ahead of its term a report may be sent whose term is before its period."""


def say(
    wish: Said, duty: Duty, stood: Standing, newest: Said | None
) -> tuple[Said, Outcome | None]:
    """The act and what follows. The newest one's words again are that act, and nothing follows; words of before that
    something else was said after are an act anew. Raises Refused.
    """
    if newest is not None and wish.says_the_same_as(newest):
        return newest, None
    if wish.change is Change.ANSWER:
        wish = replace(wish, answers=_asked(wish, duty, stood).id)
    wish = replace(wish, id=id_of(wish, newest))
    _refuse(wish, duty, stood)
    row = ACTS.row(wish, change=wish.change.value, channel=wish.channel.value)
    return wish, Outcome((event_of(wish, duty),), (row,))


def _refuse(wish: Said, duty: Duty, stood: Standing) -> None:
    """What can't be said now; who asks may do so at any time."""
    if wish.change in OF_REPORTS:
        _refuse_a_wrong_report(wish, duty, stood)
    elif wish.change is Change.REFUSED:
        if stood.requested is None:
            raise Refused(Code.NO_REQUEST)
    elif stood.state in DELIVERED and wish.change not in ASKED and not _answers_late(wish, stood):
        raise Refused(Code.MET)
    else:
        _refuse_a_wrong_day(wish, duty, stood)
    if wish.change is Change.FORWARDED and stood.difficulty is None:
        raise Refused(Code.NO_DIFFICULTY)
    if wish.change is Change.FORWARDED and not wish.document:
        raise Refused(Code.NO_DOCUMENT)
    waiting = [one for one in unanswered(stood.thread) if one.organisation == wish.organisation]
    if wish.change is Change.QUESTION and len(waiting) >= MOST_QUESTIONS:
        raise Refused(Code.TOO_MANY_QUESTIONS)


def _asked(wish: Said, duty: Duty, stood: Standing) -> Remark:
    """The question of the other side that it answers: the one it names, else the newest that waits. Raises Refused."""
    is_supplier = wish.organisation == duty.supplier
    heard = of(stood.thread, duty.supplier) if is_supplier else stood.thread
    waiting = [one for one in unanswered(heard) if one.organisation != wish.organisation]
    named = [one for one in waiting if wish.answers in (None, one.id)]
    if not named:
        raise Refused(Code.NO_QUESTION)
    return named[-1]


def _answers_late(wish: Said, stood: Standing) -> bool:
    """Whether it grants time that was asked for before it came, late: that the office answers after it counts for
    nobody's lateness.
    """
    if stood.requested is None or stood.first is None or stood.timeliness is not Timeliness.LATE:
        return False
    return wish.change is Change.EXTENDED and stood.requested.at < stood.first


def _refuse_a_wrong_day(wish: Said, duty: Duty, stood: Standing) -> None:
    """A term is extended beyond its own end, so that a wrong day can be mended; what is asked for or announced lies
    beyond the present one. None ends before it is granted, or years from now.
    """
    if wish.until is None:
        return
    if wish.until <= wish.at and not _answers_late(wish, stood):
        raise Refused(Code.PAST)
    if wish.until > wish.at + LONGEST:
        raise Refused(Code.TOO_FAR)
    ends = duty.late_from if wish.change is Change.EXTENDED else stood.late_from
    if wish.until <= ends:
        raise Refused(Code.NOT_LATER)


def _refuse_a_wrong_report(wish: Said, duty: Duty, stood: Standing) -> None:
    """No document is of a day to come, nor of one before its period, or long before its term where that is earlier."""
    if duty.report is None:
        raise Refused(Code.NO_REPORT)
    if wish.change is Change.RETRACTED and stood.supplied is None:
        raise Refused(Code.NOT_SUPPLIED)
    if wish.until is None:
        return
    begins = wish.until - ONE_DAY
    first = min(midnight(Period.parse(duty.key.period).start), duty.late_from - AHEAD)
    if not first <= begins <= wish.at:
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
