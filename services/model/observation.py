"""A figure as the product keeps it: one row, SDMX-shaped, and its Parquet form.

The columns are those of design 6. `value` is a decimal with 6 places; where it is null, `missing`
says why ("nil", the printed "-", is 0 with that mark).
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum

import polars as pl

from services.model.enumerations import Completeness

PLACES = 6
DIGITS = 28
_QUANTUM = Decimal(1).scaleb(-PLACES)
_EXACT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)


class Measure(StrEnum):
    """What kind of quantity a figure is."""

    FLOW = "flow"
    STOCK = "stock"
    RATIO = "ratio"
    INDEX = "index"


class Prices(StrEnum):
    """At which prices a figure of money is."""

    CURRENT = "current"
    CONSTANT = "constant"
    NOT_APPLICABLE = "not_applicable"


class Scenario(StrEnum):
    """What was, or what is planned."""

    ACTUAL = "actual"
    PLAN = "plan"


class Missing(StrEnum):
    """Why a printed cell holds no number: "-", "..." and "x"."""

    NIL = "nil"
    NOT_COLLECTED = "not_collected"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure with its series key, time, value, status and the cell that it comes from."""

    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    reference_start: date | None
    reference_end: date | None
    value: Decimal | None
    completeness: Completeness
    unit: str
    unit_multiplier: int
    measure: Measure
    sheet: str
    cell: str
    missing: Missing | None = None
    rounded: bool = False
    activity_list: str = ""
    activity: str = ""
    breakdown: str = ""
    prices: Prices = Prices.NOT_APPLICABLE
    base_year: int | None = None
    scenario: Scenario = Scenario.ACTUAL
    round: int = 1
    obs_status: str = "A"
    conf_status: str = "F"
    conf_redist: str = ""
    embargo_time: datetime | None = None
    obs_comment: str = ""

    def key(self) -> tuple[str | int | None, ...]:
        """What makes two figures the same one: series, period and completeness."""
        return tuple(getattr(self, name) for name in KEY)


SCHEMA: dict[str, pl.DataType] = {
    "indicator_list": pl.String(),
    "indicator": pl.String(),
    "area_list": pl.String(),
    "area": pl.String(),
    "activity_list": pl.String(),
    "activity": pl.String(),
    "breakdown": pl.String(),
    "unit": pl.String(),
    "unit_multiplier": pl.Int32(),
    "measure": pl.String(),
    "prices": pl.String(),
    "base_year": pl.Int32(),
    "scenario": pl.String(),
    "period": pl.String(),
    "reference_start": pl.Date(),
    "reference_end": pl.Date(),
    "value": pl.Decimal(DIGITS, PLACES),
    "missing": pl.String(),
    "completeness": pl.String(),
    "round": pl.Int32(),
    "obs_status": pl.String(),
    "conf_status": pl.String(),
    "conf_redist": pl.String(),
    "embargo_time": pl.Datetime("us", "UTC"),
    "obs_comment": pl.String(),
    "sheet": pl.String(),
    "cell": pl.String(),
    "rounded": pl.Boolean(),
}
"""Columns of the observations object, in their order."""

KEY = (*list(SCHEMA)[:14], "completeness", "round")


def round_value(number: float | int | str | Decimal) -> tuple[Decimal, bool]:
    """A cell's number as a decimal of 6 places, half to even, and whether digits were lost.

    A float counts as the shortest decimal that reads back as it, which is what a spreadsheet
    shows. Raises ValueError for what is no finite number or has more than 22 digits before the
    decimal point.
    """
    text = repr(number) if isinstance(number, float) else str(number)
    try:
        exact = Decimal(text)
        value = exact.quantize(_QUANTUM, context=_EXACT)
    except InvalidOperation:
        raise ValueError(
            f"no number of at most {DIGITS - PLACES} digits before the point"
        ) from None
    if not value.is_finite():
        raise ValueError("no finite number")
    return value, value != exact


def to_frame(observations: Iterable[Observation]) -> pl.DataFrame:
    """The observations as a frame with the columns of SCHEMA."""
    rows = list(observations)
    return pl.DataFrame(
        {name: [getattr(row, name) for row in rows] for name in SCHEMA}, schema=SCHEMA
    )


def to_parquet(observations: Iterable[Observation]) -> bytes:
    """The observations object: Parquet (zstd) with the columns of SCHEMA."""
    buffer = io.BytesIO()
    to_frame(observations).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def from_parquet(content: bytes) -> pl.DataFrame:
    """The observations object as a frame; raises ValueError where its columns are not SCHEMA."""
    frame = pl.read_parquet(io.BytesIO(content))
    if dict(frame.schema) != SCHEMA:
        raise ValueError("these are not the columns of an observations object")
    return frame
