"""What the office and its rooms owe: made like any duty, met by the document that a report went out with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.catalogue.duties.act import Change, Said
from services.catalogue.duties.acts import say
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.making import Known, of_calls, of_items
from services.catalogue.duties.measures import measured
from services.catalogue.duties.reports import supplied_by
from services.catalogue.duties.standing import Facts, State, Timeliness, standing
from services.catalogue.duties.telling import head_of
from services.kernel.command import Refused
from services.model.crosswalk import provinces
from services.model.deadline import Call
from services.model.regulation import midnight
from services.model.report import Report
from services.model.starter_pack import load_reports, load_working_days
from services.model.text import ModelError

(CALENDAR,) = load_working_days()
ECONOMIC, SYNTHESIS = "phong-thong-ke-kinh-te-dien-bien", "phong-thong-ke-tong-hop-dien-bien"
DAY = timedelta(days=1)
BODY: dict[str, Any] = {
    "id": "bao-cao-thang", "name": {"vi": "Báo cáo tháng", "en": "Monthly report"}, "kind": "field_report",
    "responsible": ECONOMIC, "recipients": [SYNTHESIS, "so-tai-chinh-dien-bien"], "frequency": "month",
    "legal_basis": {"vi": "Điều 10 khoản 2", "en": "Article 10(2)"},
    "deadlines": [{"completeness": "estimate", "due": {"day": 22}}],
}  # fmt: skip
MONTHLY = Report.from_dict(BODY)
KNOWN = Known(CALENDAR, {}, provinces(), {ECONOMIC: "14", SYNTHESIS: "11"})


def at(day: str, hour: int = 9) -> datetime:
    return midnight(date.fromisoformat(day)) + timedelta(hours=hour)


def made(*reports: Report) -> list[Duty]:
    return list(of_items(reports, KNOWN, date(2026, 10, 1), date(2026, 11, 30)))


def owed() -> Duty:
    """That of November: on time until the end of 22/11/2026."""
    return made(MONTHLY)[1]


def act(change: Change, said_at: datetime, on: str | None = None, **more: Any) -> Said:
    until = midnight(date.fromisoformat(on)) + DAY if on else None
    values: dict[str, Any] = {
        "id": uuid4(), "duty": owed().key.id, "change": change, "until": until, "organisation": "thong-ke-dien-bien",
        "supplier": owed().supplier,
        "at": said_at, "person": "p-kinh-te", "reason": "", "document": "12/TKĐB" if on else None,
    }  # fmt: skip
    return Said(**values | more)


def stood(now: datetime, *acts: Said) -> tuple[State, Timeliness, str | None]:
    found = standing(owed(), Facts(supplied_by(acts)), now)
    document = found.supplied.document if found.supplied else None
    return found.state, found.timeliness, document


def test_a_report_makes_a_duty_for_each_period_about_the_province_of_who_owes_it() -> None:
    first, second = made(MONTHLY)
    assert (first.key.period, second.key.period) == ("2026-M10", "2026-M11")
    assert (first.key.area_list, first.key.area) == ("34", "14"), "one that was merged, too"
    assert (first.supplier, first.recipient, first.form) == (ECONOMIC, SYNTHESIS, "")
    assert (first.report, second.late_from) == (MONTHLY.name, at("2026-11-23", 0))
    nobody = replace(MONTHLY, recipients=())
    assert {one.recipient for one in made(nobody)} == {None}
    head = head_of(second)
    assert (head.item, head.form, head.report_en) == ("bao-cao-thang", "", "Monthly report")


def test_what_names_no_deadline_makes_no_duty_and_a_call_asks_for_items_alone() -> None:
    assert made(replace(MONTHLY, deadlines=(), frequency=None)) == []
    assert made(*load_reports()) == [], "no article names a day"
    call = {
        "id": "cv", "origin": "committee", "number": "1", "issued_on": "2026-11-01", "items": [MONTHLY.id],
        "title": {"vi": "x", "en": "x"}, "asked": [{"period": "2026-M11", "completeness": "estimate"}],
        "due": {"printed": "2026-11-22"},
    }  # fmt: skip
    assert list(of_calls([Call.from_dict(call)], [], KNOWN)) == []


def test_it_counts_from_the_day_of_its_document_and_is_known_from_when_it_was_said() -> None:
    yesterday = act(Change.SUPPLIED, at("2026-11-23"), "2026-11-22")
    assert stood(at("2026-11-23"), yesterday) == (State.ACCEPTED, Timeliness.ON_TIME, "12/TKĐB")
    late = act(Change.SUPPLIED, at("2026-11-23"), "2026-11-23")
    assert stood(at("2026-11-23"), late) == (State.ACCEPTED, Timeliness.LATE, "12/TKĐB")
    assert stood(at("2026-11-23", 8), late) == (State.EXPECTED, Timeliness.MISSING, None)
    said = standing(owed(), Facts(supplied_by([late])), at("2026-11-24"))
    assert said.first == at("2026-11-23"), "of today's document the moment"


def test_a_later_document_corrects_it_and_a_mistake_is_as_if_never_said() -> None:
    first = act(Change.SUPPLIED, at("2026-11-20"), "2026-11-20", document="1")
    second = act(Change.SUPPLIED, at("2026-11-25"), "2026-11-25", document="2")
    facts = Facts(supplied_by([first, second]))
    found = standing(owed(), facts, at("2026-11-26"))
    assert (found.timeliness, found.corrections) == (Timeliness.ON_TIME, 1)
    assert found.supplied is not None and found.supplied.document == "2"
    wrong_day = act(Change.SUPPLIED, at("2026-11-24"), "2026-11-24", document="1")
    mended = act(Change.SUPPLIED, at("2026-11-25"), "2026-11-21", document="1")
    found = standing(owed(), Facts(supplied_by([wrong_day, mended])), at("2026-11-26"))
    assert (found.timeliness, found.corrections) == (Timeliness.ON_TIME, 0)
    assert found.supplied is not None and found.supplied.attempt == 2, "the newest words"
    retracted = act(Change.RETRACTED, at("2026-11-25"), reason="Nhầm kỳ.")
    nothing = (State.EXPECTED, Timeliness.MISSING, None)
    assert stood(at("2026-11-26"), first, retracted) == nothing
    assert stood(at("2026-11-26"), first, retracted, second)[1] is Timeliness.LATE


def test_it_is_measured_as_what_agencies_owe() -> None:
    first, second = made(MONTHLY)
    on_time = standing(
        first, Facts(supplied_by([act(Change.SUPPLIED, at("2026-10-22"), "2026-10-22")])), END
    )
    missing = standing(second, Facts(), END)
    told = [(first, on_time), (second, missing)]
    (measure,) = measured(told, lambda duty: duty.supplier).values()
    assert (measure.counted, measure.on_time, measure.complete) == (2, 0.5, 0.5)


END = at("2026-12-01")
NOW = at("2026-11-23")


def refusal(wish: Said, duty: Duty, *before: Said) -> str:
    with pytest.raises(Refused) as refused:
        say(wish, duty, standing(duty, Facts(supplied_by(before)), wish.at), None)
    return str(refused.value.why.id)


def test_what_is_refused() -> None:
    of_an_item = replace(owed(), form="cv17809-1", report=None)
    assert refusal(act(Change.SUPPLIED, NOW, "2026-11-23"), of_an_item) == "no-report"
    assert refusal(act(Change.RETRACTED, NOW, reason="x"), of_an_item) == "no-report"
    assert refusal(act(Change.RETRACTED, NOW, reason="x"), owed()) == "not-supplied"
    assert refusal(act(Change.SUPPLIED, NOW, "2026-11-24"), owed()) == "no-day"
    assert refusal(act(Change.SUPPLIED, NOW, "2025-10-01"), owed()) == "no-day"


def test_it_is_said_after_its_term_and_again_and_the_same_words_are_one_act() -> None:
    duty, before = owed(), act(Change.SUPPLIED, NOW - DAY, "2026-11-22")
    met = standing(duty, Facts(supplied_by([before])), NOW)
    wish = act(Change.SUPPLIED, NOW, "2026-11-23", document="13/TKĐB", id=UUID(int=0))
    said, outcome = say(wish, duty, met, before)
    assert outcome is not None and said.document == "13/TKĐB"
    (event,) = outcome.events
    assert (event.change, event.until, event.obligation.report_vi) == (  # type: ignore[attr-defined]
        "supplied", at("2026-11-24", 0), "Báo cáo tháng",
    )  # fmt: skip
    again, nothing = say(replace(wish, at=NOW + DAY), duty, met, said)
    assert (again, nothing) == (said, None)
    longer = act(Change.EXTENDED, NOW, "2026-12-01")
    assert refusal(longer, duty, before) == "met"


@pytest.mark.parametrize(
    ("wrong", "vi", "en"),
    [
        ({"frequency": None}, "nêu frequency là tháng", "name a frequency"),
        ({"frequency": "range"}, "nêu frequency là tháng", "name a frequency"),
        (
            {"recipients": [SYNTHESIS, SYNTHESIS]},
            "recipients: có giá trị nêu hai lần",
            "recipients",
        ),
        ({"kind": "letter"}, "kind: ", "kind: "),
        ({"legal_basis": None}, "legal_basis", "legal_basis"),
        ({"form": "cv17809-1"}, "form", "form"),
    ],
)
def test_what_is_no_report_is_named_in_both_languages(
    wrong: dict[str, Any], vi: str, en: str
) -> None:
    with pytest.raises(ModelError) as error:
        Report.from_dict(BODY | wrong)
    assert vi in error.value.text.vi and en in error.value.text.en
    assert error.value.text.vi.startswith("report bao-cao-thang: ")


def test_it_is_written_as_it_was_read() -> None:
    assert Report.from_dict(MONTHLY.to_dict()) == MONTHLY
