"""Consents of those whom records name: who agreed to what, recording one, and its withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.console import words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model import wording
from services.model.text import Language

router = APIRouter(include_in_schema=False)

CHOICES: Mapping[str, tuple[str, ...]] = {
    "identifiers": (
        "person_name", "household", "identity_number", "tax_code", "phone", "email",
        "bank_account", "organisation_name", "address", "coordinates",
    ),
    "audiences": (
        "compilers", "room", "agency", "provincial_committee", "national_office", "user_group",
    ),
    "purposes": ("statistics", "state_management", "information"),
}  # fmt: skip
"""What can be agreed to, in the words of policy's API. A private interest is judged by a person each time."""
REQUIRED = ("sender", "form", "valid_from", "document")
OPTIONAL = ("period", "valid_to")
DONE = ("given", "withdrawn")


@router.get("/dong-y", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, done: str = "") -> Response:
    """The newest first, those that ended too; with a form that is filled in as far as its address says."""
    draft = Typed(dict(request.query_params))
    return await _shown(request, who, draft=draft, done=done if done in DONE else "")


def needed(attempt: Mapping[str, Any]) -> str:
    """The query of the page's address that fills in the form for an attempt which waits because of what it names.

    Blank where it doesn't wait, or names nobody.
    """
    cells = (cell for reason in attempt["reasons"] for cell in reason["cells"])
    kinds = {cell.get("kind") for cell in cells}.intersection(CHOICES["identifiers"])
    if attempt["state"] != "held" or not kinds:
        return ""
    about = {name: str(attempt[name]) for name in ("sender", "form", "period")}
    return urlencode(about | {f"identifiers-{kind}": "on" for kind in sorted(kinds)})


@router.post("/dong-y")
async def given(request: Request, who: Who) -> Response:
    """Hands a consent to policy."""
    typed = await typed_of(request)
    body: dict[str, Any] = {
        name: [choice for choice in choices if f"{name}-{choice}" in typed.fields]
        for name, choices in CHOICES.items()
    }
    body |= {name: typed[name] for name in REQUIRED}
    wish: Wish | str = "consent.missing"
    if all(body.values()):
        wish = Wish("policy", "/v1/consents", body | typed.given(*OPTIONAL), "/dong-y?done=given")

    async def show(draft: Typed, status: int) -> Response:
        return await _shown(request, who, draft=draft, status=status)

    return await hand_over(request, who, typed, wish, show)


@router.post("/dong-y/{consent}/rut")
async def withdrawn(request: Request, who: Who, consent: UUID) -> Response:
    """Has policy end a consent, and what rests on it alone."""
    typed = await typed_of(request)
    wish: Wish | str = "withdrawal.missing"
    if typed["reason"]:
        path, body = f"/v1/consents/{consent}/withdrawal", typed.given("reason", "document")
        wish = Wish("policy", path, body, "/dong-y?done=withdrawn")

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, {str(consent): typed}, status=status)

    return await hand_over(request, who, typed, wish, show)


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    draft: Typed | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await app.services.get("policy", "/v1/consents", who.token, {"limit": 200})
    consents: list[dict[str, Any]] = answer["consents"]
    return page(
        request,
        "consents.html",
        status=status,
        consents=[
            consent | {"to": _to(consent, language), "state": _state(consent)}
            for consent in consents
        ],
        names=await app.names.of(consents, who),
        people=await app.names.people(consents, who, words.language_of(request)),
        choices={
            name: [(choice, _word(name, choice, language)) for choice in choices]
            for name, choices in CHOICES.items()
        },
        typed=typed or {},
        nothing=Typed(),
        draft=draft or Typed(),
        senders=await _senders(request, who),
        forms=await app.names.choices("form", who, language),
        done=done,
        may_record=who.may("policy", "consent.record"),
        may_withdraw=who.may("policy", "consent.withdraw"),
    )


async def _senders(request: Request, who: Person) -> list[tuple[str, str]]:
    """For whom the person may record a consent: an agency for itself, a room for who sends to the office."""
    names, language = request.app.state.names, words.language_of(request)
    if "agency" in who.roles:
        name = await names.organisation(who.organisation, who)
        return [(who.organisation, words.in_language(name, language, who.organisation))]
    choices: list[tuple[str, str]] = await names.choices("organisation", who, language)
    return choices


def _to(consent: Mapping[str, Any], language: Language) -> dict[str, str]:
    """To what, for whom and for what was agreed, in words."""
    return {
        name: ", ".join(_word(name, choice, language) for choice in consent[name])
        for name in CHOICES
    }


def _word(name: str, code: str, language: Language) -> str:
    if name == "identifiers":
        return wording.kind_of_identifier(code, language)
    return words.sayer(language)(f"{name.removesuffix('s')}.{code}")


def _state(consent: Mapping[str, Any]) -> str:
    if consent["withdrawn_at"]:
        return "withdrawn"
    return "expired" if consent["expired_at"] else "given"
