"""What the API answers, as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

OBSERVATION_EXAMPLE: dict[str, Any] = {
    "key_id": "0b9c6a52-6c9b-5b0e-a6a3-0d8f7e4f3c21",
    "indicator_list": "cv17809-1/1",
    "indicator": "1",
    "area_list": "63",
    "area": "11",
    "activity_list": "",
    "activity": "",
    "breakdown": "",
    "unit": "VND",
    "unit_multiplier": 6,
    "measure": "flow",
    "prices": "current",
    "base_year": None,
    "scenario": "actual",
    "period": "2026-Q3",
    "completeness": "estimate",
    "round": 1,
    "sender": "so-tai-chinh-dien-bien",
    "form": "cv17809-1",
    "revision": 1,
    "value": "1523410.250000",
    "missing": None,
    "reference_start": None,
    "reference_end": None,
    "obs_status": "A",
    "conf_status": "F",
    "conf_redist": "",
    "embargo_time": None,
    "obs_comment": None,
    "known_from": "2026-11-23T12:00:00.123456Z",
    "submission_id": "7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c",
    "attempt": 1,
    "sheet": "Biểu 1",
    "cell": "D9",
    "rounded": False,
}


class Observation(BaseModel):
    """One figure. Value: a decimal as text, exact, times 10^unit_multiplier units."""

    model_config = ConfigDict(json_schema_extra={"examples": [OBSERVATION_EXAMPLE]})

    key_id: UUID
    indicator_list: str
    indicator: str
    area_list: str
    area: str
    activity_list: str
    activity: str
    breakdown: str
    unit: str
    unit_multiplier: int
    measure: str
    prices: str
    base_year: int | None
    scenario: str
    period: str
    completeness: str
    round: int
    sender: str
    form: str
    revision: int
    value: Decimal | None = Field(description="Exact; null where `missing` says why.")
    missing: str | None
    reference_start: date | None
    reference_end: date | None
    obs_status: str
    conf_status: str
    conf_redist: str
    embargo_time: datetime | None
    obs_comment: str | None
    known_from: datetime
    submission_id: str
    attempt: int
    sheet: str
    cell: str
    rounded: bool


class Page(BaseModel):
    """Figures as of one time. `next` is the cursor of the next page, null on the last.

    `note` tells those to whom figures are granted one by one what to do where there are none.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-11-23T12:00:00.123456Z",
                    "observations": [OBSERVATION_EXAMPLE],
                    "next": None,
                    "note": None,
                }
            ]
        }
    )

    as_of: datetime
    observations: list[Observation]
    next: str | None
    note: dict[str, str] | None = None


class Digest(BaseModel):
    """What a `submission.stored` commits to: `digest` is over the salt and the figures (services/grdp/identity.py)."""

    attempt: int
    decision: int
    salt: str = Field(description="Hexadecimal.")
    digest: str = Field(description="SHA-256, hexadecimal; the event has the same.")


class Digests(BaseModel):
    """The digests of a submission, by decision; empty where it is unknown or nothing was stored."""

    digests: list[Digest]


class Figures(BaseModel):
    """stored: of all attempts; current: valid now; withdrawn: keys whose last state is gone."""

    stored: int
    current: int
    withdrawn: int


class Totals(BaseModel):
    """Counts for reconciliation; attempts by state: current, superseded, unreleased, withdrawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "submissions": 8,
                    "attempts": {"current": 8, "superseded": 1},
                    "figures": {"stored": 951, "current": 857, "withdrawn": 0},
                }
            ]
        }
    )

    submissions: int
    attempts: dict[str, int]
    figures: Figures
