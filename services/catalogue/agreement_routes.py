"""GET /v1/agreements and /v1/offers: what rests on which signed document, and what agencies offer to share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlmodel import Session

from services.catalogue import reading
from services.catalogue.agreements import Agreed, Offer, offers, resting
from services.catalogue.entry import EntryKind
from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.model.document import SignedFile
from services.model.item import Category, Signatory
from services.model.regulation import day

Reader = Annotated[Access, Depends(allowed("entry.read"))]
router = APIRouter(prefix="/v1", tags=["agreements"])


class AgreementView(BaseModel):
    """A signed document: who are its parties, who signed, which file it is, and the items that rest on it.

    `lacking` names what of this is not known.
    """

    number: str
    signed_on: date
    valid_from: date
    valid_to: date | None
    in_force: bool
    parties: Sequence[str]
    signatories: Sequence[Signatory]
    file: SignedFile | None
    lacking: Sequence[str]
    items: Sequence[str]

    @classmethod
    def of(cls, agreed: Agreed) -> AgreementView:
        """From what was found."""
        agreement = agreed.agreement
        return cls(
            number=agreement.number,
            signed_on=agreement.signed_on,
            valid_from=agreement.valid_from,
            valid_to=agreement.valid_to,
            in_force=agreed.in_force,
            parties=agreement.parties or (),
            signatories=agreement.signatories or (),
            file=agreement.file,
            lacking=agreement.lacking,
            items=agreed.items,
        )


class RestingView(BaseModel):
    """How many items in force there are, how many rest on a signed document, and which."""

    items: int
    resting: int
    agreements: Sequence[AgreementView]
    without: Sequence[str]


class OfferView(BaseModel):
    """What an agency offers to share; `agreement` is the number of what commits it, None where the offer is open.

    Items from before frequencies were asked for have none.
    """

    item: str
    name: dict[str, str]
    content: dict[str, str]
    category: Category
    responsible: str
    form: str
    frequency: str | None = None
    supplied: dict[str, str]
    agreement: str | None

    @classmethod
    def of(cls, offer: Offer) -> OfferView:
        """From what was found."""
        shown = {name: offer.body[name] for name in cls.model_fields if name in offer.body}
        return cls(
            **{
                **shown,
                "item": offer.item,
                "category": offer.category,
                "agreement": offer.agreement,
            }
        )


@router.get("/agreements", summary="Văn bản đã ký và các mục dựa vào đó · Signed documents")
def agreements(context: With, access: Reader) -> RestingView:
    """Of the items in force: which rest on which document, and which on none (QĐ 1618/QĐ-UBND, Điều 8 khoản 1)."""
    now = context.clock()
    with Session(context.engine) as session:
        items = reading.in_force(session, access, EntryKind.ITEM, now)
    found = resting(items, day(now))
    return RestingView(
        items=len(items),
        resting=len(items) - len(found.without),
        agreements=[AgreementView.of(agreed) for agreed in found.agreements],
        without=found.without,
    )


@router.get("/offers", summary="Thông tin các cơ quan sẵn sàng chia sẻ · What agencies offer")
def shared(
    context: With,
    access: Reader,
    category: Annotated[Category | None, Query(examples=["dataset"])] = None,
) -> list[OfferView]:
    """Of the items in force those of regime sharing, of a category or all (QĐ 1618/QĐ-UBND, Điều 5 khoản 2)."""
    with Session(context.engine) as session:
        items = reading.in_force(session, access, EntryKind.ITEM, context.clock())
    return [OfferView.of(offer) for offer in offers(items, category)]
