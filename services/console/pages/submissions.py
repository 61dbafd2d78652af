"""The list: attempts, the newest first, that the person may know of; it follows what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import live, words
from services.console.calls import Away
from services.console.live import Part
from services.console.rendering import fragment, page
from services.console.session import Person, Who
from services.console.standing import TONES
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.text import Language

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 40
FILTERS = ("", "held", "returned", "withheld", "stored")
"""What one looks for; blank is all. The other states pass by in seconds."""
State = Literal[
    "",
    "received",
    "validated",
    "held",
    "returned",
    "withheld",
    "cleared",
    "stored",
    "superseded",
    "withdrawn",
]
Number = Annotated[int, Query(alias="page", ge=1, le=10_000)]


@router.get("/submissions", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, state: State = "", number: Number = 1) -> Response:
    """The page."""
    parts, has_more = await _parts(request, who, state, number)
    return page(
        request,
        "submissions.html",
        parts=parts,
        version=live.version(parts),
        state=state,
        filters=FILTERS,
        number=number,
        has_more=has_more,
        is_past=number > 1 and parts[0].id == "row-none",
        organisation=await _organisation(request, who),
        waiting=await _waiting(request, who),
    )


@router.get("/submissions/stream")
async def followed(
    request: Request, who: Who, state: State = "", number: Number = 1, seen: str = ""
) -> Response:
    """The changes of that page."""

    async def compose() -> Sequence[Part]:
        return (await _parts(request, who, state, number))[0]

    return live.stream(request, compose, seen)


async def _parts(request: Request, who: Person, state: str, number: int) -> tuple[list[Part], bool]:
    """The rows of a page of the list, and whether there is a next one."""
    app, language = request.app.state, words.language_of(request)
    offset = (number - 1) * PAGE_SIZE
    wanted = {"state": state or None, "limit": PAGE_SIZE + 1, "offset": offset}
    answer = await app.services.get("intake", "/v1/submissions", who.token, wanted)
    attempts = answer["attempts"][:PAGE_SIZE]
    names = await app.names.of(attempts, who)
    parts = [_row(attempt, names, who, language) for attempt in attempts]
    if not parts:
        parts = [Part("row-none", fragment("_none.html", language, state=state, number=number))]
    return parts, len(answer["attempts"]) > PAGE_SIZE


def _row(attempt: dict[str, Any], names: Any, who: Person, language: Language) -> Part:
    identity = f"row-{attempt['id']}-{attempt['attempt']}"
    values = {
        "id": identity,
        "attempt": attempt,
        "tone": TONES[attempt["state"]],
        "title": words.in_language(names.get(("form", attempt["form"])), language, attempt["form"]),
        "sender": _sender(attempt, names, who, language),
        "area": words.in_language(
            names.get(("area", f"{attempt['area_list']}/{attempt['area']}")), language
        ),
    }
    state = words.sayer(language)(f"state.{attempt['state']}")
    says = f"{values['title']}, {words.period(attempt['period'], language)}: {state}"
    return Part(identity, fragment("_row.html", language, **values), says)


def _sender(attempt: dict[str, Any], names: Any, who: Person, language: Language) -> str:
    """Who sent it; blank where it is the reader's own organisation, as in every row of theirs."""
    sender = attempt["sender"]
    if sender == who.organisation:
        return ""
    return words.in_language(names.get(("organisation", sender)), language, sender)


async def _organisation(request: Request, who: Person) -> str:
    organisation = await request.app.state.names.organisation(who.organisation, who)
    return words.in_language(organisation, words.language_of(request), who.organisation)


async def _waiting(request: Request, who: Person) -> int:
    """How many attempts wait for a decision of this person's rooms; 0 for those who don't decide."""
    if not who.may("policy", "review.decide"):
        return 0
    try:
        answer = await request.app.state.services.get(
            "policy", "/v1/reviews", who.token, {"limit": 200}
        )
    except (Refused, Away):
        return 0
    return len(answer.get("reviews", ()))
