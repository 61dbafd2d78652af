"""The list of those who may read figures before the office publishes them: who, what, from when, by which article."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlmodel import Session, col, select

from services.kernel.api import Limit, Offset, With
from services.kernel.auth import Access, allowed
from services.policy.store import PreReleaseRow

Reader = Annotated[Access, Depends(allowed("prerelease.read"))]
router = APIRouter(prefix="/v1/pre-releases", tags=["pre-releases"])


class PreReleaseView(BaseModel):
    """That an audience could read an attempt from a time on; it stays in the list whatever follows."""

    audience_kind: str
    audience_id: str
    submission_id: UUID
    attempt: int
    decision: int
    sender: str
    form: str
    period: str
    completeness: str
    articles: list[dict[str, Any]]
    since: datetime


class PreReleases(BaseModel):
    """Entries of the list, the newest first."""

    pre_releases: list[PreReleaseView]


@router.get("", summary="Ai được đọc trước khi công bố · Who may read before publication")
def listed(
    context: With,
    access: Reader,
    audience: Annotated[str | None, Query(description="Its id")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> PreReleases:
    """The committee's and the national office's; who has read what of it is in grdp's reads."""
    wanted = select(PreReleaseRow)
    if audience is not None:
        wanted = wanted.where(PreReleaseRow.audience_id == audience)
    row = PreReleaseRow
    order = col(row.since).desc(), col(row.submission_id), col(row.attempt), col(row.audience_id)
    ordered = wanted.order_by(*order).limit(limit).offset(offset)
    with Session(context.engine) as session:
        return PreReleases(pre_releases=[_view(row) for row in session.exec(ordered)])


def _view(row: PreReleaseRow) -> PreReleaseView:
    names = ("sender", "form", "period", "completeness")
    return PreReleaseView(
        **row.model_dump(exclude={"head"}), **{name: getattr(row.head, name) for name in names}
    )
