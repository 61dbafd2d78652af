"""POST and GET /v1/releases: the leadership publishes figures of the indicator system, and all may see which are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, Field
from sqlmodel import Session

from services.catalogue.calendar import store
from services.catalogue.calendar.release import Document, Figure, Release, decide
from services.catalogue.entry import Refused
from services.catalogue.refusals import wrong
from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body, carried_out
from services.model.enumerations import Completeness

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,100}$")]
router = APIRouter(prefix="/v1", tags=["calendar"])


class Act(Body):
    """Which figure is published, and by which document of the office."""

    indicator_list: Code = Field(examples=["dp"])
    indicator: Code = Field(examples=["T0111"])
    area_list: Code = Field(examples=["34"])
    area: Code = Field(examples=["11"])
    period: str = Field(max_length=40, examples=["2025"])
    completeness: Completeness
    document_number: str = Field(pattern=r"^[\w./-]{1,60}$", examples=["15/TB-TKĐB"])
    document_date: date

    def figure(self) -> Figure:
        """What it publishes."""
        return Figure(
            self.indicator_list,
            self.indicator,
            self.area_list,
            self.area,
            self.period,
            self.completeness,
        )


class Released(Act):
    """An act that was made: by whom, and when."""

    release_id: UUID
    person: str
    released_at: AwareDatetime


@dataclass(frozen=True)
class Wanted:
    """The parameters of a question for acts: all of them must hold."""

    indicator_list: Annotated[Code | None, Query(examples=["dp"])] = None
    indicator: Annotated[Code | None, Query(examples=["T0111"])] = None
    area_list: Annotated[Code | None, Query(examples=["34"])] = None
    area: Annotated[Code | None, Query(examples=["11"])] = None
    period: Annotated[Code | None, Query(examples=["2025"])] = None
    completeness: Annotated[Completeness | None, Query()] = None


@router.post("/releases", status_code=201, summary="Công bố một chỉ tiêu · Release a figure")
async def release(
    act: Act,
    response: Response,
    context: With,
    access: Annotated[Access, Depends(allowed("calendar.release"))],
) -> Released:
    """201, or 200 where this document has released it before; both after the broker's acknowledgement."""

    def make(session: Session, now: datetime) -> tuple[Release, bool]:
        figure, document = act.figure(), Document(act.document_number, act.document_date)
        try:
            made = decide(figure, document, store.facts(session, figure), access.principal.id, now)
        except Refused as refused:
            raise wrong(422, "release", "catalogue.release", refused.flaws) from None
        if not store.add(session, made):
            return store.get(session, made.id), False
        context.outbox.add(session, made.event())
        return made, True

    made, is_new = await carried_out(context, make)
    if not is_new:
        response.status_code = 200
    return _shown(made)


@router.get(
    "/releases",
    dependencies=[Depends(allowed("calendar.read"))],
    summary="Những chỉ tiêu đã công bố · The figures that were released",
)
def releases(
    context: With,
    wanted: Annotated[Wanted, Depends()],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Released]:
    """The latest acts, newest first."""
    equal = {name: str(value) for name, value in vars(wanted).items() if value is not None}
    with Session(context.engine) as session:
        return [_shown(release) for release in store.listed(session, equal, limit)]


def _shown(made: Release) -> Released:
    return Released(
        **vars(made.figure),
        document_number=made.document.number,
        document_date=made.document.date,
        release_id=made.id,
        person=made.person,
        released_at=made.released_at,
    )
