"""Consents of those whom records name: who agreed to what, recording one, and its withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.calls import Refused
from services.console.pages.submission import Typed
from services.console.rendering import page
from services.console.security import form_of
from services.console.session import Person, person
from services.console.words import switch_language
from services.model.text import Language

router = APIRouter(include_in_schema=False)
Who = Annotated[Person, Depends(person)]

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


@dataclass(frozen=True)
class Draft:
    """What was written into the form of a new consent that was refused, and why it was."""

    fields: Mapping[str, str] = field(default_factory=dict)
    problem: tuple[str, str] | None = None


@router.get("/dong-y", dependencies=[Depends(switch_language)])
async def listed(request: Request, who: Who, done: str = "") -> Response:
    """The newest first, those that ended too."""
    return await _shown(request, who, done=done if done in DONE else "")


@router.post("/dong-y")
async def given(request: Request, who: Who) -> Response:
    """Hands a consent to policy."""
    fields = await form_of(request)
    body: dict[str, Any] = {
        name: [one for one in choices if f"{name}-{one}" in fields]
        for name, choices in CHOICES.items()
    }
    body |= {name: fields.get(name, "").strip() for name in REQUIRED}
    if not all(body.values()):
        say = words.sayer(words.language_of(request))
        draft = Draft(fields, (say("consent.missing"), say("consent.missing.mend")))
        return await _shown(request, who, draft=draft, status=422)
    body |= {name: word for name in OPTIONAL if (word := fields.get(name, "").strip())}
    try:
        await request.app.state.services.post("policy", "/v1/consents", who.token, body)
    except Refused as error:
        draft = Draft(fields, _why(request, error))
        return await _shown(request, who, draft=draft, status=error.status)
    return RedirectResponse("/dong-y?done=given", 303)


@router.post("/dong-y/{consent}/rut")
async def withdrawn(request: Request, who: Who, consent: UUID) -> Response:
    """Has policy end a consent, and what rests on it alone."""
    fields = await form_of(request)
    typed = Typed(fields.get("reason", "").strip(), fields.get("document", "").strip())
    if not typed.reason:
        say = words.sayer(words.language_of(request))
        missing = typed.refused((say("withdrawal.missing"), say("withdrawal.missing.mend")))
        return await _shown(request, who, {str(consent): missing}, status=422)
    body = {"reason": typed.reason} | ({"document": typed.document} if typed.document else {})
    try:
        path = f"/v1/consents/{consent}/withdrawal"
        await request.app.state.services.post("policy", path, who.token, body)
    except Refused as error:
        refused = typed.refused(_why(request, error))
        return await _shown(request, who, {str(consent): refused}, status=error.status)
    return RedirectResponse("/dong-y?done=withdrawn", 303)


def _why(request: Request, error: Refused) -> tuple[str, str]:
    """What policy said; raised again where the person has to log in, or nobody can help."""
    if error.status == 401 or error.status >= 500:
        raise error
    return error.texts(words.language_of(request))


async def _shown(
    request: Request,
    who: Person,
    typed: Mapping[str, Typed] | None = None,
    *,
    draft: Draft | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    found = await app.services.get("policy", "/v1/consents", who.token, {"limit": 200})
    consents: list[dict[str, Any]] = found["consents"]
    return page(
        request,
        "consents.html",
        status=status,
        consents=[one | {"to": _to(one, language), "state": _state(one)} for one in consents],
        names=await app.names.of(consents, who),
        choices={
            name: [(one, _word(name, one, language)) for one in choices]
            for name, choices in CHOICES.items()
        },
        typed=typed or {},
        nothing=Typed(),
        draft=draft or Draft(),
        own_sender=who.organisation if "agency" in who.roles else "",
        done=done,
        may_record=who.may("policy", "consent.record"),
        may_withdraw=who.may("policy", "consent.withdraw"),
    )


def _to(consent: Mapping[str, Any], language: Language) -> dict[str, str]:
    """To what, for whom and for what was agreed, in words."""
    return {
        name: ", ".join(_word(name, one, language) for one in consent[name]) for name in CHOICES
    }


def _word(name: str, code: str, language: Language) -> str:
    if name == "identifiers":
        return words.kind_of_identifier(code, language)
    return words.sayer(language)(f"{name.removesuffix('s')}.{code}")


def _state(consent: Mapping[str, Any]) -> str:
    if consent["withdrawn_at"]:
        return "withdrawn"
    return "expired" if consent["expired_at"] else "given"
