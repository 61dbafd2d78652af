"""The figures of a workbook in the order of its form, beside those of before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.model import wording
from services.model.enumerations import Completeness
from services.model.observation import to_frame
from services.model.period import Period
from services.model.text import Text
from services.validation.checking.check import Checked, check
from services.validation.checks.plausibility import Past
from services.validation.checks.shrinking import Earlier
from services.validation.telling.figures import Drawn, Figure, drawn
from tests.unit.test_validation_check import FORM, STATEMENT, Sheet, rows
from tests.unit.workbooks import xlsx


def checked(sheet: Sheet, period: str = "2026-Q3") -> Checked:
    statement = replace(STATEMENT, period=Period.parse(period))
    return check(FORM, xlsx(sheet), statement)


def shown(found: Checked, *history: Past, replaced: Earlier | None = None) -> Drawn:
    (table,) = drawn(FORM, STATEMENT, found.grids, found.report.findings, history, replaced)
    return table


def figure(table: Drawn, code: str, column: int = 0) -> Figure:
    (line,) = [line for line in table.lines if line.code == code]
    found = line.figures[column]
    assert found is not None
    return found


MILLIONS = Text("triệu đồng", "million VND")


@pytest.mark.parametrize(
    ("code", "multiplier", "label", "english"),
    [("HA", 0, "Ha", "hectares"), ("HEADS", 6, "Triệu con", "million heads"), ("PERCENT", 0, "%", "%"),
     ("FIRMS", 0, "doanh nghiệp", "firms"), ("VND", 2, "trăm đồng", "10^2 VND")],
)  # fmt: skip
def test_a_unit_is_said_in_english_too(
    code: str, multiplier: int, label: str, english: str
) -> None:
    assert wording.unit(code, multiplier, label) == Text(label, english)


def test_every_row_of_the_form_stands_in_its_order_with_its_cells() -> None:
    table = shown(checked(rows()))
    assert [line.code for line in table.lines] == ["1", "2", "3", "4", "3a"]
    assert table.lines[0].label == "Tổng số"
    assert [(one.period, one.is_cumulative, one.unit) for one in table.headings] == [
        ("2026-Q3", False, MILLIONS), ("2026-01-01/P9M", True, MILLIONS),
    ]  # fmt: skip
    assert figure(table, "1") == Figure("C5", "60.5", None, "", "", None, None, None)
    assert figure(table, "1", 1).value == "180"


def test_what_is_wrong_or_is_no_number_is_in_sight() -> None:
    sheet = rows()
    sheet[4][2], sheet[5][2], sheet[7][2], sheet[8][2] = 99, "mười", "...", None
    table = shown(checked(sheet))
    assert figure(table, "1").severity == "error" or figure(table, "2").severity == "error"
    assert (figure(table, "2").value, figure(table, "2").text) == (None, "mười")
    assert (figure(table, "3").missing, figure(table, "3").text) == ("not_collected", "")
    assert (figure(table, "3a").value, figure(table, "3a").text) == (None, "")


def past(content: Checked, completeness: Completeness = Completeness.OFFICIAL) -> Past:
    return Past(completeness, 1, to_frame(content.figures))


def test_the_period_before_and_the_year_before_stand_beside_it() -> None:
    quarter = [list(row) for row in rows()]
    quarter[2] = ["Chỉ tiêu", "Mã số", "Quý II năm 2026", "6 tháng năm 2026"]
    year = [list(row) for row in rows()]
    year[2] = ["Chỉ tiêu", "Mã số", "Quý III năm 2025", "9 tháng năm 2025"]
    year[4][2:] = [50, 150]
    table = shown(
        checked(rows()), past(checked(quarter, "2026-Q2")), past(checked(year, "2025-Q3"))
    )
    total = figure(table, "1")
    assert (total.previous, total.year_before) == ("60.5", "50")
    cumulative = figure(table, "1", 1)
    assert (cumulative.previous, cumulative.year_before) == (None, "150"), "nine months beside nine"


def test_of_several_that_were_accepted_the_last_stored_counts() -> None:
    def at(value: float) -> Past:
        sheet = [list(row) for row in rows()]
        sheet[2] = ["Chỉ tiêu", "Mã số", "Quý II năm 2026", "6 tháng năm 2026"]
        sheet[4][2] = value
        return past(checked(sheet, "2026-Q2"))

    assert figure(shown(checked(rows()), at(7), at(8)), "1").previous == "7"


def test_a_correction_shows_what_it_replaces_and_nothing_where_it_is_the_same() -> None:
    before = [list(row) for row in rows()]
    before[4][2], before[7][2] = 61, 20.5
    earlier = Earlier(1, 1, to_frame(checked(before).figures))
    table = shown(checked(rows()), replaced=earlier)
    assert (figure(table, "1").replaced, figure(table, "2").replaced) == ("61", None)
    gone = [list(row) for row in rows()]
    gone[8][2] = None
    assert figure(shown(checked(gone), replaced=earlier), "3a").replaced == "10", "it is blank now"
    assert Decimal(figure(table, "3").replaced or 0) == Decimal("20.5")


def test_what_can_not_be_read_has_no_table() -> None:
    found = check(FORM, b"PK\x03\x04", STATEMENT)
    assert drawn(FORM, STATEMENT, found.grids, found.report.findings) == ()
