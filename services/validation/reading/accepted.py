"""What was accepted before, beside which rules hold a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from services.model.observation import Missing
from services.validation.reading.statement import Statement


@dataclass(frozen=True)
class AcceptedFigure:
    """One accepted figure; the two dates only where it covers less than its period."""

    indicator: str
    breakdown: str
    activity: str
    area: str
    period: str
    value: Decimal | None = field(repr=False)
    missing: Missing | None
    reference_start: date | None
    reference_end: date | None


@dataclass(frozen=True)
class Accepted:
    """The figures of one accepted submission, under the name of a reference.

    `form` is the body of the form in the version that they came with.
    """

    reference: str
    sender: str
    form: Mapping[str, Any]
    statement: Statement
    attempt: int
    figures: tuple[AcceptedFigure, ...]
