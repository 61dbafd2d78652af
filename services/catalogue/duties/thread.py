"""What was asked about a duty or a figure of it, and answered: one thread between its supplier and the office. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.model.enumerations import CoordinationChannel


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A question, which may be about a row or a column of the form; or an answer to what was asked before."""

    at: datetime
    organisation: str
    is_answer: bool
    words: str
    row: str | None
    column: str | None
    document: str | None
    channel: CoordinationChannel


def unanswered(thread: Iterable[Remark]) -> list[Remark]:
    """The questions since which nobody of another organisation has answered: one answer answers all that it was asked.

    By the organisations and not by who owes it now: the office still has to answer what one asked that has ended since.
    """
    found: list[Remark] = []
    for one in thread:
        if one.is_answer:
            found = [asked for asked in found if asked.organisation == one.organisation]
        else:
            found.append(one)
    return found


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
