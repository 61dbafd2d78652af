"""Parts of a form, sent by several, that do not fit together."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from sqlmodel import Session, col, select

from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.validation.routes import queries
from services.validation.routes.views import ComparedView, ComparisonsView
from services.validation.store import ComparedRow

router = APIRouter(prefix="/v1", tags=["verifications"])


@router.get("/section-comparisons", summary="Các phần chưa khớp · Sections that do not fit")
def listed(
    context: With, access: Annotated[Access, Depends(allowed("section.read"))]
) -> ComparisonsView:
    """Those with a part that the asker accepts or reads; they hold values of all parts, so all must be readable."""
    with Session(context.engine) as session:
        reads = queries.reads(session, access, context.clock())
        rows = session.exec(
            select(ComparedRow)
            .where(sa.func.jsonb_array_length(col(ComparedRow.failing)) > 0)
            .order_by(col(ComparedRow.compared_at).desc(), col(ComparedRow.about))
        )
        return ComparisonsView(
            comparisons=[
                ComparedView.of(row)
                for row in rows
                if all(reads(part.sender, row.form) for part in row.parts)
            ]
        )
