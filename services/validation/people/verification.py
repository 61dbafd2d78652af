"""What follows when a room doubts figures, and when it is answered: one more row, and the event that tells of it. Pure.

QĐ 1908/QĐ-TCTK, Điều 10.2: the rooms that use figures tell the collecting room what doesn't fit, and that room verifies
the microdata or the method by which they were expanded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from services.events.common import Head
from services.events.validation import VerificationChanged, VerificationState
from services.kernel.command import Refused, words_sha256
from services.kernel.events import Outcome, Row
from services.validation.people.refusals import Code
from services.validation.store import VerificationAnswerRow, VerificationRow
from services.validation.workbook import UnreadableWorkbook, open_workbook
from services.validation.workbook.address import place_of


class Result(StrEnum):
    """What was found: all is right, the sender must correct it, or the office's own processing is at fault."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    METHOD = "method"


@dataclass(frozen=True)
class Speaker:
    """Who asks or answers, and in which role."""

    person: str
    organisation: str
    role: str


@dataclass(frozen=True)
class Doubted:
    """The attempt that is doubted, and which rooms accept and verify it: None, the leadership."""

    head: Head
    room: str | None
    verifier: str | None


@dataclass(frozen=True)
class Verified:
    """What the verifying room found, in its words, and on which document that rests."""

    result: Result
    text: str
    document: str | None = None


def identity(head: Head, cells: tuple[str, ...], question: str) -> UUID:
    """Asked twice in the same words it is one question."""
    words = json.dumps([head.attempt, list(cells), question], ensure_ascii=False)
    return uuid5(UUID(head.submission_id), f"verification/{words}")


def beyond(original: bytes, cells: Iterable[str]) -> tuple[str, ...]:
    """The cells beyond all that stands on each sheet of a workbook; none of what is no workbook."""
    try:
        sheets = open_workbook(original).sheets
    except UnreadableWorkbook:
        return ()
    ends = [(len(one.rows), max(map(len, one.rows), default=0)) for one in sheets]
    return tuple(
        cell
        for cell in cells
        if (place := place_of(cell)) is None
        or not any(place[0] < rows and place[1] < columns for rows, columns in ends)
    )


def ask(
    doubted: Doubted, cells: tuple[str, ...], question: str, by: Speaker, at: datetime
) -> tuple[UUID, Outcome]:
    """The question's id, and what follows from it."""
    id_ = identity(doubted.head, cells, question)
    row: dict[str, Any] = {
        "verification_id": id_,
        "submission_id": UUID(doubted.head.submission_id),
        "attempt": doubted.head.attempt,
        "head": doubted.head,
        "room": doubted.room,
        "verifier": doubted.verifier,
        "cells": list(cells),
        "question": question,
        "person": by.person,
        "organisation": by.organisation,
        "role": by.role,
        "asked_at": at,
    }
    asked = VerificationRow(**row)
    event = _event(asked, VerificationState.ASKED, by, question, None, at)
    return id_, Outcome(events=(event,), rows=(Row(VerificationRow, row),))


def answer(
    asked: VerificationRow,
    before: VerificationAnswerRow | None,
    verified: Verified,
    by: Speaker,
    at: datetime,
) -> tuple[UUID, Outcome] | None:
    """The answer's id, and what follows from it; None where it repeats the one before. Raises Refused."""
    if by.person == asked.person:
        raise Refused(Code.OWN_QUESTION)
    if before is not None:
        said = (before.result, before.text, before.document, before.person)
        if said == (verified.result.value, verified.text, verified.document, by.person):
            return None
        raise Refused(Code.ANSWERED, result=before.result)
    row = {
        "verification_id": asked.verification_id,
        "result": verified.result.value,
        "text": verified.text,
        "document": verified.document,
        "person": by.person,
        "organisation": by.organisation,
        "role": by.role,
        "answered_at": at,
    }
    state = VerificationState(verified.result.value)
    event = _event(asked, state, by, verified.text, verified.document, at)
    outcome = Outcome(events=(event,), rows=(Row(VerificationAnswerRow, row),))
    return uuid5(asked.verification_id, "answer"), outcome


def _event(
    asked: VerificationRow,
    state: VerificationState,
    by: Speaker,
    text: str,
    document: str | None,
    at: datetime,
) -> VerificationChanged:
    """Who asked or answered about which cells. The text may hold figures: its SHA-256."""
    return VerificationChanged(
        head=asked.head,
        verification_id=str(asked.verification_id),
        state=state,
        cells=tuple(asked.cells),
        room=asked.room,
        verifier=asked.verifier,
        person=by.person,
        organisation=by.organisation,
        role=by.role,
        text=words_sha256(text),
        document=document,
        changed_at=at,
    )
