"""Suspected state secrets: who sent what, where its markings stand, and the words by which a person ends one."""

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
ENDINGS = ("met_by_secrecy_channel", "unfounded")


@router.get("/su-co", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, ended: str = "") -> Response:
    """The newest first; nothing of their content is left."""
    return await _shown(request, who, ended=ended if ended in ENDINGS else "")


@router.post("/su-co/{incident}/ket-thuc")
async def closed(request: Request, who: Who, incident: UUID) -> Response:
    """Hands the ending to policy, and shows the incidents again; what was typed is never lost."""
    fields = await form_of(request)
    outcome = fields.get("outcome", "")
    typed = Typed(fields.get("reason", "").strip(), fields.get("document", "").strip())
    if outcome not in ENDINGS or not typed.reason:
        say = words.sayer(words.language_of(request))
        missing = typed.refused((say("incident.missing"), say("incident.missing.mend")))
        return await _shown(request, who, {str(incident): missing}, status=422)
    body = {"outcome": outcome, "reason": typed.reason}
    body |= {"document": typed.document} if typed.document else {}
    try:
        path = f"/v1/incidents/{incident}/closing"
        await request.app.state.services.post("policy", path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        refused = typed.refused(error.texts(words.language_of(request)))
        return await _shown(request, who, {str(incident): refused}, status=error.status)
    return RedirectResponse(f"/su-co?ended={outcome}", 303)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    ended: str = "",
    status: int = 200,
) -> Response:
    app = request.app.state
    found = await app.services.get("policy", "/v1/incidents", who.token, {"limit": 200})
    incidents: list[dict[str, Any]] = found["incidents"]
    return page(
        request,
        "incidents.html",
        status=status,
        incidents=incidents,
        names=await app.names.of(incidents, who),
        typed=typed or {},
        nothing=Typed(),
        ended=ended,
        may_close=who.may("policy", "incident.close"),
    )
