"""What people say of a duty: questions and answers go on in one thread, also once it is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.catalogue.duties.act import Change, Said
from services.catalogue.duties.act_views import GrantView
from services.catalogue.duties.acts import MOST_QUESTIONS, say
from services.catalogue.duties.duty import Duty, Key
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.standing import (
    Delivery,
    Facts,
    Standing,
    State,
    Timeliness,
    heard_by,
    standing,
)
from services.catalogue.duties.terms import Declined, Granted, Moved, Refusal, Requested
from services.catalogue.duties.thread import has_cell, unanswered
from services.events.catalogue import ObligationChanged
from services.kernel.command import Refused
from services.model.enumerations import Completeness, CoordinationChannel
from services.model.form import shipped_forms

OFFICE, FINANCE = "thong-ke-dien-bien", "so-tai-chinh-dien-bien"
NOW = datetime(2025, 11, 28, 2, tzinfo=UTC)
DUTY = Duty(
    Key("thu-ngan-sach-quy", "63", "11", "2025-Q4", Completeness.ESTIMATE, 1),
    "cv17809-1", FINANCE, "phong-thong-ke-kinh-te-dien-bien", NOW, NOW,
)  # fmt: skip
QUESTION = Said(
    id=uuid4(), duty=DUTY.key.id, change=Change.QUESTION, until=None, person="p-kinh-te",
    organisation=OFFICE, supplier=FINANCE, reason="Vì sao dòng 22 giảm?", at=NOW, row="22",
    channel=CoordinationChannel.MEETING,
)  # fmt: skip
ANSWER = replace(
    QUESTION, change=Change.ANSWER, person="p-so", organisation=FINANCE, row=None,
    reason="Bán đấu giá chậm.", channel=CoordinationChannel.SYSTEM,
)  # fmt: skip
EXCUSE = replace(QUESTION, change=Change.EXCUSED, row=None)


def stood(acts: Sequence[Said] = (), state: State = State.EXPECTED) -> Standing:
    """How the duty stands after this was said, in a state as if by itself."""
    thread = tuple(one.remark for one in acts if one.remark)
    return replace(standing(DUTY, Facts(thread=thread), NOW), state=state)


def after(*acts: Said) -> list[Said]:
    """These acts, a minute apart."""
    return [
        replace(one, id=UUID(int=place), at=NOW + timedelta(minutes=place))
        for place, one in enumerate(acts)
    ]


@pytest.mark.parametrize("state", State)
def test_a_question_may_be_asked_however_the_duty_stands(state: State) -> None:
    said, outcome = say(QUESTION, DUTY, stood(state=state), None)
    assert outcome is not None
    (event,) = outcome.events
    assert isinstance(event, ObligationChanged)
    assert (event.change, event.channel, event.row) == ("question", "meeting", "22")
    assert "giảm" not in str(event)
    (row,) = outcome.rows
    assert (row.values["reason"], row.values["channel"]) == (QUESTION.reason, "meeting")
    assert say(replace(QUESTION, at=NOW + timedelta(days=1)), DUTY, stood(), said) == (said, None)


def test_what_is_met_is_neither_extended_nor_excused_though_it_is_asked_about() -> None:
    for state in (State.ACCEPTED, State.NIL):
        assert refused(EXCUSE, stood([QUESTION], state)) is Code.MET


def test_the_same_words_by_another_channel_or_of_another_row_are_another_act() -> None:
    said, _ = say(QUESTION, DUTY, stood(), None)
    for other in (
        replace(QUESTION, channel=CoordinationChannel.LETTER),
        replace(QUESTION, row="23"),
        replace(QUESTION, column="quarter"),
    ):
        again, outcome = say(other, DUTY, stood(), said)
        assert outcome is not None and again.id != said.id


def test_an_answer_needs_a_question_of_the_other_side() -> None:
    assert refused(ANSWER, stood()) is Code.NO_QUESTION
    own = replace(ANSWER, organisation=OFFICE)
    assert refused(own, stood([QUESTION])) is Code.NO_QUESTION
    _, outcome = say(ANSWER, DUTY, stood([QUESTION], State.ACCEPTED), QUESTION)
    assert outcome is not None
    answered = stood(after(QUESTION, ANSWER))
    assert refused(replace(ANSWER, reason="Thêm."), answered) is Code.NO_QUESTION


def test_an_answer_closes_the_question_that_it_names_and_no_other() -> None:
    asked = after(QUESTION, replace(QUESTION, row="23"), replace(QUESTION, row="24"))
    named = replace(ANSWER, answers=asked[0].id)
    said, _ = say(named, DUTY, stood(asked), asked[-1])
    assert [one.row for one in unanswered(stood([*asked, said]).thread)] == ["23", "24"]
    assert refused(replace(named, reason="Thêm."), stood([*asked, said])) is Code.NO_QUESTION
    assert refused(replace(ANSWER, answers=uuid4()), stood(asked)) is Code.NO_QUESTION


def test_an_answer_that_names_none_is_to_the_newest_that_waits_and_is_said_once() -> None:
    asked = after(QUESTION, replace(QUESTION, row="23"))
    said, outcome = say(ANSWER, DUTY, stood(asked), asked[-1])
    assert outcome is not None and outcome.rows[0].values["answers"] == asked[1].id
    then = stood([*asked, said])
    assert [one.row for one in unanswered(then.thread)] == ["22"]
    assert say(ANSWER, DUTY, then, said) == (said, None), "the same request again"
    other, _ = say(replace(ANSWER, reason="Cũng vậy."), DUTY, then, said)
    assert other.answers == asked[0].id


def test_what_was_answered_before_answers_named_questions_stays_answered() -> None:
    asked = after(QUESTION, replace(QUESTION, row="23"), ANSWER)
    assert unanswered(stood(asked).thread) == []


def test_so_many_questions_of_one_side_wait_and_no_more() -> None:
    asked = after(*(replace(QUESTION, row=str(row)) for row in range(MOST_QUESTIONS)))
    assert refused(QUESTION, stood(asked)) is Code.TOO_MANY_QUESTIONS
    back = replace(QUESTION, organisation=FINANCE)
    assert say(back, DUTY, stood(asked), None)[1] is not None, "the other side's are its own"
    said, _ = say(ANSWER, DUTY, stood(asked), None)
    assert say(QUESTION, DUTY, stood([*asked, said]), None)[1] is not None


def test_either_side_goes_on_and_each_waits_for_the_other() -> None:
    back = replace(QUESTION, organisation=FINANCE, reason="Lấy số nào?", row=None)
    acts = after(QUESTION, back, QUESTION, ANSWER)
    assert [one.words for one in unanswered(stood(acts).thread)] == [back.reason]
    acts = after(QUESTION, back, replace(ANSWER, organisation=OFFICE), QUESTION)
    waiting = unanswered(stood(acts).thread)
    assert [(one.organisation, one.at) for one in waiting] == [
        (OFFICE, acts[0].at), (OFFICE, acts[3].at),
    ]  # fmt: skip


def test_what_one_asked_that_has_ended_since_is_still_answered_by_the_office() -> None:
    asked = replace(QUESTION, organisation="so-ke-hoach-va-dau-tu-dien-bien")
    _, outcome = say(replace(ANSWER, organisation=OFFICE), DUTY, stood([asked]), asked)
    assert outcome is not None


@pytest.mark.parametrize(
    ("form", "row", "column", "is_there"),
    [
        ("cv17809-1", "22", "quarter", True), ("cv17809-1", "22", None, True),
        ("cv17809-1", None, "quarter", True), ("cv17809-1", "48", None, False),
        ("cv17809-1", "22", "month", False), ("cktc-09-final", "TS", "revenue", True),
        ("cv17809-4", "quarter", None, False),
    ],
)  # fmt: skip
def test_a_question_names_a_cell_of_the_form(
    form: str, row: str | None, column: str | None, is_there: bool
) -> None:
    assert has_cell(shipped_forms()[form].to_dict(), row, column) is is_there


def test_a_list_has_the_figures_that_its_records_add_up_to() -> None:
    form = shipped_forms()["cv17809-4"]
    indicators = [one.indicator for table in form.tables for one in table.aggregates]
    assert indicators
    assert all(has_cell(form.to_dict(), one, None) for one in indicators)


def test_time_that_was_asked_for_before_it_came_late_is_granted_after_it_did() -> None:
    """As in pathment/pathment #395: what was granted late left it late, and the request in the queue."""
    day = timedelta(days=1)
    asked = Requested(NOW - day, NOW + 3 * day, "Lũ.")
    came = Delivery(1, NOW + 2 * day, accepted_at=NOW + 2 * day)
    now = NOW + 9 * day
    late = standing(DUTY, Facts([came], requested=[asked]), now)
    assert (late.state, late.timeliness, late.requested) == (
        State.ACCEPTED, Timeliness.LATE, asked,
    )  # fmt: skip
    grant = replace(QUESTION, change=Change.EXTENDED, row=None, until=asked.until, at=now)
    said, outcome = say(grant, DUTY, late, None)
    assert outcome is not None and said.granted == Granted(
        now, QUESTION.reason, asked.until, supplier=FINANCE
    )
    mended = standing(DUTY, Facts([came], [said.granted], requested=[asked]), now)
    assert (mended.timeliness, mended.requested) == (Timeliness.ON_TIME, None)
    unasked = standing(DUTY, Facts([came]), now)
    assert refused(grant, unasked) is Code.MET
    afterwards = replace(asked, at=NOW + 3 * day)
    assert standing(DUTY, Facts([came], requested=[afterwards]), now).requested is None
    assert refused(replace(grant, change=Change.EXCUSED, until=None), late) is Code.MET
    assert refused(replace(grant, until=NOW), late) is Code.NOT_LATER


def test_a_request_for_time_is_refused_and_then_no_longer_open() -> None:
    day = timedelta(days=1)
    refusal = replace(QUESTION, change=Change.REFUSED, row=None, document="88/TKĐB", at=NOW)
    assert refused(refusal, stood()) is Code.NO_REQUEST
    first, asked = (Requested(NOW - days * day, NOW + days * day, "Lũ.") for days in (3, 2))
    waiting = standing(DUTY, Facts(requested=[first, asked]), NOW)
    said, outcome = say(refusal, DUTY, waiting, None)
    assert outcome is not None and said.declined == Declined(NOW, refusal.reason, "88/TKĐB")
    facts = Facts(requested=[first, asked], declined=[said.declined])
    then = standing(DUTY, facts, NOW)
    assert (then.requested, then.late_from) == (None, DUTY.late_from)
    assert then.refused == (Refusal(asked, said.declined),)
    assert standing(DUTY, facts, NOW - day) == standing(
        DUTY, Facts(requested=[first, asked]), NOW - day
    )
    assert refused(replace(refusal, reason="Thêm."), then) is Code.NO_REQUEST
    again = replace(asked, at=NOW + day)
    more = standing(DUTY, replace(facts, requested=[first, asked, again]), NOW + day)
    assert more.requested == again


def test_what_came_late_while_it_waited_for_an_answer_may_be_refused_time_and_stays_late() -> None:
    day = timedelta(days=1)
    asked, came = (
        Requested(NOW - day, NOW + 3 * day, "Lũ."),
        Delivery(1, NOW + day, accepted_at=NOW + day),
    )
    late = standing(DUTY, Facts([came], requested=[asked]), NOW + 2 * day)
    refusal = replace(QUESTION, change=Change.REFUSED, row=None, at=NOW + 2 * day)
    said, _ = say(refusal, DUTY, late, None)
    assert said.declined is not None
    facts = Facts([came], requested=[asked], declined=[said.declined])
    then = standing(DUTY, facts, NOW + 2 * day)
    assert (then.timeliness, then.requested) == (Timeliness.LATE, None)


def test_what_was_granted_leaves_its_days_and_its_reason_to_whom_it_was_said() -> None:
    day = timedelta(days=1)
    grants = [
        Granted(NOW, "Lũ.", NOW + 3 * day, document="1", supplier="so-cu"),
        Granted(NOW + day, "Nhầm ngày.", NOW + 2 * day, supplier=FINANCE),
        Granted(NOW + 2 * day, "Bãi bỏ.", is_excused=True, supplier=FINANCE),
    ]
    found = standing(DUTY, Facts(granted=grants), NOW + 2 * day)
    assert found.granted == (
        Moved(grants[0], DUTY.late_from, NOW + 3 * day),
        Moved(grants[1], NOW + 3 * day, NOW + 2 * day),
        Moved(grants[2], NOW + 2 * day, NOW + 2 * day),
    )
    assert found.late_from == NOW + 2 * day
    assert standing(DUTY, Facts(granted=grants), NOW).granted == found.granted[:1]
    views = [GrantView.of(one) for one in heard_by(found, FINANCE).granted]
    days = (date(2025, 11, 28), date(2025, 12, 1), date(2025, 11, 30))
    assert [(one.before, one.until, one.reason, one.document) for one in views] == [
        (days[0], days[1], None, None), (days[1], days[2], "Nhầm ngày.", None),
        (days[2], None, "Bãi bỏ.", None),
    ]  # fmt: skip


def refused(wish: Said, how: Standing) -> object:
    """Why this may not be said."""
    with pytest.raises(Refused) as error:
        say(wish, DUTY, how, None)
    return error.value.why
