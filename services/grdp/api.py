"""The compilers' API: what is known, or was known at any time, with its source; and totals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from pydantic import AwareDatetime
from sqlmodel import Session

from services.grdp import queries
from services.grdp.queries import Cursor
from services.grdp.representation import Observation, Page, Totals
from services.kernel.api import Context, bearer, context_of, create, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.problems import Problem
from services.kernel.settings import Settings
from services.model.messages import texts
from services.model.observation import Completeness
from services.model.period import Period, PeriodError

DESCRIPTION = (
    "Số liệu đầu vào để biên soạn GRDP, tra cứu được theo thời điểm bất kỳ. · "
    "The inputs of GRDP, as they are or as they were known at any time."
)
PARAMETERS = ("period", "as_of", "completeness", "area", "form", "limit", "cursor")
Inject = Annotated[Context, Depends(context_of)]


def compiler(config: Settings) -> str:
    """The token of those who compile GRDP."""
    return config.compiler_token.get_secret_value()


def operator(config: Settings) -> str:
    """The token of those who run the product."""
    return config.operator_token.get_secret_value()


def only(*known: str) -> Callable[[Request], None]:
    """A dependency that refuses parameters with any other name: a misspelt filter filters nothing."""

    def check(request: Request) -> None:
        unknown = sorted(set(request.query_params) - set(known))
        if unknown:
            raise _problem(
                400, "unknown_parameter", unknown=", ".join(unknown), known=", ".join(known)
            )

    return check


@dataclass(frozen=True)
class Wanted:
    """The parameters of a request for figures."""

    period: Annotated[
        str | None, Query(description="Kỳ · Time period of SDMX", examples=["2026-Q3"])
    ] = None
    as_of: Annotated[
        AwareDatetime | None,
        Query(
            description="Thời điểm biết · What was known then; default now",
            examples=["2026-11-23T12:00:00Z"],
        ),
    ] = None
    completeness: Annotated[
        Completeness | None, Query(description="Mức độ hoàn chỉnh · Completeness")
    ] = None
    area: Annotated[str | None, Query(description="Mã địa bàn · Code", examples=["11"])] = None
    form: Annotated[str | None, Query(description="Biểu · Form", examples=["cv17809-1"])] = None
    limit: Annotated[int, Query(ge=1, le=5000, description="Số dòng một trang · Page size")] = 1000
    cursor: Annotated[
        str | None, Query(description="`next` của trang trước · `next` of the page before")
    ] = None

    def filters(self) -> dict[str, str]:
        """Columns and what they must be; raises Problem for an unknown period."""
        wanted = {
            "period": _period(self.period) if self.period is not None else None,
            "completeness": self.completeness and self.completeness.value,
            "area": self.area,
            "form": self.form,
        }
        return {name: value for name, value in wanted.items() if value is not None}


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application of the grdp service."""
    app = create("grdp", "GRDP", DESCRIPTION, config, clock)
    _observations(app)
    _totals(app)
    return app


def _observations(app: FastAPI) -> None:
    @app.get(
        "/v1/observations",
        tags=["compilers"],
        summary="Số liệu đầu vào · Input figures",
        dependencies=[Depends(bearer(compiler)), Depends(only(*PARAMETERS))],
    )
    def observations(context: Inject, wanted: Annotated[Wanted, Depends()]) -> Page:
        """A page of figures as of one time. Those withdrawn by then are left out."""
        equal = wanted.filters()
        cursor = _cursor(wanted.cursor) if wanted.cursor is not None else None
        with Session(context.engine) as session:
            as_of = cursor.as_of if cursor else wanted.as_of or _now(session, context)
            after = cursor.after if cursor else None
            rows = queries.observations(session, as_of, equal, after, wanted.limit + 1)
        page = rows[: wanted.limit]
        more = len(rows) > wanted.limit
        return Page(
            as_of=as_of,
            observations=[Observation.model_validate(row) for row in page],
            next=str(Cursor(as_of, page[-1]["key_id"])) if more else None,
        )


def _totals(app: FastAPI) -> None:
    @app.get(
        "/v1/totals",
        tags=["operators"],
        summary="Đối chiếu · Totals for reconciliation",
        dependencies=[Depends(bearer(operator)), Depends(only())],
    )
    def totals(context: Inject) -> Totals:
        """How many submissions, attempts and figures are stored."""
        with Session(context.engine) as session:
            return Totals.model_validate(queries.totals(session))


def _now(session: Session, context: Context) -> datetime:
    """The present, or the newest vintage where the clock that stamped it is ahead of ours."""
    now = context.clock()
    return max(now, queries.last_vintage(session) or now)


def _period(text: str) -> str:
    try:
        return str(Period.parse(text))
    except PeriodError as error:
        raise _problem(422, "unknown_period", reason=str(error), period=text) from error


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise _problem(400, "unknown_cursor") from error


def _problem(status: int, code: str, reason: str | None = None, **values: str) -> Problem:
    title, mend = texts(f"grdp.{code}", **values), texts(f"grdp.{code}.mend", **values)
    more: dict[str, Any] = {"reason": reason} if reason else {}
    return Problem(status, code.replace("_", "-"), title.to_dict(), mend.to_dict(), **more)


if __name__ == "__main__":
    serve(create_app())
