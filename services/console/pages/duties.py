"""Who owes what, by when: a matrix for the office, an agency's own list; what is said of a duty, asked and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import paging, standing, words
from services.console.form import Typed, Wish, hand_over, typed_of
from services.console.inbox import Day
from services.console.matrix import SETTLED, Duty, below, matrix, of, paged
from services.console.paging import Number
from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model.enumerations import CoordinationChannel

router = APIRouter(include_in_schema=False)
HERE = "/nghia-vu"
KINDS = ("missing", "late", "on_time_then_returned", "open", "on_time", "excused")
"""Of timeliness: what needs somebody first."""
DONE: Mapping[str, str] = {
    "extended": "decision", "excused": "decision", "extension_refused": "refusal",
    "difficulty_forwarded": "forwarding",
    "announced_late": "announcement", "extension_requested": "request", "difficulty_reported": "difficulty",
    "question": "question", "answer": "answer",
    "supplied": "supply", "supply_retracted": "retraction",
}  # fmt: skip
"""What may be said of a duty, by the button; and the path of catalogue that takes it."""
MORE: Mapping[str, tuple[str, ...]] = {
    "question": ("row", "column"),
    "answer": ("answers",),
    "supplied": ("on",),
}
"""What else stands in a form."""
DATED = ("extended", "announced_late", "extension_requested")
ASKED = ("question", "answer")
"""These two stand in a form of their own, and may be said of what is settled, too."""
NOTHING = Typed()
ALL = {"limit": "5000"}
"""More duties than an office has in half a year."""
CODE = r"^[A-Za-z0-9._-]{0,100}$"


@dataclass(frozen=True)
class Filter:
    """What of the duties is shown; it stays in the address."""

    first: Day = None
    last: Day = None
    timeliness: Annotated[str, Query(pattern="^[a-z_]{0,30}$")] = ""
    supplier: Annotated[str, Query(pattern=CODE)] = ""
    item: Annotated[str, Query(pattern=CODE)] = ""

    @property
    def query(self) -> dict[str, str]:
        """The parameters that are set."""
        return {name: str(value) for name, value in vars(self).items() if value}

    def address(self, path: str = HERE, **changes: object) -> str:
        """The address of what is shown, with these parameters changed."""
        return paging.address(path, **self.query | changes)


@router.get(HERE, dependencies=[Depends(switch_language)])
async def listed(
    request: Request,
    who: Who,
    wanted: Annotated[Filter, Depends()],
    done: str = "",
    duty: UUID | None = None,
    number: Number = 1,
) -> Response:
    """By supplier and period; what lacks, is late or is asked about stands below once more, with what may be said; and
    `duty`, however it stands.
    """
    return await _shown(request, who, wanted, duty, number, done=done if done in DONE else "")


@router.post(f"{HERE}/{{duty}}")
async def said(
    request: Request,
    who: Who,
    duty: UUID,
    wanted: Annotated[Filter, Depends()],
    number: Number = 1,
) -> Response:
    """Hands what is said of a duty to catalogue, and shows the same duties again."""
    typed = await typed_of(request)

    async def show(typed: Typed, status: int) -> Response:
        return await _shown(request, who, wanted, duty, number, typed, status=status)

    return await hand_over(request, who, typed, _wish(duty, typed, wanted, number), show)


def _wish(duty: UUID, typed: Typed, wanted: Filter, number: int) -> Wish | str:
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
    back = wanted.address(done=change, duty=duty, page=number)
    return Wish("catalogue", f"/v1/duties/{duty}/{DONE[change]}", body, back)


async def _shown(
    request: Request,
    who: Person,
    wanted: Filter,
    chosen: UUID | None,
    number: int,
    typed: Typed = NOTHING,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    app, language = request.app.state, words.language_of(request)
    answer = await app.services.get("catalogue", "/v1/duties", who.token, wanted.query | ALL)
    duties: list[Duty] = answer["duties"]
    is_agency = "agency" in who.roles
    # An agency's duties stand in a list alone.
    table, at = (None, paged(duties, number)) if is_agency else matrix(duties, language, number)
    own = {one["id"] for one in duties if _is_own(one, who)}
    shown = below(duties, table, at, str(chosen), own)
    return page(
        request,
        "duties.html",
        status=status,
        wanted=wanted,
        kinds=KINDS,
        tones=standing.TIMELINESS,
        table=table,
        at=at,
        below=shown,
        settled=SETTLED,
        duties=duties,
        own=own,
        blank={one["id"] for one in shown.open if _is_to_fill(one, who)},
        names=await app.names.organisations(_organisations([*shown.all, *of(table)]), who),
        typed=typed,
        chosen=str(chosen),
        nothing=NOTHING,
        asked=ASKED,
        channels=list(CoordinationChannel),
        done=done,
        is_agency=is_agency,
        may_announce=who.may("catalogue", "duty.announce"),
        may_ask=who.may("catalogue", "duty.ask"),
        organisation=who.organisation,
        rooms=who.rooms,
        decidable={
            one["id"] for one in shown.all if who.reaches("catalogue", "duty.decide", one["room"])
        },
    )


def _organisations(duties: Sequence[Mapping[str, Any]]) -> set[str]:
    suppliers = {one["supplier"] for one in duties}
    return suppliers | {asked["organisation"] for one in duties for asked in one["questions"]}


def _is_own(duty: Mapping[str, Any], who: Person) -> bool:
    """Whether it is a report, and this person may say by which document it was supplied."""
    return duty["form"] is None and who.reaches("catalogue", "duty.supply", duty["supplier"])


def _is_to_fill(duty: Mapping[str, Any], who: Person) -> bool:
    """Whether this person's organisation supplies it by a form, and has not yet."""
    is_own = duty["form"] is not None and duty["supplier"] == who.organisation
    return is_own and duty["state"] not in SETTLED and who.may("validation", "workbook.check")
