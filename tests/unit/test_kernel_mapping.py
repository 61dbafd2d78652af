"""Values in rows: whole in a column of JSON, or field by field; and rows that were written before a field was there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import col, select

from services.events.common import Article
from services.events.policy import (
    AudienceKind,
    Copy,
    Release,
    ReleasedFigure,
    ReleasedFlags,
    ReleaseState,
)
from services.kernel.mapping import Json
from services.policy.store import AttemptRow

DIALECT: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
NOW = datetime(2026, 11, 23, 8, 30, 15, 123456, tzinfo=UTC)
RELEASE = Release(
    audience_kind=AudienceKind.AGENCY, audience_id="so-noi-vu-dien-bien",
    state=ReleaseState.GRANTED, copy=Copy.FULL, not_before=NOW,
    articles=(Article(instrument="dien-bien-1618-2021", article="6", clause="2"),),
    only=(
        ReleasedFigure(
            indicator_list="dp", indicator="T0111", area_list="34", area="11", period="2025"
        ),
    ),
    flags=(ReleasedFlags(conf_status="F", conf_redist="", embargo_time=NOW),),
)  # fmt: skip


def through_json(kind: Any, value: Any) -> Any:
    column = Json(kind)
    kept = json.loads(json.dumps(column.process_bind_param(value, DIALECT)))
    return column.process_result_value(kept, DIALECT)


def test_what_a_column_of_json_keeps_comes_back_as_it_was() -> None:
    assert through_json(tuple[Release, ...], (RELEASE,)) == (RELEASE,)
    assert through_json(tuple[Release, ...], ()) == ()
    assert through_json(Release, None) is None
    back = through_json(Release, RELEASE)
    assert (type(back.state), back.not_before.utcoffset().total_seconds()) == (ReleaseState, 0)
    assert hash(back) == hash(RELEASE), "releases are compared, and counted, as values"


def test_a_row_of_before_gets_what_it_does_not_say() -> None:
    kept = Json(Release).process_bind_param(RELEASE, DIALECT)
    for name in ("flags", "not_before", "only", "object"):
        del kept[name]
    found = Json(Release).process_result_value(kept, DIALECT)
    assert (found.flags, found.not_before, found.only) == (None, None, None)
    del kept["articles"][0]["clause"]
    assert Json(Release).process_result_value(kept, DIALECT).articles[0].clause is None


def test_a_condition_asks_for_a_name_within_it() -> None:
    statement = select(AttemptRow).where(col(AttemptRow.head)["sender"].astext == "so-tai-chinh")
    compiled = statement.compile(dialect=DIALECT)
    assert "head ->> " in str(compiled)
    assert set(compiled.params.values()) == {"sender", "so-tai-chinh"}
