"""What the office has published: by which document, who entered it; and who may read figures before that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import indicators, paging, words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.paging import Number, Part
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language

router = APIRouter(include_in_schema=False)
HERE, BEFORE = "/cong-bo", "/cong-bo/doc-truoc"
MOST = 1_000
"""As many as catalogue tells at once."""


@dataclass(frozen=True)
class Wanted:
    """Of which indicator and period releases are shown; it stays in the address. `indicator` as a form names it."""

    indicator: Annotated[str, Query(max_length=210)] = ""
    period: Annotated[str, Query(max_length=40)] = ""

    def address(self, **more: object) -> str:
        """The page's address."""
        return paging.address(HERE, **vars(self), **more)

    @property
    def query(self) -> dict[str, str]:
        """The same as catalogue asks for it."""
        list_, _, code = self.indicator.partition(" ")
        named = {"indicator_list": list_, "indicator": code, "period": self.period.strip()}
        return {name: value for name, value in named.items() if value}


Asked = Annotated[Wanted, Depends()]


@router.get(HERE, dependencies=[Depends(switch_language)])
async def listed(
    request: Request, who: Who, wanted: Asked, number: Number = 1, done: str = ""
) -> Response:
    """The newest first."""
    return await _shown(request, who, wanted, number, is_done=done == "released")


@router.post(HERE)
async def released(request: Request, who: Who, wanted: Asked, number: Number = 1) -> Response:
    """Has catalogue enter that a figure is published, which ends its embargo."""
    typed = await typed_of(request)
    figure = indicators.figure_of(typed)
    wish: Wish | str = "release.missing"
    document = typed.given("document_number", "document_date")
    if figure and len(document) == 2:
        back = paging.address(HERE, done="released")
        wish = Wish("catalogue", "/v1/releases", figure | document, back)

    async def show(draft: Typed, status: int) -> Response:
        return await _shown(request, who, wanted, number, draft=draft, status=status)

    return await hand_over(request, who, typed, wish, show)


@router.get(BEFORE, dependencies=[Depends(switch_language)])
async def before(
    request: Request,
    who: Who,
    audience: Annotated[str, Query(max_length=100)] = "",
    number: Number = 1,
) -> Response:
    """Who may read what before it is published, the newest first; those of one reader, or all."""
    names = request.app.state.names
    query = {"audience": audience or None}
    part = await paging.asked(request, who, "/v1/pre-releases", "pre_releases", number, query)
    rows = [dict(row) for row in part.rows]
    return page(
        request,
        "pre_releases.html",
        part=part,
        audience=audience,
        address=lambda **more: paging.address(BEFORE, **{"audience": audience} | more),
        names=await names.of(rows, who),
        readers=await names.organisations({row["audience_id"] for row in rows}, who),
    )


async def _shown(
    request: Request,
    who: Person,
    wanted: Wanted,
    number: int,
    *,
    draft: Typed | None = None,
    is_done: bool = False,
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    rows: Sequence[Any] = await app.services.get(
        "catalogue", "/v1/releases", who.token, wanted.query | {"limit": MOST}
    )
    part = Part.among(rows, number)
    return page(
        request,
        "releases.html",
        status=status,
        part=part,
        wanted=wanted,
        called=await indicators.called(request, who, part.rows),
        people=await app.names.people(part.rows, who, language),
        offered=await indicators.offered(request, who),
        draft=draft or Typed(),
        is_done=is_done,
        may_release=who.may("catalogue", "calendar.release"),
        may_see_before=who.may("policy", "prerelease.read"),
    )
