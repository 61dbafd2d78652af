"""GET /v1/duties and /v1/duties/measures: who owes what, by when, how it stands, and how well it was met."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from services.catalogue import store
from services.catalogue.duties.acts import Change, Said, id_of, said_by, say
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.measures import Measure, measured
from services.catalogue.duties.refusals import Code
from services.catalogue.duties.register import Register, register
from services.catalogue.duties.standing import Standing, State, Timeliness
from services.catalogue.duties.store import ActRow
from services.catalogue.entry import EntryKind, Version
from services.kernel.api import Context, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Act, Reasoned, Refused, carried_out
from services.kernel.db import lock
from services.kernel.problems import Problem
from services.kernel.signed import proof, reader
from services.model.enumerations import Completeness
from services.model.messages import advice
from services.model.regulation import VIETNAM, day
from services.model.sender import asker
from services.model.text import ModelError

router = APIRouter(prefix="/v1/duties", tags=["duties"])
AROUND = timedelta(days=92)
"""Before and after the moment asked about, where nobody says which days."""
AROUND_ACTS = timedelta(days=400)
"""So far from today a term may be that somebody speaks of."""
LONGEST = timedelta(days=1100)
CODE = r"^[A-Za-z0-9._-]{1,100}$"


def _key(session: Session, id_: str) -> Version | None:
    return store.newest(session, EntryKind.SENDER_KEY, id_)


Reader = Annotated[Access, Depends(reader("duty.read", proof(asker, _key)))]


class By(StrEnum):
    """What measures are told apart by; the month is that in which the term ends."""

    SUPPLIER = "supplier"
    ITEM = "item"
    ROOM = "room"
    MONTH = "month"


class DutyView(BaseModel):
    """What somebody owes, and how it stands. `due` is the last day on which it is on time, in Viet Nam.

    `submission` and `attempt` are the newest that came for it. `is_shared`: offered, not owed.
    """

    id: UUID
    item: str
    name: dict[str, str]
    form: str
    area_list: str
    area: str
    period: str
    completeness: Completeness
    round: int
    supplier: str
    room: str | None
    call: str | None
    is_shared: bool
    due: date
    late_from: AwareDatetime
    closed_from: AwareDatetime | None
    state: State
    timeliness: Timeliness
    first_received_at: AwareDatetime | None
    submission: UUID | None
    attempt: int | None

    @classmethod
    def of(cls, duty: Duty, stood: Standing, found: Register) -> DutyView:
        """From what was found."""
        key, item = duty.key, found.items[duty.key.item]
        return cls(
            id=key.id,
            item=key.item,
            name=item.name.to_dict(),
            form=duty.form,
            area_list=key.area_list,
            area=key.area,
            period=key.period,
            completeness=key.completeness,
            round=key.round,
            supplier=duty.supplier,
            room=duty.recipient,
            call=duty.call or None,
            is_shared=found.is_shared(duty),
            due=day(stood.late_from - timedelta(microseconds=1)),
            late_from=stood.late_from,
            closed_from=duty.closed_from,
            state=stood.state,
            timeliness=stood.timeliness,
            first_received_at=stood.first,
            submission=stood.submission,
            attempt=stood.attempt,
        )


class DutiesView(BaseModel):
    """The duties by when their terms end, as they stood `at`; `total` counts those of all pages."""

    at: AwareDatetime
    total: int
    duties: Sequence[DutyView]


class MeasureView(BaseModel):
    """How well a group's duties were met. `on_time` is the share of `counted` whose first attempt came in time and was
    not returned, `complete` that of what is accepted by now; both None where nothing counts.

    What is open or excused doesn't count; how long the office takes never does.
    """

    group: str
    counted: int
    on_time: float | None
    complete: float | None
    timeliness: Mapping[Timeliness, int]
    states: Mapping[State, int]

    @classmethod
    def of(cls, group: str, measure: Measure) -> MeasureView:
        """From what was counted."""
        return cls(
            group=group,
            counted=measure.counted,
            on_time=measure.on_time,
            complete=measure.complete,
            timeliness=measure.timeliness,
            states=measure.states,
        )


class MeasuresView(BaseModel):
    """The measures as they stood `at`; of duties alone, what is shared without one is measured apart."""

    at: AwareDatetime
    by: By
    measures: Sequence[MeasureView]


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
    begins = _midnight(first) if first else moment - AROUND
    ends = _midnight(last) + timedelta(days=1) if last else max(begins, moment) + AROUND
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
    limit: Annotated[int, Query(ge=1, le=5000, description="Số dòng · Page size")] = 1000,
    offset: Annotated[int, Query(ge=0, le=10**6, description="Bỏ qua · Left out before")] = 0,
) -> DutiesView:
    """By when their terms end; of an agency its own. The same question about a past moment has the same answer."""
    found = _found(context, access, wanted)
    shown = [
        (duty, stood)
        for duty, stood in found.duties
        if state in (None, stood.state) and timeliness in (None, stood.timeliness)
    ]
    page = shown[offset : offset + limit]
    return DutiesView(
        at=wanted.at,
        total=len(shown),
        duties=[DutyView.of(duty, stood, found) for duty, stood in page],
    )


@router.get("/measures", summary="Đúng hạn và đầy đủ · Timeliness and completeness")
def measures(
    context: With,
    access: Reader,
    wanted: Asked,
    by: Annotated[By, Query(description="Theo · Told apart by")] = By.SUPPLIER,
) -> MeasuresView:
    """By group, of the duties whose terms end in the days asked about."""
    found = _found(context, access, wanted)
    owed = [(duty, stood) for duty, stood in found.duties if not found.is_shared(duty)]
    groups = measured(owed, GROUPS[by])
    return MeasuresView(
        at=wanted.at,
        by=by,
        measures=[MeasureView.of(group, measure) for group, measure in sorted(groups.items())],
    )


GROUPS: Mapping[By, Callable[[Duty], str]] = {
    By.SUPPLIER: lambda duty: duty.supplier,
    By.ITEM: lambda duty: duty.key.item,
    By.ROOM: lambda duty: duty.recipient or "",
    By.MONTH: lambda duty: f"{day(duty.late_from - timedelta(microseconds=1)):%Y-%m}",
}


class Decision(Reasoned):
    """What the room grants: a later last day, or with none that nothing is owed."""

    until: date | None = Field(None, examples=["2026-12-05"])


class Announcement(Reasoned):
    """That it will be late: the day on which it will come."""

    until: date = Field(examples=["2026-12-05"])


class ActView(BaseModel):
    """What was said of a duty."""

    act_id: UUID
    duty: UUID
    change: Change
    until: AwareDatetime | None
    person: str
    organisation: str
    document: str | None
    at: AwareDatetime


@router.post("/{duty}/decision", status_code=201, summary="Gia hạn, miễn · Extend or excuse")
async def decide(
    duty: UUID,
    body: Decision,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.decide"))],
) -> ActView:
    """201 once it is recorded and published, also for the same sent again; 409 where it is met already."""
    change = Change.EXTENDED if body.until else Change.EXCUSED
    return await _said(context, access, duty, change, body, body.until)


@router.post("/{duty}/announcement", status_code=201, summary="Báo sẽ trễ · Announce a delay")
async def announce(
    duty: UUID,
    body: Announcement,
    context: With,
    access: Annotated[Access, Depends(allowed("duty.announce"))],
) -> ActView:
    """201 once it is recorded and published; its term stays, and reminders rest until that day."""
    return await _said(context, access, duty, Change.ANNOUNCED, body, body.until)


async def _said(
    context: Context,
    access: Access,
    duty: UUID,
    change: Change,
    body: Reasoned,
    last: date | None,
) -> ActView:
    who = access.principal
    act = Act(person=who.id, reason=body.reason, document=body.document)
    until = (_midnight(last) + timedelta(days=1)).astimezone(UTC) if last else None

    def carry_out(session: Session, now: datetime) -> Said:
        lock(session, f"catalogue duty {duty}")
        found = register(session, now - AROUND_ACTS, now + AROUND_ACTS, now)
        reached = {
            one.key.id: (one, stood)
            for one, stood in found.duties
            if access.reaches(one.supplier, one.recipient)
        }
        if duty not in reached:
            raise Refused(Code.NO_DUTY)
        owed, stood = reached[duty]
        id_ = id_of(duty, change, until, act)
        wish = Said(
            id=id_, duty=duty, change=change, until=until, organisation=who.organisation, at=now,
            **vars(act),
        )  # fmt: skip
        row = session.get(ActRow, id_)
        said, outcome = say(wish, owed, stood, said_by(row) if row else None)
        if outcome is not None:
            context.outbox.write(session, outcome, id_)
        return said

    said = await carried_out(context, carry_out)
    shown = {name: getattr(said, name) for name in ActView.model_fields if name != "act_id"}
    return ActView(act_id=said.id, **shown)


def _found(context: Context, access: Access, wanted: Wanted) -> Register:
    with Session(context.engine) as session:
        try:
            found = register(session, wanted.first, wanted.last, wanted.at)
        except ModelError as error:
            raise Problem(
                409, "no-calendar", *advice("catalogue.duties.calendar", why=error)
            ) from None
    shown = [
        (duty, stood)
        for duty, stood in found.duties
        if access.reaches(duty.supplier, duty.recipient)
        and wanted.supplier in (None, duty.supplier)
        and wanted.item in (None, duty.key.item)
        and wanted.room in (None, duty.recipient)
    ]
    return replace(found, duties=shown)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), VIETNAM)
