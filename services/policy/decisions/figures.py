"""Which figure is asked for or released, and whether a submission of a form holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from services.events.common import Head
from services.events.policy import ReleasedFigure
from services.model.period import Period


@dataclass(frozen=True, order=True)
class Figure:
    """One figure of an indicator; `period` in the one SDMX spelling of its span."""

    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    completeness: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Figure:
        """From a command or an event; raises PeriodError where the period is none."""
        names = ("indicator_list", "indicator", "area_list", "area", "completeness")
        return cls(period=str(Period.parse(data["period"])), **{name: data[name] for name in names})

    @property
    def period_end(self) -> date:
        """The last day, which the period of the submission and the months since January have in common."""
        return Period.parse(self.period).end

    def named(self) -> ReleasedFigure:
        """How a release of a submission names it: the completeness is the submission's."""
        names = asdict(self)
        del names["completeness"]
        return ReleasedFigure(**names)


Reported = tuple[str, str, tuple[str, str] | None, str]
"""List, indicator, the area where the row has one of its own, and the span of time."""


def holds(form: Mapping[str, Any], head: Head, figure: Figure) -> bool:
    """Whether a submission of this form, with this head, is where the figure would stand."""
    return figure in figures_of(reported(form), head)


def figures_of(reported: Iterable[Reported], head: Head) -> Iterator[Figure]:
    """The figures that a submission with this head has a place for."""
    period = Period.parse(head.period)
    spans = {"period": str(period), "year_to_date": str(period.year_to_date())}
    own = (head.area_list, head.area)
    for list_, indicator, area, span in reported:
        area_list, code = area or own
        yield Figure(list_, indicator, area_list, code, spans[span], head.completeness)


def reports(form: Mapping[str, Any], figure: Figure) -> bool:
    """Whether the form has the figure's indicator."""
    wanted = (figure.indicator_list, figure.indicator)
    return any(indicator[:2] == wanted for indicator in reported(form))


def indicators(form: Mapping[str, Any]) -> frozenset[str]:
    """The codes of all indicators that the form asks for."""
    return frozenset(indicator[1] for indicator in reported(form))


def reported(form: Mapping[str, Any]) -> Iterator[Reported]:
    """What the form asks for."""
    return (indicator for table in form["tables"] for indicator in _of(form, table))


def _of(form: Mapping[str, Any], table: Mapping[str, Any]) -> Iterator[Reported]:
    list_ = table.get("indicator_list") or f"{form['id']}/{form['version']}"
    if table["kind"] == "records":
        for aggregate in table["aggregates"]:
            yield list_, aggregate["indicator"], None, "period"
        return
    columns = [column for column in table["columns"] if column["role"] == "value"]
    for row in table["rows"]:
        area = (row["area_list"], row["area"]) if row.get("area_list") and row.get("area") else None
        for column in columns:
            indicator = row["code"] if table["indicators"] == "rows" else column["id"]
            yield list_, indicator, area, column["span"]
