"""Erasures: a leader orders that what nobody may read is removed for good, another confirms it; what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import paging, words
from services.console.calls import Away
from services.console.form import LOOK, Typed, Wish, hand_over, told, typed_of
from services.console.pages.submission import attempt_of
from services.console.paging import Number, Part, Row
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused

router = APIRouter(include_in_schema=False)
HERE = "/xoa"
DONE = ("ordered", "confirmed")


@router.get(HERE, dependencies=[Depends(switch_language)])
async def listed(
    request: Request,
    who: Who,
    submission: UUID | None = None,
    attempt: int | None = None,
    number: Number = 1,
    done: str = "",
) -> Response:
    """The newest first; with the form filled in as far as the address says."""
    about = {"submission": str(submission or ""), "attempt": str(attempt or "")}
    return await _shown(request, who, number, draft=Typed(about), done=done if done in DONE else "")


@router.post(HERE)
async def ordered(request: Request, who: Who) -> Response:
    """Says first what would be lost; hands the order to policy when the person has seen that."""
    typed = await typed_of(request)

    async def show(draft: Typed, status: int) -> Response:
        return await _shown(request, who, draft=draft, status=status)

    if typed["step"] == "edit":
        return await show(typed, 200)
    submission, attempt = _submission(typed), attempt_of(typed)
    if not (submission and attempt and typed["reason"] and typed["document"]):
        return await hand_over(request, who, typed, "erasure.missing", show)
    if typed["step"] != "order" and not typed[LOOK]:
        return await _asked(request, who, typed, f"/v1/submissions/{submission}?attempt={attempt}")
    body = {"attempt": attempt} | typed.given("reason", "document")
    back = paging.address(HERE, done="ordered")
    wish = Wish("policy", f"/v1/submissions/{submission}/erasure", body, back)
    return await hand_over(request, who, typed, wish, show)


@router.post(f"{HERE}/{{erasure}}/xac-nhan")
async def confirmed(request: Request, who: Who, erasure: UUID, number: Number = 1) -> Response:
    """Has policy carry an order out, if the person says to know that it can't be undone."""
    typed = await typed_of(request)
    wish: Wish | str = "erasure.unsure"
    if typed["understood"]:
        back = paging.address(HERE, page=number, done="confirmed")
        wish = Wish("policy", f"/v1/erasures/{erasure}/confirmation", {}, back)

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, number, {str(erasure): typed}, status=status)

    return await hand_over(request, who, typed, wish, show)


async def _asked(request: Request, who: Person, typed: Typed, path: str) -> Response:
    """The second step: what would be lost, before anything is."""
    app, language = request.app.state, words.language_of(request)
    try:
        attempt = await app.services.get("intake", path, who.token)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        draft = replace(typed, problem=told(error, language))
        return await _shown(request, who, draft=draft, status=error.status)
    lost = [one for one in attempt["attempts"] if one["attempt"] <= attempt["attempt"]]
    return page(
        request,
        "erasure.html",
        attempt=attempt,
        lost=sorted(lost, key=lambda one: one["attempt"]),
        names=await app.names.of([attempt], who),
        typed=typed,
    )


async def _shown(
    request: Request,
    who: Person,
    number: int = 1,
    typed: Mapping[str, Typed] | None = None,
    *,
    draft: Typed | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await app.services.get("policy", "/v1/erasures", who.token)
    part = Part.among(answer["erasures"], number)
    about = await _about(request, who, part.rows)
    may_order = who.may("policy", "erasure.order")
    return page(
        request,
        "erasures.html",
        status=status,
        part=part,
        address=lambda **more: paging.address(HERE, **more),
        about=about,
        names=await app.names.of(about.values(), who),
        people=await app.names.people(part.rows, who, language),
        typed=typed or {},
        nothing=Typed(),
        draft=draft or Typed(),
        may_order=may_order,
        confirmable={
            one["erasure_id"]
            for one in part.rows
            if may_order and not one["confirmed_at"] and one["ordered_by"] != who.id
        },
        done=done,
    )


async def _about(request: Request, who: Person, rows: Sequence[Row]) -> dict[str, Any]:
    """The attempts that the orders name, as far as intake tells of them; by order."""

    async def one(row: Row) -> Any:
        path = f"/v1/submissions/{row['submission_id']}?attempt={row['attempt']}"
        try:
            return await request.app.state.services.get("intake", path, who.token)
        except (Refused, Away):
            return None

    found = await asyncio.gather(*(one(row) for row in rows))
    return {row["erasure_id"]: each for row, each in zip(rows, found, strict=True) if each}


def _submission(typed: Typed) -> UUID | None:
    try:
        return UUID(typed["submission"])
    except ValueError:
        return None
