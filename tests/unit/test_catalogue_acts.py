"""What people say of a duty: questions and answers go on in one thread, also once it is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.catalogue.duties.act import Change, Said
from services.catalogue.duties.acts import say
from services.catalogue.duties.duty import Duty, Key
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.standing import (
    Delivery,
    Facts,
    Granted,
    Requested,
    Standing,
    State,
    Timeliness,
    standing,
)
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
    return [replace(one, at=NOW + timedelta(minutes=place)) for place, one in enumerate(acts)]


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
    assert outcome is not None and said.granted == Granted(now, QUESTION.reason, asked.until)
    mended = standing(DUTY, Facts([came], [said.granted], requested=[asked]), now)
    assert (mended.timeliness, mended.requested) == (Timeliness.ON_TIME, None)
    unasked = standing(DUTY, Facts([came]), now)
    assert refused(grant, unasked) is Code.MET
    afterwards = replace(asked, at=NOW + 3 * day)
    assert standing(DUTY, Facts([came], requested=[afterwards]), now).requested is None
    assert refused(replace(grant, change=Change.EXCUSED, until=None), late) is Code.MET
    assert refused(replace(grant, until=NOW), late) is Code.NOT_LATER


def refused(wish: Said, how: Standing) -> object:
    """Why this may not be said."""
    with pytest.raises(Refused) as error:
        say(wish, DUTY, how, None)
    return error.value.why
