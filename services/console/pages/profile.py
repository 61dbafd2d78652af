"""Who I am to this product, until when I am logged in, and the change of my password."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import session, words
from services.console.pages.login import PASSWORD, why
from services.console.rendering import TITLES, page
from services.console.security import form_of
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused

router = APIRouter(include_in_schema=False)


@router.get("/toi", dependencies=[Depends(switch_language)])
async def shown(request: Request, who: Who) -> Response:
    """What the person's token says, in words."""
    return await _shown(request, who)


@router.post(PASSWORD)
async def changed(request: Request, who: Who) -> Response:
    """By the current one; all sessions end, this one too, so it leads to the login. No password is shown again."""
    fields = await form_of(request)
    say, new = words.sayer(words.language_of(request)), fields.get("password", "")
    if new != fields.get("again", ""):
        return await _shown(request, who, (say("password.different"), ""))
    body = {"current": fields.get("current", ""), "password": new}
    try:
        path = f"/v1/people/{quote(who.id, safe='')}/password"
        await request.app.state.services.put("catalogue", path, who.token, body)
    except Refused as error:
        if error.status == 401 or error.status >= 500:
            raise
        if error.status == 403:
            wrong = say("profile.password.wrong"), say("profile.password.wrong.mend")
            return await _shown(request, who, wrong)
        return await _shown(request, who, why(error, words.language_of(request)))
    session.forget(request)
    return RedirectResponse("/login?done=password", 303)


async def _shown(request: Request, who: Person, problem: tuple[str, str] | None = None) -> Response:
    app, language = request.app.state, words.language_of(request)
    units = await app.names.organisations([who.organisation, *who.rooms, *who.lent], who)
    people = await app.names.people([{"person": id_} for id_ in who.lent.values()], who, language)

    def called(unit: str) -> str:
        return words.in_language(units.get(unit), language, unit)

    return page(
        request,
        "profile.html",
        status=422 if problem else 200,
        problem=problem,
        organisation=called(who.organisation),
        roles=[role for role in TITLES if role in who.roles],
        rooms=sorted(called(room) for room in who.rooms - who.lent.keys()),
        lent=sorted((called(room), people.get(id_, id_)) for room, id_ in who.lent.items()),
        ends=words.moment(who.ends_at.isoformat() if who.ends_at else None, language),
        may_change=who.may("catalogue", "password.change"),
        may_sign=who.may("catalogue", "key.propose"),
        action=PASSWORD,
    )
