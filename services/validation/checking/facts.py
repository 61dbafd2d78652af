"""What a check works from, besides the workbook itself; compared by == before its outcome is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from services.kernel.errors import Permanent
from services.model.enumerations import Completeness
from services.model.observation import Missing, from_parquet
from services.model.rule import RuleKind
from services.validation.checks.plausibility import Past
from services.validation.checks.shrinking import Earlier
from services.validation.checks.supply import Supply
from services.validation.findings import Answer
from services.validation.reading.accepted import Accepted, AcceptedFigure
from services.validation.reading.statement import Statement

FIGURE = tuple(name for name in AcceptedFigure.__dataclass_fields__ if name != "missing")


@dataclass(frozen=True)
class Stored:
    """The figures of one stored submission under the name of a reference; `observations` as Parquet.

    `form` is the body of the form in the version that they came with.
    """

    reference: str
    form: Mapping[str, Any]
    sender: str
    statement: Statement
    attempt: int
    observations: bytes = field(repr=False)

    def accepted(self) -> Accepted:
        """The same as the rules take it; raises Permanent where the object is none of observations."""
        rows = _frame(self.observations).iter_rows(named=True)
        figures = tuple(
            AcceptedFigure(
                **{name: row[name] for name in FIGURE},
                missing=Missing(row["missing"]) if row["missing"] else None,
            )
            for row in rows
        )
        return Accepted(
            reference=self.reference,
            sender=self.sender,
            form=self.form,
            statement=self.statement,
            attempt=self.attempt,
            figures=figures,
        )


@dataclass(frozen=True)
class Replaced:
    """The attempt of the same submission that was stored last; `observations` as Parquet."""

    attempt: int
    form_version: int
    observations: bytes = field(repr=False)

    def earlier(self) -> Earlier:
        """The same as the check takes it; raises Permanent where the object is none of observations."""
        return Earlier(self.attempt, self.form_version, _frame(self.observations))


@dataclass(frozen=True)
class Kept:
    """The figures of another submission of the same sender, form and area that were stored last, as Parquet."""

    completeness: str
    round: int
    observations: bytes = field(repr=False)

    def past(self) -> Past:
        """The same as the check takes it; raises Permanent where the object is none of observations."""
        return Past(Completeness(self.completeness), self.round, _frame(self.observations))


@dataclass(frozen=True)
class Facts:
    """Bodies of the catalogue that a check needs: the form, None where it has none, and lists.

    `accepted` is what stands under the form's references, `answers` all that was answered to the submission's findings,
    `replaced` the attempt whose figures this one would replace, `supply` what the sender supplies by the catalogue.
    `history` only raises suspicions: what comes to it while a workbook is checked changes none.
    `salt` is new at each load, and so not compared: what is written with it is named by one event alone.
    """

    form: Mapping[str, Any] | None
    codelists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accepted: tuple[Stored, ...] = ()
    answers: tuple[Answer, ...] = ()
    replaced: Replaced | None = None
    supply: Supply | None = None
    history: tuple[Kept, ...] = field(default=(), compare=False)
    salt: bytes = field(default=b"", compare=False, repr=False)


def _frame(observations: bytes) -> pl.DataFrame:
    try:
        return from_parquet(observations)
    except (ValueError, PolarsError) as error:
        raise Permanent(f"accepted figures can't be read: {error}") from None


def codelists_of(form: Mapping[str, Any]) -> tuple[str, ...]:
    """The code lists that a form's body asks for: what `Facts.codelists` should hold."""
    rules = form.get("rules", ())
    return tuple(rule["expression"] for rule in rules if rule["kind"] == RuleKind.CODELIST)
