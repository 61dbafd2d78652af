from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from services.events.intake import SubmissionReceived
from services.intake.content import Workbook
from services.intake.handler import (
    Attempt,
    Facts,
    New,
    Repeat,
    content,
    decide,
    door,
    signer,
)
from services.intake.identity import head, identity, refusal_id
from services.intake.refusal import Code, Refusal
from services.intake.status import State
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.events import ObjectReference
from services.model.enumerations import Completeness, Regime
from services.model.form import shipped_forms
from services.model.sender import SenderKey
from services.model.statement import MAX_BYTES, Classification, Nil, NilKind, Statement
from tests.contract.examples import examples
from tests.unit.test_intake_statement import KEY, STATEMENT

FORMS = shipped_forms()
FORM = FORMS["cv17809-1"]
SENDER = {"id": STATEMENT.sender, "kind": "finance_department", "province": "11"}
OFFICE = {"kind": "provincial_office", "province": "11"}
FACTS = Facts(
    7, SENDER, OFFICE, FORM, "thu-ngan-sach-quy", tuple(FORMS), frozenset({"00", "11", "12"})
)
NOW = STATEMENT.issued_at
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ID = identity(STATEMENT)


def refused(statement: Statement, facts: Facts = FACTS) -> Code | None:
    refusal = door(statement, facts)
    return refusal.code if refusal else None


def attempt(**changes: Any) -> Attempt:
    s = STATEMENT
    one = Attempt(ID, 3, s.sha256, s.regime, s.classification, FORM.version, State.STORED, 1, NOW)
    return replace(one, **changes)


def test_a_good_statement_passes_the_door() -> None:
    assert refused(STATEMENT) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": 0}, Code.EMPTY),
        ({"size": MAX_BYTES + 1}, Code.TOO_LARGE),
        ({"period": "2026-Q5"}, Code.MALFORMED_PERIOD),
        ({"period": "quý 3"}, Code.MALFORMED_PERIOD),
        ({"area_list": "34"}, Code.UNKNOWN_AREA),
        ({"area": "98"}, Code.UNKNOWN_AREA),
        ({"area": "12"}, Code.OTHER_SENDERS_AREA),
        ({"area": "00"}, Code.OTHER_SENDERS_AREA),
    ],
)
def test_refused_at_the_door(change: dict[str, Any], code: Code) -> None:
    assert refused(replace(STATEMENT, **change)) is code


def test_the_largest_size_passes() -> None:
    assert refused(replace(STATEMENT, size=MAX_BYTES)) is None


def test_unknown_area_also_where_the_catalogue_has_no_list() -> None:
    assert refused(replace(STATEMENT, area="98"), replace(FACTS, areas=None)) is Code.UNKNOWN_AREA


def test_unknown_sender() -> None:
    assert refused(STATEMENT, replace(FACTS, organisation=None)) is Code.UNKNOWN_SENDER


@pytest.mark.parametrize(
    ("office", "sender", "code"),
    [
        (None, SENDER, Code.OTHER_OFFICE),
        (OFFICE | {"province": "12"}, SENDER, Code.OTHER_OFFICE),
        ({"kind": "national_office"}, SENDER, Code.OTHER_OFFICE),
        (SENDER, SENDER, Code.OTHER_OFFICE),
        ({"kind": "national_office"}, {"kind": "finance_department"}, None),
        (OFFICE | {"province": "12"}, {"kind": "finance_department"}, None),
    ],
)
def test_a_statement_is_taken_in_by_the_office_that_it_is_for(
    office: dict[str, Any] | None, sender: dict[str, Any], code: Code | None
) -> None:
    assert refused(STATEMENT, replace(FACTS, office=office, organisation=sender)) is code


def test_form_of_others() -> None:
    ministry = {"id": STATEMENT.sender, "kind": "ministry"}
    assert refused(STATEMENT, replace(FACTS, organisation=ministry)) is Code.OTHER_SENDERS_FORM


def test_a_form_that_no_item_names_is_refused_with_whom_to_ask() -> None:
    refusal = door(STATEMENT, replace(FACTS, item=None))
    assert refusal is not None and refusal.code is Code.NO_ITEM
    assert refusal.values["office"] == STATEMENT.aud


def test_an_agreement_that_has_ended_stops_what_is_shared_and_no_duty() -> None:
    ended = replace(FACTS, agreement=("05/TT-PH", date(2025, 12, 31)))
    assert refused(STATEMENT, ended) is None, "a duty rests on the law"
    refusal = door(replace(STATEMENT, regime=Regime.SHARING), ended)
    assert refusal
    assert (refusal.code, refusal.values["day"]) == (Code.AGREEMENT_ENDED, "31/12/2025")
    assert refused(replace(STATEMENT, regime=Regime.SHARING)) is None


def test_form_of_another_province() -> None:
    elsewhere = replace(
        FACTS,
        organisation=SENDER | {"province": "12"},
        office=OFFICE | {"province": "12"},
        form=FORMS["dn-list"],
    )
    assert refused(replace(STATEMENT, area="12"), elsewhere) is Code.OTHER_SENDERS_FORM


def test_a_national_body_may_send_for_any_area() -> None:
    ministry = Facts(7, {"kind": "ministry"}, OFFICE, FORMS["cktc-09-final"], "quyet-toan")
    statement = replace(STATEMENT, form="cktc-09-final", area="00", period="2013")
    assert refused(statement, ministry) is None
    assert head(statement, ministry, FORMS["cktc-09-final"], 1).province == "00"


def test_unknown_form_names_the_nearest() -> None:
    refusal = door(replace(STATEMENT, form="cv17809_1"), replace(FACTS, form=None))
    assert refusal
    assert refusal.code is Code.UNKNOWN_FORM
    assert refusal.more["nearest"][0] == "cv17809-1"
    far = door(replace(STATEMENT, form="zzz"), replace(FACTS, form=None))
    assert far and len(far.more["nearest"]) == 3


def issued(at: datetime) -> Statement:
    return replace(STATEMENT, issued_at=at)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"valid_from": NOW, "valid_to": NOW + DAY}, None),
        ({"valid_to": NOW}, Code.KEY_NOT_IN_FORCE),
        ({"valid_from": NOW + DAY}, Code.KEY_NOT_IN_FORCE),
        ({"sender": "bo-tai-chinh"}, Code.OTHER_SENDER),
    ],
)
def test_signer(change: dict[str, Any], code: Code | None) -> None:
    key = replace(SenderKey(STATEMENT.sender, KEY), **change)
    refusal = signer(issued(NOW), key, NOW)
    assert (refusal.code if refusal else None) is code


@pytest.mark.parametrize(
    ("person", "approved_by", "code"),
    [
        (None, None, None),
        ("p-head", "p-head", None),
        ("p-head", "p-other", Code.OTHER_SIGNER),
        ("p-head", None, Code.OTHER_SIGNER),
        (None, "p-head", Code.OTHER_SIGNER),
    ],
)
def test_a_statement_names_who_signs_it_and_a_programs_nobody(
    person: str | None, approved_by: str | None, code: Code | None
) -> None:
    key = SenderKey(STATEMENT.sender, KEY, person=person)
    refusal = signer(replace(issued(NOW), approved_by=approved_by), key, NOW, person)
    assert (refusal.code if refusal else None) is code


def test_the_office_signs_for_an_agency_by_its_own_service_alone() -> None:
    key = SenderKey(STATEMENT.aud, KEY)
    stated = replace(issued(NOW), countersigned_by=STATEMENT.aud, approved_by="p-head")
    assert signer(stated, key, NOW, by_office=True) is None
    by_program = signer(stated, key, NOW)
    assert by_program and by_program.code is Code.OTHER_SENDER
    for_another = signer(replace(stated, countersigned_by="other"), key, NOW, by_office=True)
    assert for_another and for_another.code is Code.OTHER_SENDER


def test_a_statement_of_the_future() -> None:
    key = SenderKey(STATEMENT.sender, KEY)
    assert signer(issued(NOW + 5 * MINUTE), key, NOW) is None
    assert signer(issued(NOW - 30 * DAY), key, NOW) is None
    late = signer(issued(NOW + 6 * MINUTE), key, NOW)
    assert late and late.code is Code.CLOCK


def test_a_clock_that_is_behind_is_told_before_a_new_key_is_called_not_in_force() -> None:
    key = replace(SenderKey(STATEMENT.sender, KEY), valid_from=NOW)
    behind = signer(issued(NOW), key, NOW - DAY)
    assert behind and behind.code is Code.CLOCK


def test_content_must_be_what_was_signed() -> None:
    body = b"a;b\n1;2\n"
    statement = replace(STATEMENT, size=len(body), sha256=sha256(body).hexdigest())
    assert content(statement, body) == Workbook("text/csv")
    for changed, sent in (
        (statement, body + b" "),
        (statement, body[:-1] + b"3"),
        (replace(statement, size=9), body),
    ):
        assert content(changed, sent) == Refusal(Code.OTHER_CONTENT)
    assert content(statement, b"") == Refusal(Code.EMPTY)


def test_the_first_attempt() -> None:
    assert decide("new", STATEMENT, ID, None, None, FORM, NOW) == New(1)


def test_a_copy_of_the_latest_attempt_is_a_repeat() -> None:
    latest = attempt()
    assert decide("new", STATEMENT, ID, None, latest, FORM, NOW) == Repeat(latest)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "b" * 64},
        {"regime": "sharing"},
        {"classification": "public"},
        {"form_version": 9},
    ],
)
def test_anything_else_is_a_new_attempt(change: dict[str, Any]) -> None:
    assert decide("new", STATEMENT, ID, None, attempt(**change), FORM, NOW) == New(4)


@pytest.mark.parametrize("state", list(State))
def test_what_was_returned_withheld_or_taken_back_may_come_again(state: State) -> None:
    again = state in (State.RETURNED, State.WITHHELD, State.WITHDRAWN)
    latest = attempt(state=state)
    expected = New(4) if again else Repeat(latest)
    assert decide("new", STATEMENT, ID, None, latest, FORM, NOW) == expected


def test_a_known_nonce_repeats_its_own_attempt_whatever_became_of_it() -> None:
    known = attempt(attempt=1, state=State.RETURNED, form_version=9)
    assert decide("new", STATEMENT, ID, known, attempt(sha256="b" * 64), FORM, NOW) == Repeat(known)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "b" * 64},
        {"regime": "sharing"},
        {"classification": "public"},
        {"submission_id": UUID(int=1)},
    ],
)
def test_a_nonce_of_other_content(change: dict[str, Any]) -> None:
    decision = decide("new", STATEMENT, ID, attempt(**change), None, FORM, NOW)
    assert decision == Refusal(Code.NONCE_USED)


def refusal_of(statement: Statement, latest: Attempt | None, now: datetime) -> Code | None:
    decision = decide("new", statement, ID, None, latest, FORM, now)
    return decision.code if isinstance(decision, Refusal) else None


def test_nothing_new_rests_on_an_old_statement() -> None:
    corrected = attempt(sha256="b" * 64)
    for latest in (None, corrected):
        assert refusal_of(STATEMENT, latest, NOW + 10 * DAY) is None
        assert refusal_of(STATEMENT, latest, NOW + 10 * DAY + MINUTE) is Code.STATEMENT_EXPIRED
        assert refusal_of(STATEMENT, latest, NOW + 900 * DAY) is Code.STATEMENT_EXPIRED


def test_a_statement_from_before_the_latest_attempts_puts_nothing_aside() -> None:
    for state in State:
        newer = attempt(sha256="b" * 64, state=state, issued_at=NOW + MINUTE)
        assert refusal_of(STATEMENT, newer, NOW + DAY) is Code.STATEMENT_OLDER
        assert refusal_of(STATEMENT, replace(newer, issued_at=NOW), NOW + DAY) is None
    returned = attempt(state=State.RETURNED, issued_at=NOW + MINUTE)
    assert refusal_of(STATEMENT, returned, NOW + DAY) is Code.STATEMENT_OLDER


def test_a_retry_is_a_repeat_however_late_it_comes() -> None:
    late = NOW + 900 * DAY
    corrected = attempt(attempt=4, sha256="b" * 64, issued_at=NOW + DAY)
    assert decide("new", STATEMENT, ID, attempt(), corrected, FORM, late) == Repeat(attempt())
    assert decide("new", STATEMENT, ID, None, attempt(), FORM, late) == Repeat(attempt())


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "a"}, {"form": "a"}, {"area_list": "34"}, {"area": "12"}, {"period": "2026-Q2"},
        {"completeness": Completeness.OFFICIAL}, {"round": 2},
    ],
)  # fmt: skip
def test_identity_depends_on_what_a_submission_is(change: dict[str, Any]) -> None:
    assert identity(replace(STATEMENT, **change)) != ID


def test_identity_does_not_depend_on_anything_else() -> None:
    other = replace(
        STATEMENT, sha256="b" * 64, size=1, regime=Regime.SHARING, nonce="x" * 20, issued_at=NOW + DAY,
        classification=Classification.PUBLIC, period="2026-07-01/P3M",
    )  # fmt: skip
    assert identity(other) == ID


SIX = replace(FACTS, form=FORMS["cv17809-6"], sections=frozenset({"A", "B"}))


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ((), None),
        (("B",), None),
        (("A", "B"), None),
        (("C",), Code.OTHER_SENDERS_SECTION),
        (("B", "Z"), Code.UNKNOWN_SECTION),
    ],
)
def test_sections_are_of_the_form_and_the_senders(
    sections: tuple[str, ...], code: Code | None
) -> None:
    assert refused(replace(STATEMENT, form="cv17809-6", sections=sections or None), SIX) is code
    whole = refused(replace(STATEMENT, sections=sections or None))
    assert whole is (Code.UNKNOWN_SECTION if sections else None), "a form that is one whole"


def test_each_part_has_an_identity_and_all_parts_together_that_of_the_whole() -> None:
    def of(*sections: str) -> UUID:
        return identity(replace(STATEMENT, sections=sections or None), SIX.sections)

    assert len({of("A"), of("B"), of()}) == 3
    assert of("B", "A") == of("A", "B", "A") == of()
    assert identity(STATEMENT, frozenset()) == ID, "sections have changed no other id"


def test_the_very_same_statement_is_a_repeat_whatever_its_sender_answers_for_since() -> None:
    before = attempt(token="t", submission_id=UUID(int=9))
    assert decide("t", STATEMENT, ID, before, None, FORM, NOW) == Repeat(before)
    assert decide("u", STATEMENT, ID, before, None, FORM, NOW) == Refusal(Code.NONCE_USED)


def test_identity_is_for_ever() -> None:
    assert str(ID) == "8b105098-3301-5949-9225-7e32d8b406b9"


def test_one_refusal_for_a_statement_and_a_reason() -> None:
    one = refusal_id("token", Refusal(Code.EMPTY))
    assert one == refusal_id("token", Refusal(Code.EMPTY, {"x": 1}))
    assert (
        len(
            {one, refusal_id("token", Refusal(Code.PASSWORD)), refusal_id("t", Refusal(Code.EMPTY))}
        )
        == 3
    )


def test_the_head_fits_the_schema() -> None:
    made = head(replace(STATEMENT, period="2026-07-01/P3M"), FACTS, FORM, 2)
    assert (made.period, made.province) == ("2026-Q3", "11")
    original = ObjectReference(name="a", sha256="b", size=1, media_type="text/csv")
    event = SubmissionReceived(head=made, original=original, statement="", received_at=NOW)
    encoded = codec().encode("submission.received-value", to_avro(event))
    decoded = codec().decode("submission.received-value", encoded)
    assert from_avro(SubmissionReceived, decoded) == event


def test_a_work_secret_is_internal_as_far_as_older_programs_know() -> None:
    """An enum of Avro can't grow (FULL_TRANSITIVE): the events say the rest in a field of its own."""
    example = examples("submission.cleared")[0]
    for stated in Classification:
        found = head(replace(STATEMENT, classification=stated), FACTS, FORM, 1).classification
        assert found == ("internal" if stated is Classification.WORK_SECRET else stated.value)
        codec().encode("submission.cleared-value", {**example, "classification": found})


@pytest.mark.parametrize("kind", NilKind)
def test_a_nil_is_another_attempt_of_the_same_blank_form(kind: NilKind) -> None:
    nil = replace(STATEMENT, nil=Nil(kind=kind, reason="Không có dự án hoàn thành"))
    assert decide("new", nil, ID, None, attempt(), FORM, NOW) == New(4)
    same = attempt(nil=kind.value)
    assert decide("new", nil, ID, None, same, FORM, NOW) == Repeat(same)
    assert decide("new", STATEMENT, ID, None, same, FORM, NOW) == New(4)
    assert decide("new", nil, ID, attempt(), None, FORM, NOW) == Refusal(Code.NONCE_USED)
