"""An act about a duty: what people say of it, as a value and as a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from services.catalogue.duties.store import ActRow
from services.catalogue.duties.terms import Announced, Declined, Granted, Requested
from services.catalogue.duties.thread import Remark
from services.kernel.command import Act
from services.kernel.mapping import Mapped
from services.model.enumerations import CoordinationChannel


class Change(StrEnum):
    """What is said."""

    EXTENDED = "extended"
    EXCUSED = "excused"
    REFUSED = "extension_refused"
    ANNOUNCED = "announced_late"
    REQUESTED = "extension_requested"
    DIFFICULTY = "difficulty_reported"
    """In writing, to the statistics office (R31: QĐ 1618/QĐ-UBND, Điều 10 khoản 3)."""
    FORWARDED = "difficulty_forwarded"
    """By the office to the People's Committee, by the document that is named."""
    QUESTION = "question"
    """To the other side: the room's to the supplier, or the supplier's to the office (QĐ 1908/QĐ-TCTK, Điều 10.3)."""
    ANSWER = "answer"
    SUPPLIED = "supplied"
    """By the room that owes it, by the document that is named; a later one replaces it, or corrects it."""
    RETRACTED = "supply_retracted"
    """What was said of it before was wrong."""


OF_REPORTS = frozenset({Change.SUPPLIED, Change.RETRACTED})
"""What the room that owes a report says; no submission meets it."""


@dataclass(frozen=True, kw_only=True)
class Said(Act):
    """One act about a duty, which `supplier` owed then. `until` is the first moment that is late from then on, of a
    report the end of the document's day; None for what moves no term. A question may be about a `row` and a `column`;
    an answer `answers` one.
    """

    id: UUID
    duty: UUID
    change: Change
    until: datetime | None
    organisation: str
    supplier: str
    at: datetime
    channel: CoordinationChannel = CoordinationChannel.SYSTEM
    row: str | None = None
    column: str | None = None
    answers: UUID | None = None

    def says_the_same_as(self, other: Said) -> bool:
        """Whether they are the same words of the same person; who named no question names that of before."""
        answers = self.answers or other.answers
        return replace(self, id=other.id, at=other.at, answers=answers) == other

    @property
    def granted(self) -> Granted | None:
        """What the office granted by it; None for the supplier's words."""
        if self.change not in (Change.EXTENDED, Change.EXCUSED):
            return None
        return Granted(
            at=self.at,
            reason=self.reason,
            late_from=self.until,
            is_excused=self.change is Change.EXCUSED,
            document=self.document,
            supplier=self.supplier,
        )

    @property
    def declined(self) -> Declined | None:
        """That the office gives no more time; None for anything else."""
        if self.change is not Change.REFUSED:
            return None
        return Declined(self.at, self.reason, self.document)

    @property
    def announced(self) -> Announced | None:
        """What the supplier announced; None for what the office granted."""
        if self.change is not Change.ANNOUNCED or self.until is None:
            return None
        return Announced(self.at, self.until)

    @property
    def requested(self) -> Requested | None:
        """The time that the supplier asked for; None for what is no request."""
        if self.change is not Change.REQUESTED or self.until is None:
            return None
        return Requested(self.at, self.until, self.reason)

    @property
    def remark(self) -> Remark | None:
        """The question or the answer that it is; None for anything else."""
        if self.change not in ASKED:
            return None
        return Remark(
            id=self.id,
            at=self.at,
            organisation=self.organisation,
            supplier=self.supplier,
            is_answer=self.change is Change.ANSWER,
            words=self.reason,
            row=self.row,
            column=self.column,
            document=self.document,
            channel=self.channel,
            answers=self.answers,
        )


ASKED = frozenset({Change.QUESTION, Change.ANSWER})
"""What moves nothing, and may go on once a duty is met."""
ACTS = Mapped(Said, ActRow)


def said_by(row: ActRow) -> Said:
    """Back from a row."""
    return replace(
        ACTS.of(row), change=Change(row.change), channel=CoordinationChannel(row.channel)
    )


def id_of(wish: Said, after: Said | None) -> UUID:
    """The same for the same words of the same person, said after the same."""
    parts = (wish.change, wish.until, wish.person, wish.reason, wish.document, wish.channel)
    words = "\n".join(str(part) for part in (*parts, wish.row, wish.column, wish.answers))
    return uuid5(after.id if after else wish.duty, words)
