"""What stands under each reference of a form: submissions that were accepted before, read from validation's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from services.events.common import Head
from services.kernel import replica
from services.model.enumerations import Completeness
from services.model.period import Period, PeriodError
from services.model.rule import Reference, ReferencePeriod
from services.model.text import ModelError, read
from services.validation.checking.facts import Stored
from services.validation.reading.statement import Statement
from services.validation.store import AcceptedRow

_COMPLETENESS = list(Completeness)
"""From the least complete to the most."""
Beside = Callable[[AcceptedRow], bool]
"""Whether a check may use what was accepted."""


def under_references(
    session: Session,
    form: Mapping[str, Any],
    head: Head,
    beside: Beside,
) -> tuple[Stored, ...]:
    """What stands under each reference of the form; a reference that can't be read is for the check to name."""
    try:
        references = [read(Reference, reference) for reference in form.get("references", ())]
        period = Period.parse(head.period)
    except (ModelError, PeriodError):
        return ()
    stated = replace(head, form=form["id"])
    found = (_rows(session, each, stated, period, beside) for each in references)
    return tuple(
        stored
        for each, rows in zip(references, found, strict=True)
        for row in rows
        if (stored := _stored(session, each.name, row)) is not None
    )


def _rows(
    session: Session,
    reference: Reference,
    head: Head,
    period: Period,
    beside: Beside,
) -> Sequence[AcceptedRow]:
    """The most complete submission of each sender, in the order of their names."""
    wanted = _period(reference.period, period)
    if wanted is None:
        return ()
    conditions = [
        col(AcceptedRow.form) == (reference.form or head.form),
        col(AcceptedRow.area_list) == head.area_list,
        col(AcceptedRow.area) == head.area,
        col(AcceptedRow.period) == str(wanted),
        col(AcceptedRow.observations).is_not(None),
    ]
    if reference.sender == "own":
        conditions.append(col(AcceptedRow.sender) == head.sender)
    if reference.completeness is not None:
        conditions.append(col(AcceptedRow.completeness) == reference.completeness.value)
    order = (col(AcceptedRow.sender), col(AcceptedRow.submission_id))
    best: dict[str, AcceptedRow] = {}
    rows = session.exec(select(AcceptedRow).where(*conditions).order_by(*order))
    for row in filter(beside, rows):
        known = best.setdefault(row.sender, row)
        if _rank(row) > _rank(known):
            best[row.sender] = row
    return list(best.values())


def _rank(row: AcceptedRow) -> tuple[int, int]:
    return _COMPLETENESS.index(Completeness(row.completeness)), row.round


def _stored(session: Session, name: str, row: AcceptedRow) -> Stored | None:
    form = replica.get(session, "form", row.form, row.form_version)
    if form is None or row.observations is None:
        return None
    statement = Statement(
        row.area_list,
        row.area,
        Period.parse(row.period),
        Completeness(row.completeness),
        row.round,
    )
    return Stored(name, form.body, row.sender, statement, row.attempt, row.observations)


def _period(wanted: ReferencePeriod, period: Period) -> Period | None:
    match wanted:
        case ReferencePeriod.SAME:
            return period
        case ReferencePeriod.PREVIOUS:
            return period.previous()
        case ReferencePeriod.YEAR_BEFORE:
            return period.year_before()
