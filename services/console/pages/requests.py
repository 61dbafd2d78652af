"""Requests for figures: who asks for what and why, what became of it, and the words by which a leader judges one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.console import indicators, paging, words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.paging import Number, Row
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)
HERE = "/yeu-cau"
STATES = ("pending", "granted", "denied")
TONES: Mapping[str, str] = {"pending": "wait", "granted": "good", "denied": "bad"}
JUDGEMENTS = ("harmless", "harmful")
GROUPS = ("a", "b", "c")
WAITS = "policy.private-interest"
"""What policy says of a request that waits for a judgement."""


@dataclass(frozen=True)
class Wanted:
    """Which requests are shown; it stays in the address."""

    state: Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$")] = ""

    def address(self, *, path: str = HERE, state: str | None = None, **more: object) -> str:
        """The page's address, or that of a form on it."""
        return paging.address(path, state=self.state if state is None else state, **more)


Asked = Annotated[Wanted, Depends()]


@router.get(HERE, dependencies=[Depends(switch_language)])
async def listed(
    request: Request, who: Who, wanted: Asked, number: Number = 1, done: str = ""
) -> Response:
    """The newest first: the person's own, its rooms' or all."""
    done = done if done in (*STATES, *JUDGEMENTS) else ""
    return await _shown(request, who, wanted, number, done=done)


@router.post(HERE)
async def made(request: Request, who: Who, wanted: Asked, number: Number = 1) -> Response:
    """Hands a request to policy, which answers at once."""
    typed = await typed_of(request)
    figure = indicators.figure_of(typed)
    wish: Wish | str = "request.missing"

    async def done(answer: Mapping[str, Any]) -> Response:
        return RedirectResponse(paging.address(HERE, done=answer["state"]), 303)

    if figure and typed["purpose"] and typed["basis"]:
        more = typed.given("purpose", "basis", "room", "user_group")
        body = figure | more | {"private_interest": bool(typed["private_interest"])}
        wish = Wish("policy", "/v1/requests", body, done)

    async def show(draft: Typed, status: int) -> Response:
        return await _shown(request, who, wanted, number, draft=draft, status=status)

    return await hand_over(request, who, typed, wish, show)


@router.post(f"{HERE}/{{asked}}/xet")
async def judged(
    request: Request, who: Who, asked: UUID, wanted: Asked, number: Number = 1
) -> Response:
    """Hands to policy whether what a request is for harms nobody."""
    typed = await typed_of(request)
    judgement = typed["judgement"]
    wish: Wish | str = "request.unjudged"
    if judgement in JUDGEMENTS and typed["reason"]:
        body = typed.given("reason", "document") | {"is_harmless": judgement == "harmless"}
        back = wanted.address(page=number, done=judgement)
        wish = Wish("policy", f"/v1/requests/{asked}/judgement", body, back)

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, wanted, number, {str(asked): typed}, status=status)

    return await hand_over(request, who, typed, wish, show)


async def _shown(
    request: Request,
    who: Person,
    wanted: Wanted,
    number: int,
    typed: Mapping[str, Typed] | None = None,
    *,
    draft: Typed | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    names, language = request.app.state.names, words.language_of(request)
    query = {"state": wanted.state or None}
    part = await paging.asked(request, who, "/v1/requests", "requests", number, query)
    may_ask = who.may("policy", "request.make")
    return page(
        request,
        "requests.html",
        status=status,
        part=part,
        wanted=wanted,
        states=("", *STATES),
        tones=TONES,
        called=await indicators.called(request, who, part.rows),
        askers=await names.organisations({one["audience_id"] for one in part.rows}, who),
        people=await names.people(part.rows, who, language),
        typed=typed or {},
        nothing=Typed(),
        draft=draft or Typed(),
        offered=await indicators.offered(request, who) if may_ask else None,
        rooms=await _rooms(request, who),
        groups=GROUPS if "officer" in who.roles else (),
        judgeable={one["request_id"] for one in part.rows if _may_judge(who, one)},
        may_open=who.may("intake", "state.read") and "agency" not in who.roles,
        done=done,
    )


async def _rooms(request: Request, who: Person) -> list[tuple[str, str]]:
    """Those of the person's rooms, of which one must be named where there are several."""
    found = await request.app.state.names.organisations(who.rooms, who)
    language = words.language_of(request)
    return sorted((room, words.in_language(found.get(room), language, room)) for room in who.rooms)


def _may_judge(who: Person, one: Row) -> bool:
    """Whether to offer it; whether it is taken, policy says."""
    is_own = who.id == one["person"] or who.organisation == one["audience_id"]
    needs = one["private_interest"] or one["message"] == WAITS
    return who.may("policy", "request.judge") and needs and not one["judged_by"] and not is_own
