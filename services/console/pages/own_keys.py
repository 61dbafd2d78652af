"""The keys that a person signs with: made in the browser, which never gives them away, and confirmed by the office."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False, prefix="/khoa-ky")


@router.get("", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who) -> Response:
    """Which there are, and whether this browser has one of them."""
    return await _page(request, who)


@router.post("")
async def proposed(request: Request, who: Who) -> Response:
    """Hands the public half of a new key to catalogue, where it waits for the office."""
    typed = await typed_of(request)

    async def show(typed: Typed, status: int) -> Response:
        return await _page(request, who, typed, status)

    wish: Wish | str = "key.not_made"
    if typed["x"]:
        body = {"public_key": {"kty": "OKP", "crv": "Ed25519", "x": typed["x"]}}
        wish = Wish("catalogue", "/v1/own-keys", body, "/khoa-ky")
    return await hand_over(request, who, typed, wish, show)


async def _page(
    request: Request, who: Person, typed: Typed | None = None, status: int = 200
) -> Response:
    answer: dict[str, Any] = await request.app.state.services.get(
        "catalogue", "/v1/own-keys", who.token
    )
    keys = answer["keys"]
    return page(
        request,
        "own_keys.html",
        status=status,
        typed=typed or Typed(),
        keys=[one | {"state": _state(one)} for one in keys],
    )


def _state(key: dict[str, Any]) -> str:
    if key["is_confirmed"]:
        return "confirmed"
    return "refused" if key["is_refused"] else "waiting"
