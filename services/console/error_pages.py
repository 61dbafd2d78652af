"""What goes wrong, as a page in plain words: what happened, whether anything is lost, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from services.console import session, words
from services.console.calls import Away
from services.console.pages import login
from services.console.rendering import page
from services.console.security import Forged, form_of
from services.console.session import LoginNeeded
from services.console.words import Switched
from services.kernel.refused import Refused

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Gives every error of the application its page."""
    app.add_exception_handler(LoginNeeded, _login_needed)
    app.add_exception_handler(Switched, _switched)
    app.add_exception_handler(Forged, _forged)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Away, _away)
    app.add_exception_handler(RequestValidationError, _absent)
    app.add_exception_handler(HTTPException, _http)


def error_page(request: Request, status: int, name: str) -> Response:
    """The page of one of the console's own troubles."""
    say = words.sayer(words.language_of(request))
    title, advice = say(f"trouble.{name}"), say(f"trouble.{name}.mend")
    return page(request, "trouble.html", status=status, title=title, advice=advice)


async def _login_needed(request: Request, error: Exception) -> Response:
    if "text/event-stream" in request.headers.get("accept", ""):
        return error_page(request, 401, "logged_out")
    if request.method != "GET":
        return await _kept(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = "/login" if here == "/" else f"/login?next={quote(here, safe='')}"
    return RedirectResponse(target, 303)


async def _kept(request: Request) -> Response:
    """The login, through which goes what the person had written; never a password."""
    say = words.sayer(words.language_of(request))
    ended = say("trouble.logged_out")
    if request.url.path in login.OWN:
        problem = ended, say("trouble.logged_out.mend")
        return login.form(request, "/toi", problem=problem, status=401)
    try:
        fields: Mapping[str, str] | None = await form_of(request)
    except Forged as forged:
        fields = forged.fields
    if fields is None:
        return error_page(request, 401, "logged_out")
    unsent = login.Unsent(request.url.path, fields, session.subject(request))
    problem = ended, say("unsent.lead")
    return login.form(request, problem=problem, unsent=unsent, status=401)


async def _switched(request: Request, error: Exception) -> Response:
    assert isinstance(error, Switched)
    return RedirectResponse(error.url, 303)


async def _forged(request: Request, error: Exception) -> Response:
    """What somebody wrote before a login in another window changed the cookie is shown once more."""
    assert isinstance(error, Forged)
    if error.fields is None:
        return error_page(request, 403, "forged")
    if request.url.path == "/login" and (unsent := login.unsent_of(error.fields)):
        say = words.sayer(words.language_of(request))
        problem = say("trouble.forged"), say("unsent.lead")
        return login.form(request, problem=problem, unsent=unsent, status=403)
    if request.url.path in login.OWN:
        return error_page(request, 403, "forged")
    unsent = login.Unsent(request.url.path, error.fields)
    return page(request, "unsent.html", status=403, title="unsent.changed", unsent=unsent)


async def _refused(request: Request, error: Exception) -> Response:
    """A service's own words, where it has any."""
    assert isinstance(error, Refused)
    if error.status == 401:
        return await _login_needed(request, LoginNeeded())
    title, advice = error.texts(words.language_of(request))
    if not title or error.status >= 500:
        return error_page(request, 502, "service")
    return page(request, "trouble.html", status=error.status, title=title, advice=advice)


async def _away(request: Request, error: Exception) -> Response:
    log.warning("a service is away", needed=str(error), path=request.url.path)
    answer = error_page(request, 503, "away")
    answer.headers["Retry-After"] = "5"
    return answer


async def _absent(request: Request, error: Exception) -> Response:
    """An address with a number or an id that can't be one."""
    return error_page(request, 404, "absent")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_page(request, 404, "absent")
    return error_page(request, error.status_code, "malformed")


def unforeseen(request: Request, error: Exception) -> Response:
    """The page of a mistake of ours, which the log has in full."""
    log.error("internal error", path=request.url.path, exc_info=error)
    return error_page(request, 500, "internal")
