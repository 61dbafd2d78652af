"""What a person does about an attempt: decides on a held one, takes it back, or has its figures verified.

The service that it concerns takes it, or says why not.
"""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.console.form import Show, Typed, Wish, hand_over, typed_of
from services.console.pages.submission import ANSWERS, attempt_of, show
from services.console.session import Person, Who

router = APIRouter(include_in_schema=False)
OUTCOMES = ("release", "withhold")
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
FINDING = re.compile(r"[0-9a-f]{16}")
MOST_CELLS = 100


@router.post("/submissions/{submission_id}/decisions")
async def decided(request: Request, who: Who, submission_id: UUID) -> Response:
    """Hands the decision to policy, and shows the attempt again."""
    typed = await typed_of(request)
    attempt, outcome = attempt_of(typed), typed["outcome"]
    wish: Wish | str = "decision.missing"
    if attempt and outcome in OUTCOMES and typed["reason"]:
        path = f"/v1/reviews/{submission_id}/{attempt}/decisions"
        body = typed.given("outcome", "reason", "document")
        wish = Wish("policy", path, body, _done(submission_id, attempt, outcome))
    show = _again(request, who, (submission_id, attempt), "decision")
    return await hand_over(request, who, typed, wish, show)


@router.post("/submissions/{submission_id}/withdrawal")
async def withdrawn(request: Request, who: Who, submission_id: UUID) -> Response:
    """Has policy take the attempt and all before it back, and shows it again."""
    typed = await typed_of(request)
    attempt = attempt_of(typed)
    wish: Wish | str = "withdrawal.missing"
    if attempt and typed["reason"]:
        path = f"/v1/submissions/{submission_id}/withdrawal"
        body = {"attempt": attempt} | typed.given("reason", "document")
        wish = Wish("policy", path, body, _done(submission_id, attempt, "withdrawn"))
    show = _again(request, who, (submission_id, attempt), "withdrawal")
    return await hand_over(request, who, typed, wish, show)


@router.post("/submissions/{submission_id}/answers")
async def answered(request: Request, who: Who, submission_id: UUID) -> Response:
    """Hands what is said about a finding to validation, and shows the attempt again."""
    typed = await typed_of(request)
    attempt, said, finding = attempt_of(typed), typed["decision"], typed["finding"]
    wish: Wish | str = "answering.missing"
    if attempt and said in ANSWERS and FINDING.fullmatch(finding) and typed["reason"]:
        path = f"/v1/submissions/{submission_id}/findings/{finding}"
        done = f"{_done(submission_id, attempt, said)}#findings"
        if said == "explained":
            where, body = f"{path}/explanations?attempt={attempt}", {"text": typed["reason"]}
        else:
            where, body = f"{path}/decisions?attempt={attempt}", {"decision": said}
            body |= typed.given("reason", "document")
        wish = Wish("validation", where, body, done)
    show = _again(request, who, (submission_id, attempt), "findings")
    return await hand_over(request, who, typed, wish, show)


@router.post("/submissions/{submission_id}/verifications")
async def doubted(request: Request, who: Who, submission_id: UUID) -> Response:
    """Has validation ask the room that verifies, and shows the attempt again."""
    typed = await typed_of(request)
    attempt = attempt_of(typed)
    show = _again(request, who, (submission_id, attempt), "verification")
    cells = [cell for cell in re.split(r"[\s,;]+", typed["cells"].upper()) if cell]
    wrong = [cell for cell in cells if not CELL.fullmatch(cell)]
    if not attempt or not typed["reason"]:
        return await hand_over(request, who, typed, "verification.missing", show)
    if wrong or len(cells) > MOST_CELLS:
        named = ", ".join(cell[:20] for cell in (wrong or cells)[:3])
        return await hand_over(request, who, typed, "verification.cells_wrong", show, cells=named)
    path = f"/v1/submissions/{submission_id}/verifications?attempt={attempt}"
    body = {"question": typed["reason"], "cells": cells}
    wish = Wish("validation", path, body, _done(submission_id, attempt, "asked"))
    return await hand_over(request, who, typed, wish, show)


def _done(submission: UUID, attempt: int, said: str) -> str:
    return f"/submissions/{submission}?attempt={attempt}&decided={said}"


def _again(request: Request, who: Person, which: tuple[UUID, int | None], part: str) -> Show:
    """The page of the attempt, with what was typed in this part of it."""

    async def again(typed: Typed, status: int) -> Response:
        number = which[0], which[1] or None
        return await show(request, who, number, typed={part: typed}, status=status)

    return again
