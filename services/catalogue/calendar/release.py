"""The act of publishing a figure of the indicator system, which ends its embargo. Pure.

An embargo ends by this act alone, never because a day has come (Luật Thống kê 89/2015/QH13, Điều 10 khoản 1 điểm e).
"""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.catalogue.entry import EntryKind, Flaw, Refused
from services.events.catalogue import CalendarReleased
from services.model.enumerations import Completeness
from services.model.period import Period, PeriodError
from services.model.regulation import VIETNAM

NAMESPACE = uuid5(NAMESPACE_URL, "urn:solieu:calendar.released")


@dataclass(frozen=True)
class Figure:
    """What is published."""

    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    completeness: Completeness


@dataclass(frozen=True)
class Document:
    """The document that publishes it."""

    number: str
    date: date


@dataclass(frozen=True)
class Release:
    """One act: which figure, by which document, who released it here, and when."""

    id: UUID
    figure: Figure
    document: Document
    person: str
    released_at: datetime

    def event(self) -> CalendarReleased:
        """The event that tells of it."""
        return CalendarReleased(
            release_id=str(self.id),
            **vars(self.figure),
            document_number=self.document.number,
            document_date=self.document.date,
            person=self.person,
            released_at=self.released_at,
        )


@dataclass(frozen=True)
class Facts:
    """The codes of the two lists that an act names; None for a list that the catalogue doesn't have."""

    indicators: Container[str] | None
    areas: Container[str] | None


def decide(figure: Figure, document: Document, facts: Facts, person: str, now: datetime) -> Release:
    """The act. The same figure and document give the same id, whoever says it and whenever.

    Raises Refused with all that is wrong: a name that is misspelt would release nothing, and nobody would notice.
    """
    flaws = [
        *_unknown("indicator", figure.indicator_list, figure.indicator, facts.indicators),
        *_unknown("area", figure.area_list, figure.area, facts.areas),
    ]
    try:
        period = Period.parse(figure.period)
    except PeriodError:
        raise Refused([*flaws, Flaw("period", "period", {"period": figure.period})]) from None
    today = now.astimezone(VIETNAM).date()
    if document.date > today:
        flaws.append(Flaw("document_date", "document-date", {"date": document.date.isoformat()}))
    if flaws:
        raise Refused(flaws)
    figure = Figure(**{**vars(figure), "period": str(period)})
    return Release(_id(figure, document), figure, document, person, now)


def _id(figure: Figure, document: Document) -> UUID:
    parts = [*vars(figure).values(), document.number, document.date.isoformat()]
    return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False, separators=(",", ":")))


def _unknown(field: str, list_: str, code: str, codes: Container[str] | None) -> list[Flaw]:
    if codes is None:
        values = {"kind": EntryKind.CODELIST.value, "id": list_}
        return [Flaw(f"{field}_list", "reference", values)]
    if code not in codes:
        return [Flaw(field, "code", {"code": code, "list": list_})]
    return []
