"""What the sender states about a submission, as far as the checks need it."""

from __future__ import annotations

from dataclasses import dataclass

from services.events.common import Head
from services.model.enumerations import Completeness
from services.model.form import Form
from services.model.period import Period
from services.model.statement import NilKind
from services.model.table import Span, Table


@dataclass(frozen=True)
class Statement:
    """Area, time and completeness of a submission; `nil` where it is meant to have no numbers, and why.

    `sections` are those of the form that it covers; none: all that its sender answers for.
    """

    area_list: str
    area: str
    period: Period
    completeness: Completeness
    round: int = 1
    nil: NilKind | None = None
    nil_reason: str = ""
    sections: frozenset[str] = frozenset()

    @classmethod
    def of(cls, head: Head, nil: str | None = None, sections: str = "") -> Statement:
        """The statement in the common head of the events, sections as they tell it; raises ValueError for a bad
        period.
        """
        return cls(
            area_list=head.area_list,
            area=head.area,
            period=Period.parse(head.period),
            completeness=Completeness(head.completeness),
            round=head.round,
            nil=NilKind(nil) if nil else None,
            sections=frozenset(sections.split(",") if sections else ()),
        )

    def period_of(self, span: Span) -> Period:
        """The period that a column of this span is about."""
        return self.period if span is Span.PERIOD else self.period.year_to_date()

    def periods(self, table: Table) -> dict[str, Period]:
        """The period of each column of a table."""
        return {column.id: self.period_of(column.span) for column in table.columns}

    def suits(self, form: Form) -> bool:
        """Whether the form is for periods of this length."""
        return self.period.frequency in form.frequencies
