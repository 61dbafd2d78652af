"""GET /v1/duties and /v1/duties/measures: who owes what, by when, how it stands, and how well it was met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime
from sqlmodel import Session

from services.catalogue import reading
from services.catalogue.duties.calendar import MEDIA_TYPE, calendar
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.measures import measured
from services.catalogue.duties.register import NoCalendar, Register, register
from services.catalogue.duties.standing import OPEN, State, Timeliness, heard_by
from services.catalogue.duties.views import DutiesView, DutyView, MeasuresView, MeasureView
from services.kernel.api import Context, With
from services.kernel.auth import Access
from services.kernel.problems import Problem
from services.kernel.signed import proof, reader
from services.model.due import FIRST_YEAR, LAST_YEAR
from services.model.enumerations import MeasuredBy
from services.model.messages import advice
from services.model.regulation import day, midnight
from services.model.sender import asker
from services.model.text import Language, Text

router = APIRouter(prefix="/v1/duties", tags=["duties"])
AROUND = timedelta(days=92)
"""Before and after the moment asked about, where nobody says which days."""
LONGEST = timedelta(days=1100)
WAITED = OPEN - {State.CLOSED}
CODE = r"^[A-Za-z0-9._-]{1,100}$"


Reader = Annotated[Access, Depends(reader("duty.read", proof(asker, reading.sender_key)))]


@dataclass(frozen=True)
class Wanted:
    """Which duties somebody asks for."""

    first: datetime
    last: datetime
    at: datetime
    supplier: str | None
    item: str | None
    room: str | None


def _wanted(
    context: With,
    first: Annotated[date | None, Query(description="Hạn từ ngày · Due from this day on")] = None,
    last: Annotated[date | None, Query(description="Hạn đến ngày · Due until this day")] = None,
    at: Annotated[
        AwareDatetime | None, Query(description="Tình trạng lúc đó · As it stood then")
    ] = None,
    supplier: Annotated[str | None, Query(pattern=CODE, description="Cơ quan · Supplier")] = None,
    item: Annotated[str | None, Query(pattern=CODE, description="Mục · Item")] = None,
    room: Annotated[str | None, Query(pattern=CODE, description="Phòng · Room")] = None,
) -> Wanted:
    """Terms of 92 days before and after, where no days are named."""
    moment = at or context.clock()
    asked = [one for one in (first, last, moment.date()) if one]
    if not all(FIRST_YEAR <= one.year <= LAST_YEAR for one in asked):
        raise Problem(422, "span", *advice("catalogue.duties.span", days=LONGEST.days))
    begins = midnight(first) if first else moment - AROUND
    ends = midnight(last) + timedelta(days=1) if last else max(begins, moment) + AROUND
    if not timedelta() < ends - begins <= LONGEST:
        raise Problem(422, "span", *advice("catalogue.duties.span", days=LONGEST.days))
    # A term that ends with a day is late from the next one on.
    instant = timedelta(microseconds=1)
    return Wanted(begins + instant, ends + instant, moment, supplier, item, room)


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get("", summary="Ai phải cung cấp gì, khi nào · Who owes what, by when")
def duties(
    context: With,
    access: Reader,
    wanted: Asked,
    state: Annotated[State | None, Query(description="Tình trạng · State")] = None,
    timeliness: Annotated[
        Timeliness | None, Query(description="Đúng hạn hay không · Timeliness")
    ] = None,
    submission: Annotated[
        tuple[UUID, ...],
        Query(max_length=200, description="Hồ sơ gửi gần nhất · The newest that came for it"),
    ] = (),
    limit: Annotated[int, Query(ge=1, le=5000, description="Số dòng · Page size")] = 1000,
    offset: Annotated[int, Query(ge=0, le=10**6, description="Bỏ qua · Left out before")] = 0,
) -> DutiesView:
    """By when their terms end; of an agency its own. The same question about a past moment has the same answer."""
    found = _found(context, access, wanted)
    shown = [
        (duty, stood)
        for duty, stood in found.duties
        if state in (None, stood.state)
        and timeliness in (None, stood.timeliness)
        and (not submission or stood.submission in submission)
    ]
    page = shown[offset : offset + limit]
    return DutiesView(
        at=wanted.at,
        total=len(shown),
        duties=[DutyView.of(duty, stood, found, wanted.at) for duty, stood in page],
        unread=found.unread if access.is_all else (),
    )


@router.get("/measures", summary="Đúng hạn và đầy đủ · Timeliness and completeness")
def measures(
    context: With,
    access: Reader,
    wanted: Asked,
    by: Annotated[MeasuredBy, Query(description="Theo · Told apart by")] = MeasuredBy.SUPPLIER,
) -> MeasuresView:
    """By group, of the duties whose terms end in the days asked about."""
    found = _found(context, access, wanted)
    owed = [(duty, stood) for duty, stood in found.duties if not found.is_shared(duty)]
    groups = measured(owed, GROUPS[by])
    return MeasuresView(
        at=wanted.at,
        by=by,
        measures=[
            MeasureView.of(group, _name(found, by, group), measure)
            for group, measure in sorted(groups.items())
        ],
    )


@router.get(
    "/calendar",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}},
    summary="Lịch các hạn · The terms as a calendar",
)
def as_calendar(
    context: With,
    access: Reader,
    wanted: Asked,
    lang: Annotated[Language, Query(description="Ngôn ngữ · Language")] = "vi",
) -> Response:
    """What is still waited for (iCalendar, RFC 5545), a day-long event on the last day of each."""
    found = _found(context, access, wanted)
    waited = [
        DutyView.of(duty, stood, found, wanted.at)
        for duty, stood in found.duties
        if stood.state in WAITED
    ]
    return Response(calendar(waited, wanted.at, lang), media_type=MEDIA_TYPE)


GROUPS: Mapping[MeasuredBy, Callable[[Duty], str]] = {
    MeasuredBy.SUPPLIER: lambda duty: duty.supplier,
    MeasuredBy.ITEM: lambda duty: duty.key.item,
    # A report is its own room's.
    MeasuredBy.ROOM: lambda duty: (duty.supplier if duty.report else duty.recipient) or "",
    MeasuredBy.MONTH: lambda duty: f"{day(duty.late_from - timedelta(microseconds=1)):%Y-%m}",
}


def _name(found: Register, by: MeasuredBy, group: str) -> Text | None:
    """What people call a group; None for a month, and for what has no room."""
    match by:
        case MeasuredBy.ITEM:
            return found.items[group].name
        case MeasuredBy.SUPPLIER | MeasuredBy.ROOM if group:
            return found.names.organisation(group)
        case _:
            return None


def _found(context: Context, access: Access, wanted: Wanted) -> Register:
    with Session(context.engine) as session:
        try:
            found = register(session, wanted.first, wanted.last, wanted.at)
        except NoCalendar:
            raise Problem(409, "no-calendar", *advice("catalogue.duties.calendar")) from None
    own = access.principal.organisation
    shown = [
        # An agency hears what was said to it, and not to whoever owed it before.
        (duty, stood if duty.supplier != own else heard_by(stood, own))
        for duty, stood in found.duties
        if access.reaches(duty.supplier, duty.recipient)
        and wanted.supplier in (None, duty.supplier)
        and wanted.item in (None, duty.key.item)
        and wanted.room in (None, duty.recipient)
    ]
    return replace(found, duties=shown)
