"""The inbox: attempts that the person may know of, found and sorted as the address says; it follows what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.console import inbox, live, searching, words
from services.console.calls import Away
from services.console.deadlines import Deadline
from services.console.inbox import Wanted
from services.console.live import Part
from services.console.paging import Number
from services.console.rendering import fragment, page
from services.console.session import Person, Who
from services.console.standing import TONES
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.text import Language

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 40
MOST_CHOICES = 150
"""More than these nobody looks through: one searches for a name."""
MOST_NAMED = 200
"""As many as intake takes."""
Asked = Annotated[Wanted, Depends()]
Answer = Mapping[str, Any]


@router.get(inbox.LIST, dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, wanted: Asked, number: Number = 1) -> Response:
    """The page."""
    named = await meant(request, who, wanted.search)
    answer, waiting, unsigned, organisation = await asyncio.gather(
        ask(request, who, wanted, named, (number - 1) * PAGE_SIZE, PAGE_SIZE),
        _waiting(request, who),
        _unsigned(request, who),
        _organisation(request, who),
    )
    parts, offered = await asyncio.gather(
        _parts(request, who, wanted, number, answer, is_fresh=True),
        offer(request, who, wanted, answer["among"]),
    )
    inbox.remember(request, wanted, number)
    language = words.language_of(request)
    first, total = (number - 1) * PAGE_SIZE + 1, answer["total"]
    return page(
        request,
        "submissions.html",
        parts=parts,
        version=live.version(parts),
        wanted=wanted,
        number=number,
        counts=answer["states"],
        states=[one for one in (*inbox.STATES, *inbox.PASSING) if _is_offered(one, wanted, answer)],
        sorts=inbox.SORTS,
        offered=offered,
        most=MOST_CHOICES,
        said=inbox.said(wanted, offered, language),
        shown=(first, min(number * PAGE_SIZE, total), total),
        shows_sender=_shows_sender(who),
        organisation=organisation,
        waiting=waiting,
        unsigned=unsigned,
    )


@router.get(f"{inbox.LIST}/stream")
async def followed(
    request: Request, who: Who, wanted: Asked, number: Number = 1, seen: str = ""
) -> Response:
    """The changes of that page."""
    named = await meant(request, who, wanted.search)

    async def compose() -> Sequence[Part]:
        offset = (number - 1) * PAGE_SIZE
        answer = await ask(request, who, wanted, named, offset, PAGE_SIZE, is_counted=False)
        return await _parts(request, who, wanted, number, answer)

    return live.stream(request, compose, seen)


async def meant(request: Request, who: Person, search: str) -> Sequence[str]:
    """The ids of the forms and senders that the person sees whose names were searched for."""
    if not search:
        return ()
    answer = await ask(request, who, Wanted(), (), 0, 1)
    forms, senders = await _names(request, who, answer["among"])
    names = {id_: text.values() for id_, text in (forms | senders).items()}
    return searching.matching(search, names)[:MOST_NAMED]


async def ask(
    request: Request,
    who: Person,
    wanted: Wanted,
    named: Sequence[str],
    offset: int,
    limit: int,
    *,
    is_counted: bool = True,
) -> Answer:
    """A page of what intake lists."""
    query = wanted.query | {"limit": limit, "offset": offset, "named": named or None}
    query |= {} if is_counted else {"counted": False}
    answer: Answer = await request.app.state.services.get(
        "intake", "/v1/submissions", who.token, query
    )
    return answer


async def offer(request: Request, who: Person, wanted: Wanted, among: Answer) -> inbox.Choices:
    """By what the list can be filtered."""
    forms, senders = await _names(request, who, among)
    return inbox.choices(wanted, among, forms, senders, words.language_of(request))


async def _names(
    request: Request, who: Person, among: Answer
) -> tuple[dict[str, Any], dict[str, Any]]:
    called = request.app.state.names.called
    forms, senders = await asyncio.gather(
        called("form", among["forms"], who), called("organisation", among["senders"], who)
    )
    return forms, senders


async def _parts(
    request: Request,
    who: Person,
    wanted: Wanted,
    number: int,
    answer: Answer,
    *,
    is_fresh: bool = False,
) -> list[Part]:
    """The rows of a page of the list."""
    app, language, attempts = request.app.state, words.language_of(request), answer["attempts"]
    names, terms = await asyncio.gather(
        app.names.of(attempts, who), app.deadlines.of(attempts, who, fresh=is_fresh)
    )
    shows = _shows_sender(who)
    parts = [_row(one, names, terms.get(one["id"]), shows, language) for one in attempts]
    if not parts:
        values = {"wanted": wanted, "number": number}
        parts = [Part("row-none", fragment("_none.html", language, **values))]
    return parts


def _row(
    attempt: dict[str, Any],
    names: Any,
    term: Deadline | None,
    shows_sender: bool,
    language: Language,
) -> Part:
    identity = f"row-{attempt['id']}-{attempt['attempt']}"
    sender = attempt["sender"]
    area = f"{attempt['area_list']}/{attempt['area']}"
    values = {
        "id": identity,
        "attempt": attempt,
        "tone": TONES[attempt["state"]],
        "title": words.in_language(names.get(("form", attempt["form"])), language, attempt["form"]),
        "sender": words.in_language(names.get(("organisation", sender)), language, sender),
        "shows_sender": shows_sender,
        "area": words.in_language(names.get(("area", area)), language),
        "term": term,
    }
    state = words.sayer(language)(f"state.{attempt['state']}")
    says = f"{values['title']}, {words.period(attempt['period'], language)}: {state}"
    return Part(identity, fragment("_row.html", language, **values), says)


def _shows_sender(who: Person) -> bool:
    """Whether to say who sent it: to who is an agency's alone every row is their own."""
    return not who.roles <= {"agency"}


def _is_offered(state: str, wanted: Wanted, answer: Answer) -> bool:
    return state in (*inbox.STATES, wanted.state) or bool(answer["states"].get(state))


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


async def _unsigned(request: Request, who: Person) -> int:
    """How many drafts wait for the signature of this person's organisation; 0 for those who don't sign."""
    if not who.may("intake", "draft.sign"):
        return 0
    try:
        answer = await request.app.state.services.get("intake", "/v1/drafts", who.token)
    except (Refused, Away):
        return 0
    return sum(one["prepared"] is not None and one["sent"] is None for one in answer["drafts"])
