"""What was asked about a duty or a figure of it, and answered: one thread between its supplier and the office. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.model.enumerations import CoordinationChannel


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A question, which may be about a row or a column of the form; or an answer to what was asked before. `supplier`
    owed the duty then: what it and the office say to each other is no successor's. `answers` is the question that an
    answer names; None of what was said before that was kept, and of questions.
    """

    id: UUID
    at: datetime
    organisation: str
    supplier: str
    is_answer: bool
    words: str
    row: str | None
    column: str | None
    document: str | None
    channel: CoordinationChannel
    answers: UUID | None = None


def unanswered(thread: Iterable[Remark]) -> list[Remark]:
    """The questions that nobody of another organisation has answered. An answer that names none answers all that it was
    asked until then, a supplier's those of the office to itself.

    By the organisations and not by who owes it now: the office still has to answer what one asked that has ended since.
    """
    found: list[Remark] = []
    for one in thread:
        if one.is_answer:
            found = [asked for asked in found if not _answers(one, asked)]
        else:
            found.append(one)
    return found


def _answers(answer: Remark, asked: Remark) -> bool:
    if answer.organisation == asked.organisation:
        return False
    if answer.answers is not None:
        return answer.answers == asked.id
    return answer.organisation != answer.supplier or asked.supplier in ("", answer.supplier)


def of(thread: Iterable[Remark], supplier: str) -> tuple[Remark, ...]:
    """What was said between the office and one supplier, of a duty that others may have owed before."""
    return tuple(one for one in thread if one.supplier in ("", supplier))


def has_cell(form: Mapping[str, Any], row: str | None, column: str | None) -> bool:
    """Whether a table of a form's body has both, as far as they are named: a row by its code, or by the indicator that
    records add up to; a column by its id.
    """
    return any(
        row in (None, *_codes(table, "rows", "code"), *_codes(table, "aggregates", "indicator"))
        and column in (None, *_codes(table, "columns", "id"))
        for table in form["tables"]
    )


def _codes(table: Mapping[str, Any], part: str, name: str) -> list[str]:
    return [one[name] for one in table.get(part, ())]
