"""Rules that span the sections of a form, over parts that several sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.events.common import Head
from services.events.validation import SectionsCompared
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.model.form import Form
from services.model.observation import to_parquet
from services.validation.checking.across import Part, inconsistencies, spanning
from services.validation.checking.check import check
from services.validation.comparing import Across, about, compared
from services.validation.findings import Inconsistency
from services.validation.reading.statement import Statement
from services.validation.store import ComparedRow
from tests.said import said
from tests.unit.test_validation_check import small_form
from tests.unit.workbooks import LABELS, xlsx

NAME = {"vi": "Phần", "en": "Section"}
FORM = small_form(
    responsible=[
        {"id": "A", "section": NAME, "organisation_kinds": ["x"], "rows": ["1", "2", "4"]},
        {"id": "B", "section": NAME, "organisation_kinds": ["y"], "rows": ["3", "3a"]},
    ]
)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HEAD: Head = replace(
    said("submission.stored").head,  # type: ignore[attr-defined]
    form="small", form_version=1, area="11", period="2026-07-01/P3M", submission_id=str(UUID(int=1)),
)  # fmt: skip
STATEMENT = Statement.of(HEAD)
TOTAL = "1 = 2 + 3 + 3a"


def figures(form: Form = FORM, **rows: float | str) -> bytes:
    """The figures of both columns: of the quarter, and ten times of that since January."""
    labels = {"1": "Tổng số", "2": "Thuế hàng hóa", "3": "Phí", "4": "Trong đó: - Thuế nhập khẩu"}
    cells: list[list[Any]] = [list(LABELS)]
    for code, label in labels.items():
        value = rows.get(f"r{code}")
        since = value * 10 if isinstance(value, int | float) else value
        cells.append([label, code, value, since])
    cells.append(["Khác", "", rows.get("r3a"), None])
    bare = replace(form, rules=())
    found = check(bare, xlsx(cells), STATEMENT).figures
    wanted = {code.removeprefix("r") for code in rows}
    return to_parquet([one for one in found if one.indicator in wanted])


def part(number: int, content: bytes, sender: str = "s", room: str | None = None) -> Part:
    return Part(UUID(int=number), 1, sender, room, content)


A = part(1, figures(r1=10, r2=7, r4=1))


def test_the_totals_that_name_rows_of_several_sections_span_them() -> None:
    assert [rule.id for rule in spanning(FORM)] == ["total"], "4 and 2 are of one"
    assert spanning(small_form()) == ()


def test_what_does_not_hold_over_the_parts_is_named_with_its_sections() -> None:
    b = part(2, figures(r3=2.5, r3a=0.5))
    found = inconsistencies(FORM, STATEMENT, [A, b])
    assert found == (), "seven, two and a half, a half"
    wrong = part(2, figures(r3=2, r3a=0.5))
    (quarter,) = inconsistencies(FORM, STATEMENT, [A, wrong])  # 3a is blank since January
    assert quarter == Inconsistency(
        rule="total", expression=TOTAL, column="quarter", period="2026-Q3", sections=("A", "B"),
        found="10", expected="9.5", difference="0.5",
    )  # fmt: skip


@pytest.mark.parametrize("parts", [[], [A], [part(2, figures(r3=99, r3a=1))]])
def test_a_part_that_has_not_come_is_no_failure(parts: list[Part]) -> None:
    assert inconsistencies(FORM, STATEMENT, parts) == ()


def test_a_figure_that_was_not_collected_leaves_it_open() -> None:
    assert inconsistencies(FORM, STATEMENT, [A, part(2, figures(r3="...", r3a=1))]) == ()
    assert inconsistencies(FORM, STATEMENT, [A, part(2, figures(r3=3, r3a="-"))]) == (), "none is 0"


def told(across: Across, content: bytes | None) -> tuple[SectionsCompared, dict[str, Any]] | None:
    outcome = compared(HEAD, across, content, NOW)
    if not outcome.events:
        assert not outcome.rows
        return None
    ((event,), (row,)) = outcome.events, outcome.rows
    assert isinstance(event, SectionsCompared)
    assert (row.table, row.conflict) == (ComparedRow, "replace")
    codec().encode("sections.compared-value", to_avro(event))
    return event, dict(row.values)


def test_it_is_told_once_and_again_where_it_changes_or_holds() -> None:
    b = part(2, figures(r3=2, r3a=0.5), "sender-b", "room-b")
    across = Across(FORM, "room-a", (b,))
    first = told(across, A.observations)
    assert first is not None
    event, row = first
    assert [(one.sender, one.room, one.attempt) for one in event.parts] == [
        (HEAD.sender, "room-a", HEAD.attempt), ("sender-b", "room-b", 1),
    ]  # fmt: skip
    (rule,) = event.failing
    assert (rule.rule, rule.sections, event.period) == ("total", ("A", "B"), "2026-Q3")
    assert "9.5" not in str(to_avro(event)), "values stay"
    assert row["failing"][0].expected == "9.5"
    again = replace(across, told=row["failing"])
    assert told(again, A.observations) is None, "nothing else to say"
    changed = told(again, figures(r1=11, r2=7))
    assert changed is not None and changed[1]["failing"][0].difference == "1.5"
    mended = told(again, figures(r1=9.5, r2=7))
    assert mended is not None and mended[0].failing == ()
    gone = told(again, None)
    assert gone is not None and gone[0].failing == (), "it was taken back"
    assert told(Across(FORM, None), A.observations) is None
    assert not compared(HEAD, None, A.observations, NOW).events


def test_parts_about_the_same_have_one_name_however_the_period_is_spelt() -> None:
    assert about(HEAD) == about(replace(HEAD, period="2026-Q3", sender="x", attempt=4))
    for other in ({"area": "12"}, {"round": 2}, {"period": "2026-Q2"}):
        assert about(replace(HEAD, **other)) != about(HEAD)


def test_sums_are_as_exact_as_the_form_prints() -> None:
    rounded = replace(FORM, decimals=0)
    b = part(2, figures(r3=2, r3a=2))
    assert inconsistencies(rounded, STATEMENT, [A, b]) == (), "off by one, of three rounded parts"
    (one,) = inconsistencies(FORM, STATEMENT, [A, b])
    assert Decimal(one.difference) == -1
