"""Figures in doubt: what rooms asked on the pages of submissions, and the words by which the verifying room answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.calls import Refused
from services.console.pages.submission import Typed
from services.console.rendering import page
from services.console.security import form_of
from services.console.session import Person, person
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)
Who = Annotated[Person, Depends(person)]
RESULTS = ("confirmed", "wrong", "method")


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
