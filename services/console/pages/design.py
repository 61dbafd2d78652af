"""The page of examples: each thing that the style sheet has, for who makes pages."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from services.console.rendering import page
from services.console.session import Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)


@router.get("/thiet-ke", dependencies=[Depends(switch_language)])
async def shown(request: Request, who: Who) -> Response:
    """To everybody who knows its address."""
    return page(request, "design.html")
