"""What a check works from, besides the workbook itself; compared by == before its outcome is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from polars.exceptions import PolarsError

from services.kernel.errors import Permanent
from services.model.observation import Missing, from_parquet
from services.model.rule import RuleKind
from services.validation.accepted import Accepted, AcceptedFigure
from services.validation.findings import Answer
from services.validation.statement import Statement

FIGURE = tuple(name for name in AcceptedFigure.__dataclass_fields__ if name != "missing")


@dataclass(frozen=True)
class Stored:
    """The figures of one stored submission under the name of a reference; `observations` as Parquet.

    `form` is the body of the form in the version that they came with, `head` what they were stated as.
    """

    reference: str
    form: Mapping[str, Any]
    head: Mapping[str, Any]
    attempt: int
    observations: bytes = field(repr=False)

    def accepted(self) -> Accepted:
        """The same as the rules take it; raises Permanent where the object is none of observations."""
        try:
            rows = from_parquet(self.observations).iter_rows(named=True)
        except (ValueError, PolarsError) as error:
            raise Permanent(f"accepted figures can't be read: {error}") from None
        figures = tuple(
            AcceptedFigure(
                **{name: row[name] for name in FIGURE},
                missing=Missing(row["missing"]) if row["missing"] else None,
            )
            for row in rows
        )
        return Accepted(
            reference=self.reference,
            sender=self.head["sender"],
            form=self.form,
            statement=Statement.from_head(self.head),
            attempt=self.attempt,
            figures=figures,
        )


@dataclass(frozen=True)
class Facts:
    """Bodies of the catalogue that a check needs: the form, None where it has none, and lists.

    `accepted` is what stands under the form's references, `answers` all that was answered to the submission's findings.
    `salt` is new at each load, and so not compared: what is written with it is named by one event alone.
    """

    form: Mapping[str, Any] | None
    codelists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accepted: tuple[Stored, ...] = ()
    answers: tuple[Answer, ...] = ()
    salt: bytes = field(default=b"", compare=False, repr=False)


def codelists_of(form: Mapping[str, Any]) -> tuple[str, ...]:
    """The code lists that a form's body asks for: what `Facts.codelists` should hold."""
    rules = form.get("rules", ())
    return tuple(rule["expression"] for rule in rules if rule["kind"] == RuleKind.CODELIST)
