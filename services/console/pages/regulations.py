"""The law as the system keeps it: which article is kept by which policy, by the software, or by people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from services.console import words
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.messages import text
from services.model.text import Language

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
Id = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,100}$")]


@router.get("/quy-dinh")
async def listed(request: Request, who: Who) -> Response:
    """Every instrument: those of provinces, then national law."""
    regulations = await _all(request, who)
    return page(request, "regulations.html", regulations=regulations, numbers=_numbers(regulations))


@router.get("/quy-dinh/{regulation}")
async def shown(request: Request, who: Who, regulation: Id) -> Response:
    """One instrument, article by article."""
    services, language = request.app.state.services, words.language_of(request)
    answer = await services.get("policy", f"/v1/regulations/{regulation}", who.token)
    articles = [article | {"keeper": _keeper(article, language)} for article in answer["articles"]]
    numbers = _numbers(await _all(request, who)) if answer["replaced_by"] else {}
    return page(request, "regulation.html", regulation=answer, articles=articles, numbers=numbers)


async def _all(request: Request, who: Person) -> list[dict[str, Any]]:
    answer = await request.app.state.services.get("policy", "/v1/regulations", who.token)
    regulations: list[dict[str, Any]] = answer["regulations"]
    return regulations


def _numbers(regulations: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The numbers by which people know instruments, by id."""
    return {regulation["id"]: regulation["number"] for regulation in regulations}


def _keeper(article: dict[str, Any], language: Language) -> str:
    """Who keeps the article, and how, in words."""
    values = {
        "policies": ", ".join(article["policies"]),
        "how": words.in_language(article["how"], language) if article["how"] else "",
    }
    keeper = article["kept_by"] or "unknown"
    said: str = text(f"policy.keeper.{keeper}", language, **values)
    return said[:1].upper() + said[1:]
