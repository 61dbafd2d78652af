"""The figures of an attempt in the order of its form, beside those of before, with what is wrong in sight."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import figures, words
from services.console.pages.submission import head
from services.console.rendering import page
from services.console.session import Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/submissions/{submission_id}/so-lieu")
async def shown(request: Request, who: Who, submission_id: UUID, attempt: Which = None) -> Response:
    """As validation reads the workbook, of the latest attempt unless one is named; for those who may read what was
    found in it.
    """
    services, language = request.app.state.services, words.language_of(request)
    path = f"/v1/submissions/{submission_id}"
    sent = await services.get("intake", path, who.token, {"attempt": attempt})
    which = {"attempt": sent["attempt"]}
    found = await services.get("validation", f"{path}/figures", who.token, which)
    names = await request.app.state.names.of([sent], who)
    return page(
        request,
        "figures.html",
        tables=figures.tables(found, language),
        **head(sent, names, language),
    )
