"""What a person writes into a form of a page: handed to the service that it concerns, and never lost when refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.security import form_of
from services.console.session import Person
from services.kernel.refused import Refused
from services.model.text import Language

LOOK = "look"
"""The field of a form that is only to be shown once more: it came when the session had ended."""
Problem = tuple[str, str]
"""What is wrong, and how to mend it, in the reader's language."""


@dataclass(frozen=True)
class Typed:
    """What a person wrote into a form, by the field's name; and why it was refused, where it was."""

    fields: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None

    def __getitem__(self, name: str) -> str:
        """A field without the spaces around it; blank where there is none. Templates read `typed.reason` so."""
        return self.fields.get(name, "").strip()

    def given(self, *names: str) -> dict[str, str]:
        """Those of the fields that aren't blank."""
        return {name: self[name] for name in names if self[name]}


async def typed_of(request: Request) -> Typed:
    """The form that was sent; raises Forged for one that this site didn't make for this browser."""
    return Typed(await form_of(request))


Done = Callable[[Mapping[str, Any]], Awaitable[Response]]
"""Makes the page that shows what the service answered."""


@dataclass(frozen=True)
class Wish:
    """What a service is asked for: by a POST with this body; and where the person is led afterwards.

    An answer that is told but once, as a one-time link, makes a page of its own.
    """

    service: str
    path: str
    body: Mapping[str, Any]
    done: str | Done


def told(error: Refused, language: Language) -> Problem:
    """Why a service refuses, and how to mend it: place by place, where it says so of each."""
    title, advice = error.texts(language)
    said = [
        f"{place['what'][language]}. {place['mend'][language]}"
        for place in error.problem.get("errors") or ()
        if {"what", "mend"} <= place.keys()
    ]
    return title, " ".join(said) or advice


Show = Callable[[Typed, int], Awaitable[Response]]
"""Makes the page again with what was typed, and this HTTP status."""


async def hand_over(
    request: Request, who: Person, typed: Typed, wish: Wish | str, show: Show, **values: str
) -> Response:
    """Asks the service, or says what is missing: `wish` is then the message's id, with `….mend`, and its values.

    Raises Refused where the person has to log in again, or nobody can help.
    """
    language = words.language_of(request)
    say = words.sayer(language)
    if typed[LOOK]:
        return await show(replace(typed, problem=(say("unsent"), say("unsent.mend"))), 200)
    if isinstance(wish, str):
        problem = say(wish, **values), say(f"{wish}.mend")
        return await show(replace(typed, problem=problem), 422)
    try:
        services = request.app.state.services
        answer = await services.post(wish.service, wish.path, who.token, wish.body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        return await show(replace(typed, problem=told(error, language)), error.status)
    return (
        RedirectResponse(wish.done, 303) if isinstance(wish.done, str) else await wish.done(answer)
    )
