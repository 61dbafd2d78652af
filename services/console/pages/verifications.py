"""Figures in doubt: a room asks about those of a submission, and the room that verifies says what it found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.calls import Refused
from services.console.pages.submission import Typed, attempt_of, show
from services.console.rendering import page
from services.console.security import form_of
from services.console.session import Person, person
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)
Who = Annotated[Person, Depends(person)]
RESULTS = ("confirmed", "wrong", "method")
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
MOST_CELLS = 100


@router.post("/submissions/{submission_id}/verifications")
async def asked(request: Request, who: Who, submission_id: UUID) -> Response:
    """Hands the question to validation, and shows the submission again; what was typed is never lost."""
    fields = await form_of(request)
    attempt = attempt_of(fields)
    typed = Typed(fields.get("reason", "").strip(), cells=fields.get("cells", "").strip())
    cells = [one for one in re.split(r"[\s,;]+", typed.cells.upper()) if one]
    wrong = [one for one in cells if not CELL.fullmatch(one)]
    say = words.sayer(words.language_of(request))
    problem = None
    if not attempt or not typed.reason:
        problem = say("verification.missing"), say("verification.missing.mend")
    elif wrong or len(cells) > MOST_CELLS:
        shown = ", ".join(one[:20] for one in (wrong or cells)[:3])
        problem = say("verification.cells.wrong", cells=shown), say("verification.cells.mend")
    if problem:
        refused = {"verification": typed.refused(problem)}
        return await show(request, who, (submission_id, attempt or None), typed=refused, status=422)
    path = f"/v1/submissions/{submission_id}/verifications?attempt={attempt}"
    try:
        body = {"question": typed.reason, "cells": cells}
        await request.app.state.services.post("validation", path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        refused = {"verification": typed.refused(error.texts(words.language_of(request)))}
        return await show(
            request, who, (submission_id, attempt), typed=refused, status=error.status
        )
    return RedirectResponse(
        f"/submissions/{submission_id}?attempt={attempt}&decided=asked#verifications", 303
    )


@router.get("/xac-minh", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, answered: str = "") -> Response:
    """What waits to be verified, then what was found; the newest first."""
    return await _shown(request, who, answered=answered if answered in RESULTS else "")


@router.post("/xac-minh/{verification}/tra-loi")
async def answered(request: Request, who: Who, verification: UUID) -> Response:
    """Hands what was found to validation, and shows the questions again."""
    fields = await form_of(request)
    result = fields.get("result", "")
    typed = Typed(fields.get("reason", "").strip(), fields.get("document", "").strip())
    if result not in RESULTS or not typed.reason:
        say = words.sayer(words.language_of(request))
        missing = typed.refused((say("verification.unsaid"), say("verification.unsaid.mend")))
        return await _shown(request, who, {str(verification): missing}, status=422)
    body = {"result": result, "text": typed.reason}
    body |= {"document": typed.document} if typed.document else {}
    try:
        path = f"/v1/verifications/{verification}/answers"
        await request.app.state.services.post("validation", path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        refused = typed.refused(error.texts(words.language_of(request)))
        return await _shown(request, who, {str(verification): refused}, status=error.status)
    return RedirectResponse(f"/xac-minh?answered={result}", 303)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    answered: str = "",
    status: int = 200,
) -> Response:
    app = request.app.state
    found = await app.services.get("validation", "/v1/verifications", who.token, {"limit": 200})
    questions: list[dict[str, Any]] = found["verifications"]
    return page(
        request,
        "verifications.html",
        status=status,
        questions=sorted(questions, key=lambda one: one["state"] != "asked"),
        names=await app.names.of(questions, who),
        typed=typed or {},
        nothing=Typed(),
        answered=answered,
        answerable={one["verification_id"] for one in questions if _may_answer(who, one)},
    )


def _may_answer(who: Person, question: Mapping[str, Any]) -> bool:
    """Whether to offer an answer; whether it is taken, validation says."""
    is_open = question["state"] == "asked" and question["asked_by"] != who.id
    return is_open and who.reaches("validation", "verification.answer", question["verifier"])
