"""Why an attempt was decided so: the articles that decide it, and what would change it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import words
from services.console.pages.submission import head
from services.console.rendering import page
from services.console.session import Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
Which = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("/submissions/{submission_id}/vi-sao")
async def explained(request: Request, who: Who, submission_id: UUID, attempt: Which) -> Response:
    """By today's law and facts, as policy explains it; for those who may have that explained."""
    services, language = request.app.state.services, words.language_of(request)
    path, which = f"/v1/submissions/{submission_id}", {"attempt": attempt}
    sent = await services.get("intake", path, who.token, which)
    explanation = await services.get("policy", f"{path}/explanation", who.token, which)
    names = await request.app.state.names.of([sent], who)
    articles = dict.fromkeys(words.law(article, language) for article in explanation["articles"])
    return page(
        request,
        "explanation.html",
        explanation=explanation,
        articles=[article for article in articles if article],
        **head(sent, names, language),
    )
