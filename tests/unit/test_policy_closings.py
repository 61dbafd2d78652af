"""After the closing: what came before is over, and opens no door."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.catalogue.duties.act import Change
from services.catalogue.duties.acts import say
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.standing import Delivery, State, Timeliness, standing
from services.catalogue.duties.standing import Facts as Said
from services.catalogue.duties.terms import Requested
from services.kernel.command import Refused
from services.policy.law.verdict import Verdict
from tests.unit.test_catalogue_acts import DUTY, NOW, QUESTION
from tests.unit.test_policy_handler import CLOSED, T0, decided, facts, topics, validated
from tests.unit.test_policy_handler import after as then


@pytest.mark.parametrize("over", [Verdict.WITHDRAWN, Verdict.WITHHELD])
def test_what_was_taken_back_or_withheld_before_the_closing_opens_no_door_after_it(
    over: Verdict,
) -> None:
    """Catalogue: as if it had not come, the duty is closed. Policy lets the next attempt by, without a word of why:
    it is no first delivery, for something came once, and no revision, for nothing is in use.
    """
    duty = replace(DUTY, closed_from=NOW + timedelta(days=5))
    gone = Delivery(1, NOW - timedelta(days=1), ended_at=NOW)
    assert standing(duty, Said([gone]), NOW + timedelta(days=6)).state is State.CLOSED
    first = decided(validated(1, received_at=CLOSED - timedelta(days=1)), facts())
    known = replace(then(facts(), first), closings=(CLOSED,), current_attempt=None)
    known = replace(known, attempts=tuple(replace(one, verdict=over) for one in known.attempts))
    assert topics(decided(validated(2, received_at=T0), known)) == ["held"]


def test_an_attempt_of_before_moments_were_kept_is_not_taken_for_none() -> None:
    """A row of before the release has no moment of receipt: what corrects it is held as if nothing had ever come."""
    first = decided(validated(1, received_at=CLOSED - timedelta(days=1)), facts())
    known = replace(then(facts(), first), closings=(CLOSED,), current_attempt=None)
    old = tuple(
        replace(one, verdict=Verdict.HELD, evidence=replace(one.evidence, received_at=None))
        for one in known.attempts
    )
    assert "held" not in topics(decided(validated(2, received_at=T0), replace(known, attempts=old)))


def test_time_that_was_asked_for_after_it_came_late_is_not_granted_into_the_past() -> None:
    """`_answers_late` is for time asked for before it came. Late and returned, one asks now, and the office grants a
    day that is over: nobody was late any more.
    """
    late = Delivery(1, NOW + timedelta(days=2), returned_at=NOW + timedelta(days=3))
    asked = Requested(NOW + timedelta(days=4), NOW + timedelta(days=20), "Quên.")
    now = NOW + timedelta(days=5)
    stood = standing(DUTY, Said([late], requested=[asked]), now)
    assert stood.timeliness is Timeliness.LATE
    grant = replace(
        QUESTION, change=Change.EXTENDED, row=None, until=NOW + timedelta(days=3), at=now
    )
    with pytest.raises(Refused) as error:
        say(grant, DUTY, stood, None)
    assert error.value.why is Code.PAST
