"""Logging in and out; setting a password by a one-time link; a form that came when the session had ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.console import navigation, session, words
from services.console.calls import Away
from services.console.rendering import page
from services.console.security import form_of
from services.console.session import Who
from services.console.words import switch_language
from services.kernel.refused import Refused

router = APIRouter(include_in_schema=False)
HOME = "/"
PASSWORD = "/toi/mat-khau"
"""Where a person changes the password that it has."""
OWN = ("/login", "/logout", "/password", PASSWORD)
"""Whose forms hold passwords, or nothing that anybody wrote: they are never shown again."""
UNSENT = "unsent-"
"""What the names of fields begin with that are kept through a login."""


@dataclass(frozen=True)
class Unsent:
    """A form that came when the session had ended: the page that takes it, what had been written, and by whom.

    `author` is the person's id, blank where nobody knows it any more.
    """

    action: str
    fields: Mapping[str, str]
    author: str = ""


@router.get("/", dependencies=[Depends(switch_language)])
async def home(who: Who) -> Response:
    """Leads to the person's first page."""
    return RedirectResponse(navigation.home(who), 303)


@router.get("/login", dependencies=[Depends(switch_language)])
async def asked(request: Request, next: str = HOME, done: str = "") -> Response:
    """The form; after one's password was changed, with a word of thanks."""
    return form(request, next, is_changed=done == "password")


@router.post("/login")
async def tried(request: Request) -> Response:
    """Logs in and goes on to where the person wanted to, or to what had been written.

    Else says what catalogue says, and keeps the name.
    """
    fields = await form_of(request)
    name, password = fields.get("person", "").strip(), fields.get("password", "")
    target, unsent = local(fields.get("next", "")), unsent_of(fields)
    say = words.sayer(words.language_of(request))
    if not name or not password:
        problem = (say("login.missing"), "")
        return form(request, target, name, problem=problem, unsent=unsent, status=422)
    try:
        person = request.state.person = await session.log_in(request, name, password)
    except Away:
        problem = say("trouble.away"), say("trouble.away.mend")
        return form(request, target, name, problem=problem, unsent=unsent, status=503)
    except Refused as error:
        texts = error.texts(words.language_of(request))
        problem = texts if texts[0] else (say("login.wrong"), "")
        return form(request, target, name, problem=problem, unsent=unsent, status=401)
    # What one person wrote is not shown to another who logs in in the same browser.
    if unsent and unsent.author in ("", person.id):
        return page(request, "unsent.html", title="unsent.title", unsent=unsent)
    return RedirectResponse(target, 303)


@router.post("/logout")
async def ended(request: Request) -> Response:
    """Forgets who it was, and ends the session."""
    await form_of(request)
    await session.log_out(request)
    return RedirectResponse("/login", 303)


@router.get("/password", dependencies=[Depends(switch_language)])
async def password(request: Request, token: str = "") -> Response:
    """The form behind a one-time link."""
    return page(request, "password.html", token=token[:200], problem=None)


@router.post("/password")
async def password_set(request: Request) -> Response:
    """Sets the password that a one-time link lets somebody set, then leads to the login."""
    fields = await form_of(request)
    token, new = fields.get("token", "")[:200], fields.get("password", "")
    say = words.sayer(words.language_of(request))
    problem = None
    if new != fields.get("again", ""):
        problem = (say("password.different"), "")
    else:
        try:
            body = {"token": token, "password": new}
            await request.app.state.services.tell("catalogue", "/v1/passwords", body)
        except Refused as error:
            problem = why(error, words.language_of(request))
    if problem is None:
        return RedirectResponse("/login", 303)
    return page(request, "password.html", status=422, token=token, problem=problem)


def why(error: Refused, language: str) -> tuple[str, str]:
    """What catalogue says is wrong: the first flaw, where it names some."""
    for flaw in error.problem.get("errors", ()):
        return str(flaw["what"][language]), str(flaw["mend"][language])
    return error.texts(language)


def local(address: str) -> str:
    """The address where it is a page of this site, else the first page: a link must not lead astray after the login."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    is_clean = address.isprintable() and address.isascii() and "\\" not in address
    return address if is_path and is_clean and not address.startswith("/log") else HOME


def form(
    request: Request,
    target: str = HOME,
    name: str = "",
    *,
    problem: tuple[str, str] | None = None,
    unsent: Unsent | None = None,
    is_changed: bool = False,
    status: int = 200,
) -> Response:
    """The login's form. What is `unsent` goes through it, and is shown once more after the login."""
    values = {"next": local(target), "name": name, "problem": problem, "unsent": unsent}
    return page(request, "login.html", status=status, is_changed=is_changed, **values)


def unsent_of(fields: Mapping[str, str]) -> Unsent | None:
    """What goes through the login with these fields of its form; None for nothing."""
    action = local(fields.get("action", ""))
    if action == HOME:
        return None
    written = {
        name.removeprefix(UNSENT): value
        for name, value in fields.items()
        if name.startswith(UNSENT)
    }
    return Unsent(action, written, fields.get("author", ""))
