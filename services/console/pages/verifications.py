"""Figures in doubt: what rooms asked on the pages of submissions, and the words by which the verifying room answers."""

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
from services.model import wording

router = APIRouter(include_in_schema=False)
RESULTS = ("confirmed", "wrong", "method")


@router.get("/xac-minh", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, answered: str = "") -> Response:
    """What waits to be verified, then what was found; the newest first."""
    return await _shown(request, who, answered=answered if answered in RESULTS else "")


@router.post("/xac-minh/{verification}/tra-loi")
async def answered(request: Request, who: Who, verification: UUID) -> Response:
    """Hands what was found to validation, and shows the questions again."""
    typed = await typed_of(request)
    result = typed["result"]
    wish: Wish | str = "verification.unsaid"
    if result in RESULTS and typed["reason"]:
        path = f"/v1/verifications/{verification}/answers"
        body = {"text": typed["reason"]} | typed.given("result", "document")
        wish = Wish("validation", path, body, f"/xac-minh?answered={result}")

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, {str(verification): typed}, status=status)

    return await hand_over(request, who, typed, wish, show)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    answered: str = "",
    status: int = 200,
) -> Response:
    app = request.app.state
    answer = await app.services.get("validation", "/v1/verifications", who.token, {"limit": 200})
    questions: list[dict[str, Any]] = answer["verifications"]
    differing: list[dict[str, Any]] = []
    if who.may("validation", "section.read"):
        found = await app.services.get("validation", "/v1/section-comparisons", who.token)
        differing = found["comparisons"]
    senders = [part | {"form": one["form"]} for one in differing for part in one["parts"]]
    return page(
        request,
        "verifications.html",
        status=status,
        questions=sorted(questions, key=lambda question: question["state"] != "asked"),
        differing=differing,
        number=wording.number,
        names=await app.names.of([*questions, *senders], who),
        people=await app.names.people(questions, who, words.language_of(request)),
        typed=typed or {},
        nothing=Typed(),
        answered=answered,
        answerable={
            question["verification_id"] for question in questions if _may_answer(who, question)
        },
    )


def _may_answer(who: Person, question: Mapping[str, Any]) -> bool:
    """Whether to offer an answer; whether it is taken, validation says."""
    is_open = question["state"] == "asked" and question["asked_by"] != who.id
    return is_open and who.reaches("validation", "verification.answer", question["verifier"])
