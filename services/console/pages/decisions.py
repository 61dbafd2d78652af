"""A person's decision about a held attempt: policy takes it or says why not; what was typed is never lost."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.calls import Refused
from services.console.pages.submission import Typed, show
from services.console.security import form_of
from services.console.session import Person, person

router = APIRouter(include_in_schema=False)
OUTCOMES = ("release", "withhold")


@router.post("/submissions/{submission_id}/decisions")
async def decided(
    request: Request, who: Annotated[Person, Depends(person)], submission_id: UUID
) -> Response:
    """Hands the decision to policy, and shows the attempt again."""
    fields = await form_of(request)
    number = fields.get("attempt", "")
    attempt = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    outcome, reason = fields.get("outcome", ""), fields.get("reason", "").strip()
    document = fields.get("document", "").strip()
    which = submission_id, attempt or None
    if not attempt or outcome not in OUTCOMES or not reason:
        say = words.sayer(words.language_of(request))
        problem = say("decision.missing"), say("decision.missing.mend")
        return await show(request, who, which, typed=Typed(reason, document, problem), status=422)
    path = f"/v1/reviews/{submission_id}/{attempt}/decisions"
    body = {"outcome": outcome, "reason": reason} | ({"document": document} if document else {})
    try:
        await request.app.state.services.post("policy", path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        problem = error.texts(words.language_of(request))
        return await show(
            request, who, which, typed=Typed(reason, document, problem), status=error.status
        )
    return RedirectResponse(
        f"/submissions/{submission_id}?attempt={attempt}&decided={outcome}#standing", 303
    )
