"""A year of what an agency owed: on time, late, returned, month by month; for the office, of the agency it names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import paging, standing, words, year
from services.console.paging import Number
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.due import FIRST_YEAR, LAST_YEAR
from services.model.regulation import day

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
HERE = "/nam-cua-toi"
MOST = 5_000
"""As many as catalogue gives at once: more than anybody owes in a year."""
Year = Annotated[int | None, Query(alias="nam", ge=FIRST_YEAR, le=LAST_YEAR)]
Supplier = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,100}$")]


@router.get(HERE)
async def shown(
    request: Request, who: Who, wanted: Year = None, supplier: Supplier = "", number: Number = 1
) -> Response:
    """This year unless another is named; an agency's own."""
    app, language = request.app.state, words.language_of(request)
    now = day(app.context.clock()).year
    wanted = wanted or now
    is_agency = "agency" in who.roles
    whose = who.organisation if is_agency else supplier
    asked = {} if is_agency else {"supplier": whose}
    found = await _duties(request, who, wanted, whose) if whose else []
    return page(
        request,
        "year.html",
        year=year.year(wanted, found, language, number),
        said=year.said,
        tones=standing.TIMELINESS,
        whose=whose,
        name=words.in_language(await app.names.organisation(whose, who), language, whose),
        choices=[] if is_agency else await app.names.choices("organisation", who, language),
        address=lambda **more: paging.address(HERE, **asked | {"nam": wanted} | more),
        before=max(wanted - 1, FIRST_YEAR),
        after=min(wanted + 1, LAST_YEAR),
        is_this=wanted == now,
    )


async def _duties(request: Request, who: Person, wanted: int, supplier: str) -> list[Any]:
    asked = {
        "first": f"{wanted}-01-01",
        "last": f"{wanted}-12-31",
        "supplier": supplier,
        "limit": MOST,
    }
    answer = await request.app.state.services.get("catalogue", "/v1/duties", who.token, asked)
    found: list[Any] = answer["duties"]
    return found
