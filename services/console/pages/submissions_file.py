"""The list as it is filtered, as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from services.console import words
from services.console.inbox import Wanted
from services.console.pages.submissions import Asked, ask, meant
from services.console.session import Person, Who
from services.model.csv_file import csv_file
from services.model.regulation import VIETNAM, day
from services.model.text import Language

router = APIRouter(include_in_schema=False)
MOST = 5_000
AT_ONCE = 1_000
"""As many as intake gives in one answer."""
COLUMNS = (
    "id", "attempt", "form", "form_name", "sender", "sender_name", "area", "period", "period_name",
    "completeness", "state", "since", "received", "findings",
)  # fmt: skip


@router.get("/submissions.csv")
async def downloaded(request: Request, who: Who, wanted: Asked) -> Response:
    """At most 5,000 attempts; where there are more the last line says so."""
    attempts, total = await _all(request, who, wanted)
    language = words.language_of(request)
    say = words.sayer(language)
    names = await request.app.state.names.of(attempts, who)
    rows: list[Sequence[object]] = [list(_row(one, names, language)) for one in attempts]
    if total > MOST:
        rows.append([say("file.cut", count=len(attempts), total=total)])
    content = csv_file([say(f"file.{column}") for column in COLUMNS], rows)
    name = f"ho-so_{day(request.app.state.context.clock()).isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


async def _all(
    request: Request, who: Person, wanted: Wanted
) -> tuple[list[Mapping[str, Any]], int]:
    """The attempts, once each though some come in meanwhile, and how many there are."""
    named = await meant(request, who, wanted.search)
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    total = 0
    for offset in range(0, MOST, AT_ONCE):
        first = offset == 0
        page = await ask(request, who, wanted, named, offset, AT_ONCE, is_counted=first)
        total = page["total"] if first else total
        found |= {(one["id"], one["attempt"]): one for one in page["attempts"]}
        if len(page["attempts"]) < AT_ONCE:
            break
    return list(found.values()), total


def _row(attempt: Mapping[str, Any], names: Any, language: Language) -> Iterator[object]:
    """The cells of COLUMNS."""

    def name(kind: str, id_: str) -> str:
        return words.in_language(names.get((kind, id_)), language, id_)

    yield from (attempt["id"], attempt["attempt"])
    yield from (attempt["form"], name("form", attempt["form"]))
    yield from (attempt["sender"], name("organisation", attempt["sender"]))
    yield name("area", f"{attempt['area_list']}/{attempt['area']}")
    yield from (attempt["period"], words.period(attempt["period"], language))
    yield words.completeness(attempt, language)
    yield words.sayer(language)(f"state.{attempt['state']}")
    yield from (_moment(attempt["since"]), _moment(attempt["received_at"]))
    yield len(attempt["findings"])


def _moment(iso: str) -> str:
    """A time of Viet Nam as spreadsheets read it, and sort it."""
    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"
