"""The act that publishes a figure: what it needs, what it is known by, and the event of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.catalogue.calendar.release import Document, Facts, Figure, decide
from services.catalogue.entry import Flaw, Refused
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.model.enumerations import Completeness
from services.model.messages import texts

NOW = datetime(2026, 12, 24, 2, tzinfo=UTC)
FIGURE = Figure("dp", "T0111", "34", "11", "2025", Completeness.OFFICIAL)
DOCUMENT = Document("15/TB-TKĐB", date(2026, 12, 24))
FACTS = Facts(frozenset({"T0111", "T0501"}), frozenset({"11"}))


def flaws(
    figure: Figure = FIGURE, document: Document = DOCUMENT, facts: Facts = FACTS
) -> list[Flaw]:
    with pytest.raises(Refused) as refused:
        decide(figure, document, facts, "p-lanh-dao", NOW)
    for flaw in refused.value.flaws:
        for message in (flaw.code, f"{flaw.code}.mend"):
            assert texts(f"catalogue.{message}", **flaw.values).vi
    return refused.value.flaws


def test_an_act_names_figure_document_and_person() -> None:
    event = decide(FIGURE, DOCUMENT, FACTS, "p-lanh-dao", NOW).event()
    encoded = codec().encode("calendar.released-value", to_avro(event))
    data = codec().decode("calendar.released-value", encoded)
    assert data.pop("release_id") == event.key
    assert str(event.own_id) != event.key
    assert data == {
        "indicator_list": "dp",
        "indicator": "T0111",
        "area_list": "34",
        "area": "11",
        "period": "2025",
        "completeness": "official",
        "document_number": "15/TB-TKĐB",
        "document_date": date(2026, 12, 24),
        "person": "p-lanh-dao",
        "released_at": NOW,
    }


def test_the_same_figure_and_document_are_the_same_act_whoever_says_it() -> None:
    first = decide(FIGURE, DOCUMENT, FACTS, "p-lanh-dao", NOW)
    other_day = NOW.replace(year=2027)
    again = decide(replace(FIGURE, period="2025-01-01/P1Y"), DOCUMENT, FACTS, "p-2", other_day)
    assert again.id == first.id and again.event().own_id == first.event().own_id
    assert again.figure == first.figure, "a span has one spelling"
    others = [
        decide(replace(FIGURE, indicator="T0501"), DOCUMENT, FACTS, "p", NOW),
        decide(replace(FIGURE, period="2024"), DOCUMENT, FACTS, "p", NOW),
        decide(replace(FIGURE, completeness=Completeness.ESTIMATE), DOCUMENT, FACTS, "p", NOW),
        decide(FIGURE, replace(DOCUMENT, number="16/TB-TKĐB"), FACTS, "p", NOW),
        decide(FIGURE, replace(DOCUMENT, date=date(2026, 12, 23)), FACTS, "p", NOW),
    ]
    assert len({first.id, *(other.id for other in others)}) == 6


def test_what_is_misspelt_is_refused_and_all_of_it_named() -> None:
    figure = replace(FIGURE, indicator="T0l11", area="12", period="Q3/2025")
    assert [(f.where, f.code) for f in flaws(figure)] == [
        ("indicator", "code"),
        ("area", "code"),
        ("period", "period"),
    ]
    assert [f.where for f in flaws(facts=Facts(None, None))] == ["indicator_list", "area_list"]


def test_a_document_of_a_day_to_come_publishes_nothing() -> None:
    assert [f.where for f in flaws(document=replace(DOCUMENT, date=date(2026, 12, 25)))] == [
        "document_date"
    ]


def test_the_day_is_that_of_viet_nam() -> None:
    evening = datetime(2026, 12, 24, 17, 0, tzinfo=UTC)
    document = replace(DOCUMENT, date=date(2026, 12, 25))
    assert decide(FIGURE, document, FACTS, "p", evening).document == document
