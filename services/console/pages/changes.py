"""Changes of who may do what: those that wait for a leader, what became of the others, and where nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.text import Language

router = APIRouter(include_in_schema=False)
DECISIONS: Mapping[str, str] = {"done": "confirmation", "refused": "refusal"}
"""What becomes of a change, and where catalogue takes that decision."""
SHOWN: Mapping[str, tuple[str, ...]] = {
    "sender_key": ("sender",),
    "regulation": ("number",),
    "contact": ("id", "contacts"),
}
"""What of an entry a leader has to see who confirms it; of a person it is what differs."""
OF_ORGANISATIONS = ("organisation", "rooms", "head_of", "sender", "id")
"""Fields of a body that name organisations and rooms."""
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
        return await _shown(request, who, done=decision, link=answer.get("link"))

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
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await app.services.get("catalogue", "/v1/changes", who.token)
    changes: list[dict[str, Any]] = answer["changes"]
    names = await app.names.organisations(_organisations(changes), who)
    address = app.context.settings.console_url
    return page(
        request,
        "changes.html",
        status=status,
        changes=[
            change | {"details": _details(change, names, language)}
            for change in sorted(changes, key=lambda change: change["state"] != "proposed")
        ],
        typed=typed or {},
        nothing=Typed(),
        done=done,
        link={"for": link["person"], "address": f"{address}/password?token={link['token']}"}
        if link
        else None,
        may_decide=who.may("catalogue", "change.decide"),
    )


def _fields(change: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of the change's body that are shown."""
    if change["what"] == "person":
        return tuple(change["fields"])
    return SHOWN.get(change["what"], ())


def _organisations(changes: Iterable[Mapping[str, Any]]) -> set[str]:
    """Whose names the page needs."""
    named = (
        change["body"].get(name)
        for change in changes
        for name in _fields(change)
        if name in OF_ORGANISATIONS
    )
    return {
        id_ for value in named for id_ in (value if isinstance(value, list) else [value]) if id_
    }


def _details(change: Mapping[str, Any], names: Names, language: Language) -> list[tuple[str, str]]:
    """What changes, and what it shall be: (in words, value)."""
    say, body = words.sayer(language), change["body"]

    def written(value: Any, name: str = "") -> str:
        match value:
            case bool():
                return say("yes" if value else "no")
            case list():
                return ", ".join(written(part, name) for part in value) or "–"
            case Mapping():
                return " ".join(written(part) for part in value.values())
            case None:
                return "–"
            case str() if name in OF_ORGANISATIONS:
                return words.in_language(names.get(value), language, value)
            case str() if name == "roles":
                return say(f"role.{value}")
            case _:
                return str(value)

    return [
        (say(f"change.field.{name}"), written(body.get(name), name)) for name in _fields(change)
    ]
