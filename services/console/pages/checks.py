"""A workbook checked before it is sent: chosen for a duty, and shown with what is wrong in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from services.console import figures, findings, words
from services.console.form import LOOK, Typed
from services.console.rendering import page
from services.console.security import CHECK, form_with_file
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.text import Language

router = APIRouter(include_in_schema=False)
ABOUT = ("form", "area_list", "area", "period", "completeness", "round")


@router.get(CHECK, dependencies=[Depends(switch_language)])
async def asked(request: Request, who: Who, duty: str = "") -> Response:
    """Which duty, and which workbook."""
    return await _shown(request, who, Typed({"duty": duty}))


@router.post(CHECK)
async def checked(request: Request, who: Who) -> Response:
    """The findings and the figures; or the workbook with them marked in it, to be taken away."""
    fields, upload = await form_with_file(request)
    typed, language = Typed(fields), words.language_of(request)
    say = words.sayer(language)
    duties = await _duties(request, who)
    duty = next((one for one in duties if one["id"] == typed["duty"]), None)
    lacking = "check.no_duty" if duty is None else "check.no_file" if upload is None else ""
    if typed[LOOK] or lacking or duty is None or upload is None:
        wrong = lacking or "unsent"
        problem = say(wrong), say(f"{wrong}.mend")
        return await _shown(request, who, replace(typed, problem=problem), status=422)
    about = {name: duty[name] for name in ABOUT} | {"sections": duty["section"]}
    services = request.app.state.services
    wants_marked = typed["do"] == "mark"
    path = "/v1/checks/marked" if wants_marked else "/v1/checks"
    more = {"lang": language} if wants_marked else {}
    try:
        answer = await services.upload("validation", path, who.token, upload.content, about | more)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        problem = error.texts(language)
        return await _shown(request, who, replace(typed, problem=problem), status=error.status)
    if not wants_marked:
        return await _shown(request, who, typed, answer.json(), upload.name)
    if answer.status_code == 204:
        problem = say("check.unmarked"), say("check.unmarked.mend")
        return await _shown(request, who, replace(typed, problem=problem))
    name = f"{duty['form']}_{duty['period'].replace('/', '-')}_danh-dau.xlsx"
    return Response(
        answer.content,
        media_type=answer.headers["content-type"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _duties(request: Request, who: Person) -> list[dict[str, Any]]:
    """What the person's organisation supplies by a form, the next to come first."""
    answer = await request.app.state.services.get(
        "catalogue", "/v1/duties", who.token, {"supplier": who.organisation}
    )
    return [one for one in answer["duties"] if one["form"] is not None]


async def _shown(
    request: Request,
    who: Person,
    typed: Typed,
    found: Mapping[str, Any] | None = None,
    file: str = "",
    status: int = 200,
) -> Response:
    language = words.language_of(request)
    duties = await _duties(request, who)
    return page(
        request,
        "check.html",
        status=status,
        typed=typed,
        options=[(one["id"], _named(one, language)) for one in duties],
        found=found,
        file=file,
        tables=figures.tables(found, language) if found else [],
        **_findings(found["report"], language) if found else {},
    )


def _named(duty: Mapping[str, Any], language: Language) -> str:
    name = words.in_language(duty["name"], language, duty["item"])
    what = words.completeness(duty, language)
    return f"{name}, {words.period(duty['period'], language)}, {what}"


def _findings(report: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What the section of findings shows of a report."""
    listed, more = findings.shown(report["findings"], len(report["findings"]), language, {})
    return {
        "verdict": report["verdict"],
        "listed": listed,
        "more": more,
        "counts": findings.counts(report["findings"]),
        "groups": findings.by_sheet(listed),
        "pictures": findings.pictures(report),
        "tally": findings.tally(report),
        "repairs": report["repairs"],
        "rules": report["rules"],
        "has_report": True,
    }
