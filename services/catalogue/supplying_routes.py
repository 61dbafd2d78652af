"""GET /v1/indicators and /v1/reporting-units: who supplies what, assigned by which decision, from which source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlmodel import Session

from services.catalogue import reading
from services.catalogue.entry import EntryKind
from services.catalogue.supplying import Supplied, Unit, supplied, units
from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.model.document import Document
from services.model.item import Source

Reader = Annotated[Access, Depends(allowed("entry.read"))]
router = APIRouter(prefix="/v1", tags=["supply"])


class IndicatorView(BaseModel):
    """An indicator of a statistical indicator system, and who supplies it; nulls are what the catalogue doesn't say.

    `assigned` is the decision that assigns it to the agency.
    """

    list: str
    code: str
    name: dict[str, str]
    item: str | None
    responsible: str | None
    form: str | None
    source: Source | None
    assigned: Document | None

    @classmethod
    def of(cls, one: Supplied) -> IndicatorView:
        """From what was found."""
        given = {name: one.body.get(name) for name in ("responsible", "form", "source", "assigned")}
        return cls(list=one.list, code=one.code, name=dict(one.name), item=one.item, **given)


class UnitView(BaseModel):
    """A reporting unit: an organisation that supplies something, with its forms and items."""

    id: str
    name: dict[str, str]
    kind: str
    province: str | None
    forms: Sequence[str]
    items: Sequence[str]

    @classmethod
    def of(cls, unit: Unit) -> UnitView:
        """From what was found."""
        body = unit.body
        return cls(
            id=unit.id,
            name=body["name"],
            kind=body["kind"],
            province=body.get("province"),
            forms=unit.forms,
            items=unit.items,
        )


@router.get("/indicators", summary="Chỉ tiêu, phân công, nguồn · Indicators, assignment, source")
def indicators(
    context: With,
    access: Reader,
    lacking: Annotated[
        bool, Query(description="Chỉ những chỉ tiêu chưa ai cung cấp · Those that nobody supplies")
    ] = False,
) -> list[IndicatorView]:
    """By the items in force, and those that nobody supplies; of an agency its own (QĐ 1618/QĐ-UBND, Điều 4 khoản 2
    điểm a; QĐ 1908/QĐ-TCTK, Điều 7 khoản 2 điểm a).
    """
    now = context.clock()
    with Session(context.engine) as session:
        codelists = reading.in_force(session, access, EntryKind.CODELIST, now)
        items = reading.in_force(session, access, EntryKind.ITEM, now)
    found = supplied(codelists, items)
    shown = (one for one in found if one.item or access.is_all)
    return [IndicatorView.of(one) for one in shown if not (lacking and one.item)]


@router.get("/reporting-units", summary="Đơn vị báo cáo và biểu mẫu · Reporting units")
def reporting_units(context: With, access: Reader) -> list[UnitView]:
    """By the items in force (QĐ 1908/QĐ-TCTK, Điều 7 khoản 2 điểm b)."""
    now = context.clock()
    with Session(context.engine) as session:
        organisations = reading.in_force(session, access, EntryKind.ORGANISATION, now)
        items = reading.in_force(session, access, EntryKind.ITEM, now)
    return [UnitView.of(unit) for unit in units(organisations, items)]
