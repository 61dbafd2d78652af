"""SDMX time periods and ranges."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.period import Frequency, Period, PeriodError


@pytest.mark.parametrize(
    ("text", "start", "end", "frequency"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), Frequency.YEAR),
        ("2026-S1", date(2026, 1, 1), date(2026, 6, 30), Frequency.HALF_YEAR),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), Frequency.QUARTER),
        ("2026-M02", date(2026, 2, 1), date(2026, 2, 28), Frequency.MONTH),
        ("2028-M02", date(2028, 2, 1), date(2028, 2, 29), Frequency.MONTH),
        ("2026-11-20", date(2026, 11, 20), date(2026, 11, 20), Frequency.DAY),
        ("2026-01-01/P9M", date(2026, 1, 1), date(2026, 9, 30), Frequency.RANGE),
        ("2026-10-01/P51D", date(2026, 10, 1), date(2026, 11, 20), Frequency.RANGE),
    ],
)
def test_reads_and_writes(text: str, start: date, end: date, frequency: Frequency) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, period.frequency) == (start, end, frequency)
    assert str(period) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026-01-01/P3M", "2026-Q1"),
        ("2026-01-01/P1Y", "2026"),
        ("2026-07-01/P6M", "2026-S2"),
        ("2026-A1", "2026"),
        ("2026-03-01/P31D", "2026-M03"),
        ("0001-01-01/P9998Y", "0001-01-01/P119976M"),
    ],
)
def test_a_span_has_one_name(text: str, name: str) -> None:
    assert str(Period.parse(text)) == name == str(Period.parse(name))


@pytest.mark.parametrize(
    "text",
    ["", "2026-Q5", "2026-M13", "quý 3", "2026-02-30", "2026-01-01/P0M", "0000", "9999-12-01/P2M",
     "2026-01-31/P1M", "2026-Q3 ", "2026-01-01/P9X", "9999-12-31",
     "２０２６-Q4", "2026-1２-01"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError) as refused:
        Period.parse(text)
    assert repr(text) in str(refused.value)


def test_since_the_start_of_the_year() -> None:
    assert str(Period.parse("2026-Q3").year_to_date()) == "2026-01-01/P9M"
    assert str(Period.parse("2026-Q4").year_to_date()) == "2026"


def test_nearby_periods_leave_itself_out() -> None:
    names = [str(one) for one in Period.parse("2026-Q3").nearby()]
    assert len(names) == 11
    assert "2026-Q3" not in names
    assert names[0] == "2026-Q1"


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(1, 4000))
def test_every_span_reads_back(start: date, days: int) -> None:
    period = Period.parse(f"{start.isoformat()}/P{days}D")
    assert Period.parse(str(period)) == period
    assert (period.end - period.start).days == days - 1


@pytest.mark.parametrize(
    ("period", "previous", "year_before"),
    [
        ("2026-Q1", "2025-Q4", "2025-Q1"),
        ("2026-Q3", "2026-Q2", "2025-Q3"),
        ("2026-M01", "2025-M12", "2025-M01"),
        ("2024-M02", "2024-M01", "2023-M02"),
        ("2026", "2025", "2025"),
        ("2026-S2", "2026-S1", "2025-S2"),
        ("2026-01-01/P9M", "2025-04-01/P9M", "2025-01-01/P9M"),
        ("2026-11-20", "2026-11-19", "2025-11-20"),
        ("2024-02-29", "2024-02-28", None),
        ("2026-03-01/P10D", "2026-02-19/P10D", "2025-03-01/P10D"),
        ("0001", None, None),
    ],
)
def test_the_periods_before(period: str, previous: str | None, year_before: str | None) -> None:
    one = Period.parse(period)
    found = (one.previous(), one.year_before())
    assert found == tuple(Period.parse(text) if text else None for text in (previous, year_before))
