"""A workbook for a duty: chosen, checked, and kept for a day until it is sent; and what is kept so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import words
from services.console.form import LOOK, Typed
from services.console.rendering import page
from services.console.security import CHECK, form_with_file
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.enumerations import Completeness
from services.model.text import Language

router = APIRouter(include_in_schema=False)
ABOUT = ("form", "area_list", "area", "period", "completeness", "round")
OTHER = ("form", "period", "completeness")
"""What says as what a workbook is sent for which no duty asks."""
NAME = 200
"""Signs of a file's name that are kept."""


@router.get(CHECK, dependencies=[Depends(switch_language)])
async def asked(request: Request, who: Who, duty: str = "") -> Response:
    """Which duty, and which workbook; below it what was not sent yet."""
    return await _shown(request, who, Typed({"duty": duty}))


@router.post(CHECK)
async def kept(request: Request, who: Who) -> Response:
    """Keeps the workbook as a draft, and goes on to it."""
    fields, upload = await form_with_file(request)
    typed, language = Typed(fields), words.language_of(request)
    say = words.sayer(language)
    about = _stated(typed, await _duties(request, who))
    lacking = "check.no_duty" if about is None else "check.no_file" if upload is None else ""
    if typed[LOOK] or about is None or upload is None:
        wrong = "unsent" if typed[LOOK] else lacking
        problem = say(wrong), say(f"{wrong}.mend")
        return await _shown(request, who, replace(typed, problem=problem), status=422)
    about = {**about, "file_name": upload.name[-NAME:]}
    services = request.app.state.services
    try:
        answer = await services.upload("intake", "/v1/drafts", who.token, upload.content, about)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        problem = error.texts(language)
        return await _shown(request, who, replace(typed, problem=problem), status=error.status)
    return RedirectResponse(f"/ban-nhap/{answer.json()['id']}", 303)


@router.get(f"{CHECK}/bieu-trong")
async def blank(request: Request, who: Who, duty: str = "") -> Response:
    """The form of a duty to be filled in, with what the organisation reported before beside."""
    language = words.language_of(request)
    say = words.sayer(language)
    duties = await _duties(request, who)
    asked = next((one for one in duties if one["id"] == duty), None)
    if asked is None:
        typed = Typed(problem=(say("check.no_duty"), say("check.no_duty.mend")))
        return await _shown(request, who, typed, status=422)
    about = {name: asked[name] for name in ABOUT} | {"lang": language}
    path, services = "/v1/blank-forms", request.app.state.services
    async with services.download("validation", path, who.token, about) as answer:
        content = await answer.aread()
    headers = {"Content-Disposition": answer.headers["content-disposition"]}
    return Response(content, media_type=answer.headers["content-type"], headers=headers)


def _stated(typed: Typed, duties: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What it is sent as: what a duty asks for, or a form of one's own for a period; None where neither was chosen."""
    duty = next((one for one in duties if one["id"] == typed["duty"]), None)
    if duty is not None and not typed["form"]:
        return {name: duty[name] for name in ABOUT} | {"sections": duty["section"]}
    given = typed.given(*OTHER)
    return given if len(given) == len(OTHER) and not typed["duty"] else None


async def _forms(request: Request, who: Person) -> list[tuple[str, str]]:
    """The forms by which the person's organisation supplies anything, with their titles."""
    app = request.app.state
    try:
        found = await app.services.get("catalogue", "/v1/form", who.token)
    except Refused:
        return []
    named = [{"form": one["id"], "sender": who.organisation} for one in found]
    names = await app.names.of(named, who)
    language = words.language_of(request)
    return [
        (one["id"], words.in_language(names.get(("form", one["id"])), language, one["id"]))
        for one in found
    ]


async def _duties(request: Request, who: Person) -> list[dict[str, Any]]:
    """What the person's organisation supplies by a form, the next to come first."""
    answer = await request.app.state.services.get(
        "catalogue", "/v1/duties", who.token, {"supplier": who.organisation}
    )
    return [one for one in answer["duties"] if one["form"] is not None]


async def _shown(request: Request, who: Person, typed: Typed, status: int = 200) -> Response:
    language, app = words.language_of(request), request.app.state
    duties, unsent, forms = await asyncio.gather(
        _duties(request, who),
        app.services.get("intake", "/v1/drafts", who.token),
        _forms(request, who),
    )
    drafts = unsent["drafts"]
    names = {_about(one): words.in_language(one["name"], language, one["item"]) for one in duties}
    return page(
        request,
        "check.html",
        status=status,
        typed=typed,
        options=[(one["id"], _named(one, language)) for one in duties],
        forms=forms,
        completenesses=list(Completeness),
        drafts=[
            one | {"title": names.get(_about(one), one["form"]), "state": state_of(one)}
            for one in drafts
            if not one["sent"]
        ],
        people=await app.names.people(drafts, who, language),
    )


def state_of(draft: Mapping[str, Any]) -> str:
    """How far a draft is."""
    return "sent" if draft["sent"] else "prepared" if draft["prepared"] else "drafted"


def _about(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a duty and a draft for it have in common."""
    sections = one["sections"] if "sections" in one else one["section"] or ""
    return (*(one[name] for name in ABOUT), sections)


def _named(duty: Mapping[str, Any], language: Language) -> str:
    name = words.in_language(duty["name"], language, duty["item"])
    what = words.completeness(duty, language)
    return f"{name}, {words.period(duty['period'], language)}, {what}"
