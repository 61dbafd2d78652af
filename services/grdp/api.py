"""Figures as they are, or were known at any time, with their source; and totals.

Each asker gets what policy releases to its audience, and gets it only once the event that tells of
the read is on its topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Query, Request
from pydantic import AfterValidator, AwareDatetime
from sqlmodel import Session

from services.grdp import queries, reads, rebuilding
from services.grdp.audience import Audience, Read
from services.grdp.queries import Cursor
from services.grdp.reach import Reach
from services.grdp.reads import Reads
from services.grdp.representation import Digest, Digests, Observation, Page, Totals
from services.kernel import infrastructure
from services.kernel.api import With, create, every, repaired, serve
from services.kernel.auth import Access, allowed
from services.kernel.clock import Clock, utc_now
from services.kernel.command import carried_out
from services.kernel.comparison import Repair
from services.kernel.outbox import Outbox
from services.kernel.problems import Problem
from services.kernel.settings import Settings
from services.kernel.signed import proof, reader
from services.model.enumerations import Completeness
from services.model.messages import advice, texts
from services.model.period import Period, PeriodError
from services.model.sender import asker

DESCRIPTION = (
    "Số liệu đầu vào để biên soạn GRDP, tra cứu được theo thời điểm bất kỳ; ai được xem gì theo quyết định cho phép. · "
    "The inputs of GRDP, as they are or as they were known at any time, to whom they were released."
)
CODE = r"^[A-Za-z0-9._/-]{1,100}$"


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


@dataclass(frozen=True)
class Wanted:
    """The parameters of a request for figures."""

    period: Annotated[
        str | None, Query(description="Kỳ · Time period of SDMX", examples=["2026-Q3"])
    ] = None
    as_of: Annotated[
        Annotated[AwareDatetime, AfterValidator(_utc)] | None,
        Query(
            description="Thời điểm biết · What was known then; default now",
            examples=["2026-11-23T12:00:00Z"],
        ),
    ] = None
    completeness: Annotated[
        Completeness | None, Query(description="Mức độ hoàn chỉnh · Completeness")
    ] = None
    area_list: Annotated[
        str | None, Query(pattern=CODE, description="Danh mục địa bàn · List", examples=["63"])
    ] = None
    area: Annotated[
        str | None, Query(pattern=CODE, description="Mã địa bàn · Code", examples=["11"])
    ] = None
    form: Annotated[
        str | None, Query(pattern=CODE, description="Biểu · Form", examples=["cv17809-1"])
    ] = None
    indicator_list: Annotated[
        str | None, Query(pattern=CODE, description="Bộ chỉ tiêu · List", examples=["dp"])
    ] = None
    indicator: Annotated[
        str | None, Query(pattern=CODE, description="Chỉ tiêu · Code", examples=["T0111"])
    ] = None
    limit: Annotated[int, Query(ge=1, le=5000, description="Số dòng một trang · Page size")] = 1000
    cursor: Annotated[
        str | None, Query(description="`next` của trang trước · `next` of the page before")
    ] = None

    def filters(self) -> dict[str, str]:
        """Columns and what they must be; raises Problem for an unknown period."""
        wanted = {
            "period": _period(self.period) if self.period is not None else None,
            "completeness": self.completeness and self.completeness.value,
            "area_list": self.area_list,
            "area": self.area,
            "form": self.form,
            "indicator_list": self.indicator_list,
            "indicator": self.indicator,
        }
        return {name: value for name, value in wanted.items() if value is not None}


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application of the grdp service."""
    app = create(
        "grdp",
        "GRDP",
        DESCRIPTION,
        config,
        clock,
        checks=[rebuilding.CHECK],
        chores=[rebuilding.keep_moving],
        background=every(infrastructure.SECONDS, infrastructure.look),
    )
    _observations(app)
    _digests(app)
    _reads(app)
    _totals(app)
    _feed(app)
    return app


def _observations(app: FastAPI) -> None:
    @app.get(
        "/v1/observations",
        tags=["figures"],
        summary="Số liệu đầu vào · Input figures",
    )
    async def observations(
        context: With,
        access: Annotated[Access, Depends(reader("observation.read", proof(asker)))],
        wanted: Annotated[Wanted, Depends()],
    ) -> Page:
        """A page of figures as of one time, of those that the asker may read.

        Those withdrawn by then are left out. A `figure.read` tells of each page, an empty one too;
        503 without any figure while that can't be published.
        """
        act = partial(_read, context.outbox, Audience.of(access), wanted)
        while (page := await carried_out(context, act)) is None:
            pass
        return page


def _read(
    outbox: Outbox, audience: Audience, wanted: Wanted, session: Session, now: datetime
) -> Page | None:
    """The page, with its event; None where a submission of the page was taken back while it was read."""
    equal = wanted.filters()
    cursor = _cursor(wanted.cursor) if wanted.cursor is not None else None
    as_of = cursor.as_of if cursor else wanted.as_of or _newest(session, now)
    after = cursor.after if cursor else None
    reach = Reach.of(session, audience, now)
    rows = queries.observations(session, reach, as_of, equal, after, wanted.limit + 1)
    page = rows[: wanted.limit]
    sources = reach.sources(session, page)
    if not queries.are_kept(session, sources):
        return None
    read = Read(uuid4(), as_of, now, equal, sources)
    event = read.event(audience)
    reads.keep(session, event)
    outbox.add(session, event)
    more = len(rows) > wanted.limit
    observations = [Observation.model_validate(row) for row in page]
    last = str(Cursor(as_of, page[-1]["key_id"])) if more else None
    has_none = not observations and not audience.is_compilers
    note = texts("grdp.nothing_granted").to_dict() if has_none else None
    return Page(as_of=as_of, observations=observations, next=last, note=note)


def _digests(app: FastAPI) -> None:
    @app.get(
        "/v1/digests/{submission}",
        tags=["figures"],
        summary="Đối chiếu số liệu với nhật ký bằng chứng · What compares figures with the evidence log",
        dependencies=[Depends(allowed("digest.read"))],
    )
    def digests(context: With, submission: UUID) -> Digests:
        """The salts of a submission's digests: for those who read all of its figures anyway.

        To anybody else a salt would betray a small number: the digest is public, and all that it
        may stand for is soon tried.
        """
        with Session(context.engine) as session:
            digests = queries.digests(session, str(submission))
        return Digests(
            digests=[
                Digest(
                    attempt=row.attempt,
                    decision=row.decision,
                    salt=row.salt.hex(),
                    digest=row.digest,
                )
                for row in digests
            ]
        )


def _reads(app: FastAPI) -> None:
    @app.get(
        "/v1/reads",
        tags=["auditors"],
        summary="Ai đã nhận số liệu nào, theo điều nào · Who received which figures, under which article",
        dependencies=[Depends(allowed("read.read"))],
    )
    def listed(
        context: With,
        person: Annotated[str | None, Query(pattern=CODE, description="Người · Person")] = None,
        organisation: Annotated[
            str | None, Query(pattern=CODE, description="Cơ quan · Organisation")
        ] = None,
        submission: Annotated[UUID | None, Query(description="Mã hồ sơ · Submission")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: Annotated[str | None, Query(description="`next` của trang trước")] = None,
    ) -> Reads:
        """The pages of figures that were read, newest first: who, as which audience, from which submissions."""
        given = {"person": person, "organisation": organisation}
        equal = {name: value for name, value in given.items() if value is not None}
        after = _cursor(cursor) if cursor is not None else None
        with Session(context.engine) as session:
            return reads.listed(session, equal, submission, after, limit)


def _totals(app: FastAPI) -> None:
    @app.get(
        "/v1/totals",
        tags=["operators"],
        summary="Đối chiếu · Totals for reconciliation",
        dependencies=[Depends(allowed("totals.read"))],
    )
    def totals(context: With) -> Totals:
        """How many submissions, attempts and figures are stored."""
        with Session(context.engine) as session:
            return Totals.model_validate(queries.totals(session))


def _feed(app: FastAPI) -> None:
    @app.post(
        "/v1/feed",
        tags=["operators"],
        summary="Dựng lại dòng số liệu cho người biên soạn · Make the feed what the store has",
        dependencies=[Depends(allowed("feed.rebuild"))],
    )
    def rebuilt(request: Request) -> Repair:
        """Only where they differ; safe to ask for at any time, and again."""
        return repaired(request, rebuilding.rebuild)


def _newest(session: Session, now: datetime) -> datetime:
    """The present, or the newest vintage where the clock that stamped it is ahead of ours."""
    return max(now, queries.last_vintage(session) or now)


def _period(text: str) -> str:
    try:
        return str(Period.parse(text))
    except PeriodError as error:
        raise _problem(422, "unknown_period", period=text) from error


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise _problem(400, "unknown_cursor") from error


def _problem(status: int, code: str, **values: str) -> Problem:
    return Problem(status, code.replace("_", "-"), *advice(f"grdp.{code}", **values))


if __name__ == "__main__":
    serve(create_app())
