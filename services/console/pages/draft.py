"""A draft: what is wrong with it, its figures, and the way on: made ready by one person, signed and sent by another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import figures, findings, words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.pages.checks import ABOUT, state_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused

router = APIRouter(include_in_schema=False, prefix="/ban-nhap/{draft}")
CLASSIFICATIONS = ("internal", "public", "work_secret")
"""What a content may be declared to be here; a state secret is never sent."""
NIL = ("none_occurred", "not_collected")


@router.get("", dependencies=[Depends(switch_language)])
async def shown(request: Request, who: Who, draft: UUID) -> Response:
    """The findings and the figures, and what comes next; what was sent is among the submissions."""
    found = await _draft(request, who, draft)
    return _to_submission(found) if found["sent"] else await _page(request, who, found)


@router.post("")
async def decided(request: Request, who: Who, draft: UUID) -> Response:
    """Makes it ready, signs and sends it, or discards it."""
    typed = await typed_of(request)
    path = f"/v1/drafts/{draft}"

    async def show(typed: Typed, status: int) -> Response:
        found = await _draft(request, who, draft)
        # Somebody else was first, or the same button was pressed twice.
        return (
            _to_submission(found)
            if found["sent"]
            else await _page(request, who, found, typed, status)
        )

    async def sent(answer: Mapping[str, Any]) -> Response:
        return _to_submission(answer)

    match typed["decision"]:
        case "discard":
            await request.app.state.services.delete("intake", path, who.token)
            return RedirectResponse("/kiem-tra", 303)
        case "prepare":
            body = typed.given("sha256", "classification", "reason", "nil")
            wish: Wish | str = Wish("intake", f"{path}/preparation", body, f"/ban-nhap/{draft}")
        case "sign" if typed["statement"]:
            body = typed.given("statement")
            wish = Wish("intake", f"{path}/submission", body, sent)
        case "confirm":
            body = typed.given("sha256", "prepared_at")
            wish = Wish("intake", f"{path}/confirmation", body, sent)
        case _:
            wish = "draft.unsigned"
    return await hand_over(request, who, typed, wish, show)


@router.get("/danh-dau")
async def marked(request: Request, who: Who, draft: UUID) -> Response:
    """The workbook with what was found marked in it."""
    found = await _draft(request, who, draft)
    language = words.language_of(request)
    answer = await _checked(request, who, found, "/v1/checks/marked", {"lang": language})
    if answer.status_code == 204:
        say = words.sayer(language)
        return await _page(
            request,
            who,
            found,
            Typed(problem=(say("check.unmarked"), say("check.unmarked.mend"))),
        )
    name = f"{found['form']}_{found['period'].replace('/', '-')}_danh-dau.xlsx"
    return Response(
        answer.content,
        media_type=answer.headers["content-type"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _to_submission(draft: Mapping[str, Any]) -> Response:
    sent = draft["sent"]
    return RedirectResponse(f"/submissions/{sent['submission_id']}?attempt={sent['attempt']}", 303)


async def _draft(request: Request, who: Person, id_: UUID) -> dict[str, Any]:
    found: dict[str, Any] = await request.app.state.services.get(
        "intake", f"/v1/drafts/{id_}", who.token
    )
    return found


async def _checked(
    request: Request, who: Person, draft: Mapping[str, Any], path: str, more: Mapping[str, str]
) -> Any:
    """What validation says of its workbook now: the form or the periods before may have changed since."""
    services = request.app.state.services
    source = f"/v1/drafts/{draft['id']}/content"
    async with services.download("intake", source, who.token) as answer:
        content = await answer.aread()
    about = {name: draft[name] for name in ABOUT} | {"sections": draft["sections"] or None}
    about["nil"] = draft["prepared"] and draft["prepared"]["nil"]
    return await services.upload("validation", path, who.token, content, about | dict(more))


async def _page(
    request: Request,
    who: Person,
    draft: dict[str, Any],
    typed: Typed | None = None,
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await _checked(request, who, draft, "/v1/checks", {})
    found = answer.json()
    report = found["report"]
    inputs = await _to_sign(request, who, draft)
    names = await app.names.of([draft | {"sender": who.organisation}], who)
    title = words.in_language(names.get(("form", draft["form"])), language, draft["form"])
    return page(
        request,
        "draft.html",
        status=status,
        draft=draft,
        state=state_of(draft),
        title=title,
        typed=typed or Typed(),
        people=await app.names.people([draft], who, language),
        classifications=CLASSIFICATIONS,
        nil=NIL,
        inputs=json.dumps(inputs),
        may_prepare=who.may("intake", "draft.prepare"),
        may_sign=who.may("intake", "draft.sign"),
        may_confirm=await _may_confirm(request, who, draft),
        is_same=bool(draft["prepared"]) and draft["prepared"]["by"] == who.id,
        is_marked=found["is_marked"],
        tables=figures.tables(found, language),
        verdict=report["verdict"],
        has_report=True,
        **findings.section(report["findings"], report, language, {}),
    )


async def _to_sign(request: Request, who: Person, draft: Mapping[str, Any]) -> dict[str, str]:
    """What is to be signed, by the key: of the reader's own confirmed keys; none where it can't be signed now."""
    if not who.may("intake", "draft.sign") or not draft["prepared"]:
        return {}
    services = request.app.state.services
    keys = (await services.get("catalogue", "/v1/own-keys", who.token))["keys"]
    confirmed = [one["id"] for one in keys if one["is_confirmed"]]
    path = f"/v1/drafts/{draft['id']}/statement"
    try:
        given = await asyncio.gather(
            *(services.get("intake", path, who.token, {"key": one}) for one in confirmed)
        )
    except Refused:
        return {}
    return {one["key"]: one["signing_input"] for one in given}


async def _may_confirm(request: Request, who: Person, draft: Mapping[str, Any]) -> bool:
    """Whether the office signs on this person's word."""
    if not who.may("intake", "countersigning.read") or not draft["prepared"]:
        return False
    services = request.app.state.services
    key = await services.get("intake", "/v1/countersigning-key", who.token)
    return bool(key["is_registered"])
