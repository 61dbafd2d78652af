"""Changes of who may do what: those that wait for a leader, what became of the others, and where nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import words
from services.console.calls import Away
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.text import Language

router = APIRouter(include_in_schema=False)
DECISIONS: Mapping[str, str] = {"done": "confirmation", "refused": "refusal"}
"""What becomes of a change, and where catalogue takes that decision."""
SHOWN: Mapping[str, tuple[str, ...]] = {
    "person": ("organisation", "roles", "rooms", "head_of", "deputies", "locked"),
    "sender_key": ("sender", "person", "valid_from", "valid_to"),
    "regulation": ("number", "title", "valid_from", "valid_to"),
    "contact": ("id", "contacts"),
}
"""What a leader has to see who confirms it: all that the person may do from then on, and what an entry is about."""
OF_ORGANISATIONS = ("organisation", "rooms", "head_of", "sender", "id")
"""Fields of a body that name organisations and rooms."""
TIMES = ("valid_from", "valid_to")
Names = Mapping[str, Mapping[str, str]]


@router.get("/thay-doi", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who) -> Response:
    """What waits, then what was decided; the newest first."""
    return await _shown(request, who)


@router.post("/thay-doi/{change}")
async def decided(request: Request, who: Who, change: UUID) -> Response:
    """Hands the decision to catalogue. A one-time link that it leads to is shown on this answer alone."""
    typed = await typed_of(request)
    decision = typed["decision"]

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, {str(change): typed}, status=status)

    async def done(answer: Mapping[str, Any]) -> Response:
        link = answer.get("link")
        try:
            return await _shown(request, who, done=decision, link=link)
        except (Refused, Away):
            # It is done; a link that was made with it is shown now or never.
            return await _shown(request, who, done=decision, link=link, changes=[])

    wish: Wish | str = "change.undecided"
    if decision in DECISIONS:
        wish = Wish("catalogue", f"/v1/changes/{change}/{DECISIONS[decision]}", {}, done)
    return await hand_over(request, who, typed, wish, show)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    done: str = "",
    link: Mapping[str, Any] | None = None,
    changes: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    if changes is None:
        changes = (await app.services.get("catalogue", "/v1/changes", who.token))["changes"]
    names = await app.names.organisations(_organisations(changes), who)
    people = await app.names.people([changes, link], who, words.language_of(request))
    address = app.context.settings.console_url
    return page(
        request,
        "changes.html",
        status=status,
        changes=[
            change | {"details": _details(change, names, people, language)}
            for change in sorted(changes, key=lambda change: change["state"] != "proposed")
        ],
        called=partial(_called, people=people),
        typed=typed or {},
        nothing=Typed(),
        done=done,
        link={"for": link["person"], "address": f"{address}/password?token={link['token']}"}
        if link
        else None,
        may_decide=who.may("catalogue", "change.decide"),
    )


def _called(id_: str | None, people: Mapping[str, str]) -> str:
    """Name and id: who confirms must know which of two namesakes it is, and a name may be changed by one person."""
    name = people.get(id_ or "")
    return f"{name} ({id_})" if name else id_ or "–"


def _body(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the person or the entry shall be, with the entry's days."""
    if change["what"] == "person":
        return dict(change["body"])
    return {**change["body"].get("body", {}), **{n: change["body"].get(n) for n in TIMES}}


def _organisations(changes: Iterable[Mapping[str, Any]]) -> set[str]:
    """Whose names the page needs."""
    named = (
        _body(change).get(name)
        for change in changes
        for name in SHOWN.get(change["what"], ())
        if name in OF_ORGANISATIONS
    )
    return {
        id_ for value in named for id_ in (value if isinstance(value, list) else [value]) if id_
    }


def _details(
    change: Mapping[str, Any], names: Names, people: Mapping[str, str], language: Language
) -> list[tuple[str, str]]:
    """What changes, and what it shall be: (in words, value)."""
    say, body = words.sayer(language), _body(change)

    def written(value: Any, name: str = "") -> str:
        match value:
            case bool():
                return say("yes" if value else "no")
            case list():
                return ", ".join(written(part, name) for part in value) or "–"
            case Mapping() if name == "title":
                return words.in_language(value, language)
            case {"person": id_, "first": first, "last": last}:
                days = {"first": words.day(first, language), "last": words.day(last, language)}
                return say("change.deputy", person=_called(id_, people), **days)
            case Mapping():
                return " ".join(written(part) for part in value.values())
            case None:
                return "–"
            case str() if name in TIMES:
                return words.moment(value, language)
            case str() if name == "person":
                return _called(value, people)
            case str() if name in OF_ORGANISATIONS:
                return words.in_language(names.get(value), language, value)
            case str() if name == "roles":
                return say(f"role.{value}")
            case _:
                return str(value)

    return [
        (say(f"change.field.{name}"), written(body.get(name), name))
        for name in SHOWN.get(change["what"], ())
    ]
