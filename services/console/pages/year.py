"""A year of what an agency owed: on time, late, returned, month by month; for the office, of the agency it names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import words, year
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.due import FIRST_YEAR, LAST_YEAR
from services.model.regulation import day

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
MOST = 5_000
"""As many as catalogue gives at once: more than anybody owes in a year."""
Number = Annotated[int | None, Query(alias="nam", ge=FIRST_YEAR, le=LAST_YEAR)]
Supplier = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,100}$")]
At = Annotated[int, Query(alias="page", ge=1, le=1_000)]


@router.get("/nam-cua-toi")
async def shown(
    request: Request, who: Who, wanted: Number = None, supplier: Supplier = "", number: At = 1
) -> Response:
    """This year unless another is named; an agency's own."""
    app, language = request.app.state, words.language_of(request)
    now = day(app.context.clock()).year
    wanted = wanted or now
    is_agency = "agency" in who.roles
    whose = who.organisation if is_agency else supplier
    found = await _duties(request, who, wanted, whose) if whose else []
    return page(
        request,
        "year.html",
        year=year.year(wanted, found, language, number),
        said=year.said,
        tones=year.TONES,
        whose=whose,
        name=words.in_language(await app.names.organisation(whose, who), language, whose),
        choices=[] if is_agency else await app.names.choices("organisation", who, language),
        asked={} if is_agency else {"supplier": whose},
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
