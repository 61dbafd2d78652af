"""What a person does about an attempt: decides on a held one, takes it back, or has its figures verified.

The service that it concerns takes it, or says why not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.calls import Refused
from services.console.pages.submission import Typed, attempt_of, show
from services.console.security import form_of
from services.console.session import Person, person

router = APIRouter(include_in_schema=False)
Who = Annotated[Person, Depends(person)]
OUTCOMES = ("release", "withhold")
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
MOST_CELLS = 100


@router.post("/submissions/{submission_id}/decisions")
async def decided(request: Request, who: Who, submission_id: UUID) -> Response:
    """Hands the decision to policy, and shows the attempt again."""
    fields = await form_of(request)
    attempt, outcome, typed = attempt_of(fields), fields.get("outcome", ""), _typed(fields)
    if not attempt or outcome not in OUTCOMES or not typed.reason:
        return await _missing(request, who, (submission_id, attempt or None), "decision", typed)
    path = f"/v1/reviews/{submission_id}/{attempt}/decisions"
    body = {"outcome": outcome} | _words(typed)
    return await _done(
        request, who, (submission_id, attempt), "decision", typed, "policy", path, body, outcome
    )


@router.post("/submissions/{submission_id}/withdrawal")
async def withdrawn(request: Request, who: Who, submission_id: UUID) -> Response:
    """Has policy take the attempt and all before it back, and shows it again."""
    fields = await form_of(request)
    attempt, typed = attempt_of(fields), _typed(fields)
    if not attempt or not typed.reason:
        return await _missing(request, who, (submission_id, attempt or None), "withdrawal", typed)
    path = f"/v1/submissions/{submission_id}/withdrawal"
    body = {"attempt": attempt} | _words(typed)
    which = submission_id, attempt
    return await _done(request, who, which, "withdrawal", typed, "policy", path, body, "withdrawn")


@router.post("/submissions/{submission_id}/verifications")
async def doubted(request: Request, who: Who, submission_id: UUID) -> Response:
    """Has validation ask the room that verifies, and shows the attempt again."""
    fields = await form_of(request)
    attempt, cells_typed = attempt_of(fields), fields.get("cells", "").strip()
    typed = replace(_typed(fields), cells=cells_typed)
    which = submission_id, attempt or None
    if not attempt or not typed.reason:
        return await _missing(request, who, which, "verification", typed)
    cells = [one for one in re.split(r"[\s,;]+", cells_typed.upper()) if one]
    wrong = [one for one in cells if not CELL.fullmatch(one)]
    if wrong or len(cells) > MOST_CELLS:
        shown = ", ".join(one[:20] for one in (wrong or cells)[:3])
        return await _missing(
            request, who, which, "verification", typed, "cells_wrong", cells=shown
        )
    path = f"/v1/submissions/{submission_id}/verifications?attempt={attempt}"
    body = {"question": typed.reason, "cells": cells}
    which = submission_id, attempt
    return await _done(
        request, who, which, "verification", typed, "validation", path, body, "asked"
    )


def _typed(fields: Mapping[str, str]) -> Typed:
    return Typed(fields.get("reason", "").strip(), fields.get("document", "").strip())


def _words(typed: Typed) -> dict[str, Any]:
    document = {"document": typed.document} if typed.document else {}
    return {"reason": typed.reason} | document


async def _missing(
    request: Request, who: Person, which: tuple[UUID, int | None], part: str, typed: Typed,
    what: str = "missing", **values: str,
) -> Response:  # fmt: skip
    say = words.sayer(words.language_of(request))
    problem = say(f"{part}.{what}", **values), say(f"{part}.{what}.mend")
    return await show(request, who, which, typed={part: typed.refused(problem)}, status=422)


async def _done(
    request: Request, who: Person, which: tuple[UUID, int], part: str, typed: Typed,
    service: str, path: str, body: Mapping[str, Any], said: str,
) -> Response:  # fmt: skip
    """Asks the service; what was typed is never lost, whatever it answers."""
    try:
        await request.app.state.services.post(service, path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        refused = typed.refused(error.texts(words.language_of(request)))
        return await show(request, who, which, typed={part: refused}, status=error.status)
    return RedirectResponse(
        f"/submissions/{which[0]}?attempt={which[1]}&decided={said}#standing", 303
    )
