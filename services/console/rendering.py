"""Templates to pages. Everything is escaped; a name that a template misspells is an error, not a blank."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console import navigation, words
from services.console.security import FORM_FIELD, form_token
from services.model.text import Language

HERE = Path(__file__).parent
STATIC = HERE / "static"
TITLES = (
    "administrator",
    "operator",
    "leader",
    "officer",
    "compiler",
    "auditor",
    "signatory",
    "agency",
)
"""The roles, the one that a person is first known by before the others."""

environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def asset(name: str) -> str:
    """The address of a static file, another one when its content changes, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


environment.globals["asset"] = asset


def fragment(template: str, language: Language, **values: Any) -> str:
    """A piece of a page."""
    loaded = environment.get_template(template)
    return loaded.render(t=words.sayer(language), language=language, words=words, **values)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page for the reader of this request."""
    language = words.language_of(request)
    person = getattr(request.state, "person", None)
    html = fragment(
        template,
        language,
        person=person,
        places=navigation.places(person),
        here=request.url.path,
        role=next((title for title in TITLES if person and title in person.roles), ""),
        form_field=FORM_FIELD,
        form_token=form_token(request),
        other_language=_other_language(request, language),
        **values,
    )
    headers = {"Content-Language": language, "Vary": "Cookie"}
    return HTMLResponse(html, status, headers)


def _other_language(request: Request, language: Language) -> str:
    """Where the same page is to be had in the other language; blank for what only this answer shows."""
    if request.method != "GET":
        return ""
    other = "en" if language == "vi" else "vi"
    url = request.url if "route" in request.scope else request.url.replace(path="/", query="")
    query = url.include_query_params(**{words.LANGUAGE_PARAMETER: other}).query
    return f"{url.path}?{query}"
