"""Suspected state secrets: who sent what, where its markings stand, and the words by which a person ends one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)
ENDINGS = ("met_by_secrecy_channel", "unfounded")


@router.get("/su-co", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, ended: str = "") -> Response:
    """The newest first; nothing of their content is left."""
    return await _shown(request, who, ended=ended if ended in ENDINGS else "")


@router.post("/su-co/{incident}/ket-thuc")
async def closed(request: Request, who: Who, incident: UUID) -> Response:
    """Hands the ending to policy, and shows the incidents again; what was typed is never lost."""
    typed = await typed_of(request)
    outcome = typed["outcome"]
    wish: Wish | str = "incident.missing"
    if outcome in ENDINGS and typed["reason"]:
        path = f"/v1/incidents/{incident}/closing"
        body = typed.given("outcome", "reason", "document")
        wish = Wish("policy", path, body, f"/su-co?ended={outcome}")

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, {str(incident): typed}, status=status)

    return await hand_over(request, who, typed, wish, show)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    ended: str = "",
    status: int = 200,
) -> Response:
    app = request.app.state
    answer = await app.services.get("policy", "/v1/incidents", who.token, {"limit": 200})
    incidents: list[dict[str, Any]] = answer["incidents"]
    return page(
        request,
        "incidents.html",
        status=status,
        incidents=incidents,
        names=await app.names.of(incidents, who),
        people=await app.names.people(incidents, who, words.language_of(request)),
        typed=typed or {},
        nothing=Typed(),
        ended=ended,
        may_close=who.may("policy", "incident.close"),
    )
