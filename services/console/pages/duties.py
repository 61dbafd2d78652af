"""Who owes what, by when: a matrix for the office, an agency's own list; what is said of a duty, asked and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.enumerations import CoordinationChannel
from services.model.text import Language

router = APIRouter(include_in_schema=False)
TIMELINESS = ("missing", "late", "on_time_then_returned", "open", "on_time", "excused")
TONES: Mapping[str, str] = {
    "missing": "bad", "late": "wait", "on_time_then_returned": "mend", "open": "busy",
    "on_time": "good", "excused": "past",
}  # fmt: skip
SETTLED = ("accepted", "nil", "excused")
DONE: Mapping[str, str] = {
    "extended": "decision", "excused": "decision", "difficulty_forwarded": "forwarding",
    "announced_late": "announcement", "extension_requested": "request", "difficulty_reported": "difficulty",
    "question": "question", "answer": "answer",
    "supplied": "supply", "supply_retracted": "retraction",
}  # fmt: skip
"""What may be said of a duty, by the button; and the path of catalogue that takes it."""
MORE: Mapping[str, tuple[str, ...]] = {"question": ("row", "column"), "supplied": ("on",)}
"""What else stands in a form."""
DATED = ("extended", "announced_late", "extension_requested")
ASKED = ("question", "answer")
"""These two stand in a form of their own, and may be said of what is settled, too."""
NOTHING = Typed()
Column = tuple[str, str, int]
"""A period, its completeness and round."""


@dataclass(frozen=True)
class Filter:
    """What of the duties is shown; it stays in the address."""

    first: date | None = None
    last: date | None = None
    timeliness: Annotated[str, Query(pattern="^[a-z_]{0,30}$")] = ""

    @property
    def query(self) -> dict[str, str]:
        """The parameters that are set."""
        return {name: str(value) for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Row:
    """One item, area and supplier of the matrix, with a duty or None for each column."""

    supplier: str
    name: str
    area: str
    duties: Sequence[Mapping[str, Any] | None]


@router.get("/nghia-vu", dependencies=[Depends(switch_language)])
async def listed(
    request: Request,
    who: Who,
    wanted: Annotated[Filter, Depends()],
    done: str = "",
    duty: UUID | None = None,
) -> Response:
    """By supplier and period; what lacks, is late or is asked about stands below once more, with what may be said; and
    `duty`, however it stands.
    """
    return await _shown(request, who, wanted, duty, done=done if done in DONE else "")


@router.post("/nghia-vu/{duty}")
async def said(
    request: Request, who: Who, duty: UUID, wanted: Annotated[Filter, Depends()]
) -> Response:
    """Hands what is said of a duty to catalogue, and shows the same duties again."""
    typed = await typed_of(request)

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, wanted, duty, typed, status=status)

    return await hand_over(request, who, typed, _wish(duty, typed, wanted), show)


def _wish(duty: UUID, typed: Typed, wanted: Filter) -> Wish | str:
    change = typed["decision"]
    if change == "supplied" and not typed["document"]:
        return "duty.no_document"
    if change not in DONE or (change != "supplied" and not typed["reason"]):
        return "duty.wordless" if change in ASKED else "duty.unsaid"
    body = typed.given("reason", "document", "channel", *MORE.get(change, ()))
    if change in DATED:
        if not typed["until"]:
            return "duty.undated"
        body["until"] = typed["until"]
    back = urlencode(wanted.query | {"done": change, "duty": str(duty)})
    return Wish("catalogue", f"/v1/duties/{duty}/{DONE[change]}", body, f"/nghia-vu?{back}")


async def _shown(
    request: Request,
    who: Person,
    wanted: Filter,
    chosen: UUID | None,
    typed: Typed = NOTHING,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await app.services.get("catalogue", "/v1/duties", who.token, wanted.query)
    duties: list[dict[str, Any]] = answer["duties"]
    names = await app.names.organisations(_organisations(duties), who)
    columns = sorted({_column(one) for one in duties})
    own = {one["id"] for one in duties if _is_own(one, who)}
    sent = [one for one in duties if one["id"] in own and one["supplied"]]
    also = {str(chosen)} - {one["id"] for one in sent}
    return page(
        request,
        "duties.html",
        status=status,
        wanted=wanted,
        query=urlencode(wanted.query),
        kinds=TIMELINESS,
        tones=TONES,
        columns=columns,
        rows=matrix(duties, columns, language),
        open=[one for one in duties if is_open(one) or one["id"] in also],
        settled=SETTLED,
        own=own,
        supplied=[one for one in sent if not is_open(one)],
        duties=duties,
        more=answer["total"] - len(duties),
        names=names,
        typed=typed,
        chosen=str(chosen),
        nothing=NOTHING,
        asked=ASKED,
        channels=list(CoordinationChannel),
        done=done,
        is_agency="agency" in who.roles,
        may_announce=who.may("catalogue", "duty.announce"),
        may_ask=who.may("catalogue", "duty.ask"),
        organisation=who.organisation,
        rooms=who.rooms,
        decidable={
            one["id"] for one in duties if who.reaches("catalogue", "duty.decide", one["room"])
        },
    )


def is_open(duty: Mapping[str, Any]) -> bool:
    """Whether something has still to come, or to be answered; pure."""
    asks = duty["requested"] is not None or any(one["is_open"] for one in duty["questions"])
    return duty["state"] not in SETTLED or asks


def _organisations(duties: Sequence[Mapping[str, Any]]) -> set[str]:
    suppliers = {one["supplier"] for one in duties}
    return suppliers | {asked["organisation"] for one in duties for asked in one["questions"]}


def _is_own(duty: Mapping[str, Any], who: Person) -> bool:
    """Whether it is a report, and this person may say by which document it was supplied."""
    return duty["form"] is None and who.reaches("catalogue", "duty.supply", duty["supplier"])


def matrix(
    duties: Sequence[Mapping[str, Any]], columns: Sequence[Column], language: Language
) -> list[Row]:
    """A row for each supplier, item and area, a cell for each column; pure."""
    cells: dict[tuple[str, str, str, str], dict[Column, Mapping[str, Any]]] = {}
    for one in duties:
        name = words.in_language(one["name"], language, one["item"])
        area = f"{one['area_list']}/{one['area']}"
        cells.setdefault((one["supplier"], name, one["item"], area), {})[_column(one)] = one
    several = {key[2] for key in cells if sum(other[2] == key[2] for other in cells) > 1}
    return [
        Row(supplier, name, area if item in several else "", [row.get(one) for one in columns])
        for (supplier, name, item, area), row in sorted(cells.items(), key=lambda each: each[0])
    ]


def _column(duty: Mapping[str, Any]) -> Column:
    return duty["period"], duty["completeness"], duty["round"]
