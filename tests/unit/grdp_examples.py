"""Cleared submissions with a few figures, for the tests of grdp."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from services.kernel.codec import codec
from services.kernel.events import Event, NewObject
from services.model.enumerations import Completeness
from services.model.observation import Measure, Missing, Observation, to_parquet
from tests.said import said

SUBMISSION = "7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c"
TIME = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def figures(values: Mapping[str, str | None], completeness: str = "estimate") -> list[Observation]:
    """A figure for each indicator; None is a figure that was not collected."""
    return [
        Observation(
            indicator_list="cv17809-1/1",
            indicator=indicator,
            area_list="63",
            area="11",
            period="2026-Q3",
            reference_start=None,
            reference_end=None,
            value=None if value is None else Decimal(value),
            missing=Missing.NOT_COLLECTED if value is None else None,
            completeness=Completeness(completeness),
            unit="VND",
            unit_multiplier=6,
            measure=Measure.FLOW,
            sheet="Biểu 1",
            cell=f"D{indicator}",
        )
        for indicator, value in values.items()
    ]


def parquet(*parts: Mapping[str, str | None], completeness: str = "estimate") -> bytes:
    """The observations object of all the parts."""
    return to_parquet(one for part in parts for one in figures(part, completeness))


def cleared(
    values: Mapping[str, str | None],
    *,
    attempt: int = 1,
    decision: int = 1,
    time: datetime = TIME,
    kind: str = "compilers",
    state: str = "granted",
    **head: Any,
) -> Event:
    """A `submission.cleared` whose observations are `parquet(values)`."""
    data: dict[str, Any] = {
        "submission_id": SUBMISSION, "attempt": attempt, "sender": "so-tai-chinh-dien-bien",
        "form": "cv17809-1", "form_version": 1, "area_list": "63", "area": "11",
        "period": "2026-Q3", "completeness": "estimate", "round": 1, "regime": "coordination",
        "classification": "internal", "province": "11", "catalogue_version": 1, **head,
    }  # fmt: skip
    content = parquet(values, completeness=data["completeness"])
    stored = NewObject(data["submission_id"], attempt, "observations", "application/x", content)
    release: dict[str, Any] = {
        "audience_kind": kind, "audience_id": "grdp", "state": state, "copy": "full",
        "object": None, "only": None, "flags": None, "not_before": None, "articles": [],
    }  # fmt: skip
    data |= {
        "decision": decision,
        "figures": len(values),
        "observations": vars(stored.reference()),
        "checked": ["classification"],
        "releases": [release],
    }
    id_ = data["submission_id"]
    encoded = codec().encode("submission.cleared-value", data)
    return Event(
        uuid4(),
        "submission.cleared",
        id_,
        said("submission.cleared", data),
        time,
        id_,
        "policy",
        None,
        encoded,
    )
