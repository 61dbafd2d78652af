"""Values with six decimals, and observations as Parquet."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.enumerations import Completeness
from services.model.observation import (
    SCHEMA,
    Measure,
    Missing,
    Observation,
    from_parquet,
    round_value,
    to_parquet,
)


@pytest.mark.parametrize(
    ("number", "value", "rounded"),
    [
        (1076723842.225285, "1076723842.225285", False),
        (685938771.5558832, "685938771.555883", True),
        (0.1, "0.100000", False),
        (100.0, "100.000000", False),
        (7, "7.000000", False),
        ("0.0000005", "0.000000", True),
        ("0.0000015", "0.000002", True),
        (1e-7, "0.000000", True),
        (-2.5, "-2.500000", False),
    ],
)
def test_rounds_half_to_even(number: float | int | str, value: str, rounded: bool) -> None:
    assert round_value(number) == (Decimal(value), rounded)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "x", "", 10**22, 1e300])
def test_what_does_not_fit_is_refused(number: float | str | int) -> None:
    with pytest.raises(ValueError, match="no "):
        round_value(number)


@given(st.decimals(-(10**21), 10**21, allow_nan=False, allow_infinity=False))
def test_rounding_moves_by_half_a_millionth_at_most(number: Decimal) -> None:
    value, rounded = round_value(number)
    assert abs(value - number) <= Decimal("0.0000005")
    assert rounded == (value != number)


def observation(value: Decimal | None, missing: Missing | None = None) -> Observation:
    return Observation(
        indicator_list="cv17809-1/1",
        indicator="1",
        area_list="63",
        area="11",
        period="2026-Q3",
        reference_start=None,
        reference_end=date(2026, 9, 30),
        value=value,
        completeness=Completeness.PRELIMINARY,
        unit="VND",
        unit_multiplier=6,
        measure=Measure.FLOW,
        sheet="Biểu 1",
        cell="C9",
        missing=missing,
    )


def test_parquet_reads_back_with_exact_values() -> None:
    rows = [
        observation(Decimal("9999999999999999999999.999999")),
        observation(None, Missing.NOT_COLLECTED),
    ]
    frame = from_parquet(to_parquet(rows))
    assert dict(frame.schema) == SCHEMA
    assert frame["value"].to_list() == [rows[0].value, None]
    assert frame["missing"].to_list() == [None, "not_collected"]
    assert frame["completeness"].unique().to_list() == ["preliminary"]


def test_no_rows_are_still_an_object() -> None:
    assert from_parquet(to_parquet([])).height == 0


def test_another_parquet_is_refused() -> None:
    import io

    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(buffer)
    with pytest.raises(ValueError, match="columns"):
        from_parquet(buffer.getvalue())
