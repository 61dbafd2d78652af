"""What follows when somebody answers to a finding: one more answer, and the event that tells of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.events.common import Head
from services.events.validation import AnswerKind, FindingAnswered
from services.kernel.command import Refused, words_sha256
from services.kernel.events import Outcome, Row
from services.model.enumerations import Severity
from services.validation.checking.answers import may_be_downgraded
from services.validation.findings import Answer
from services.validation.people.refusals import Code
from services.validation.store import AnswerRow

CELLS_LISTED = 100


@dataclass(frozen=True)
class Wish:
    """What a person, or a sender's program, answers to the finding with this id."""

    finding: str
    kind: AnswerKind
    person: str
    organisation: str
    role: str
    text: str
    document: str | None = None


@dataclass(frozen=True)
class Known:
    """The attempt whose finding it is, that finding as its report has it, and what was answered to the submission.

    `content` is the SHA-256 of the attempt's workbook, `room` the one that is responsible: None, the leadership.
    """

    head: Head
    content: str
    finding: Mapping[str, Any]
    room: str | None
    answers: tuple[Answer, ...]


def answer(wish: Wish, known: Known, at: datetime) -> tuple[UUID, Outcome] | None:
    """The answer's id and what follows from it; None where it repeats the last one of that person. Raises Refused."""
    _check(wish, known)
    made = Answer(
        finding=wish.finding,
        kind=wish.kind,
        attempt=known.head.attempt,
        content=known.content,
        person=wish.person,
        organisation=wish.organisation,
        role=wish.role,
        text=wish.text,
        document=wish.document,
        at=at,
    )
    if _is_repeated(made, known.answers):
        return None
    submission, number = UUID(known.head.submission_id), len(known.answers) + 1
    id_ = uuid5(submission, f"answer/{number}")
    values = {
        "answer_id": id_,
        "submission_id": submission,
        "number": number,
        "answered_at": at,
        "kind": made.kind.value,
        **{name: getattr(made, name) for name in _COPIED},
    }
    return id_, Outcome(events=(_event(id_, made, known),), rows=(Row(AnswerRow, values),))


_COPIED = (
    "finding", "attempt", "content", "person", "organisation", "role", "text", "document",
)  # fmt: skip


def _check(wish: Wish, known: Known) -> None:
    """Raises Refused for what may not be answered so."""
    if wish.kind is AnswerKind.EXPLAINED:
        return
    if wish.organisation == known.head.sender:
        raise Refused(Code.OWN_SUBMISSION)
    severity = known.finding["severity"]
    if wish.kind is AnswerKind.ACCEPTED and severity != Severity.WARNING:
        raise Refused(Code.NOT_WARNING, severity=severity)
    if wish.kind is AnswerKind.DOWNGRADED:
        if severity != Severity.ERROR:
            raise Refused(Code.NOT_ERROR, severity=severity)
        if not may_be_downgraded(known.finding["code"], known.finding["rule"]):
            raise Refused(Code.NOT_DOWNGRADABLE, finding=known.finding["code"])


def _is_repeated(made: Answer, answers: tuple[Answer, ...]) -> bool:
    """Whether the last answer to this finding says the same: it was sent again, because the first reply got lost."""
    before = [answer for answer in answers if answer.finding == made.finding]
    return bool(before) and all(
        getattr(before[-1], name) == getattr(made, name) for name in ("kind", *_COPIED)
    )


def _event(id_: UUID, made: Answer, known: Known) -> FindingAnswered:
    """What the topic says: who answered what to which cells. The text may hold figures: its SHA-256."""
    return FindingAnswered(
        head=known.head,
        answer_id=str(id_),
        finding=made.finding,
        code=known.finding["code"],
        rule=known.finding["rule"],
        cells=tuple(known.finding["cells"][:CELLS_LISTED]),
        kind=made.kind,
        person=made.person,
        organisation=made.organisation,
        role=made.role,
        room=known.room,
        content=made.content,
        text=words_sha256(made.text),
        document=made.document,
        answered_at=made.at,
    )
