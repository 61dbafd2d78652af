"""What an item owes for each of its periods, and by when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.document import Document, SignedFile
from services.model.due import FIRST_YEAR, LAST_YEAR, Due
from services.model.enumerations import Completeness
from services.model.messages import texts
from services.model.period import Period, PeriodError
from services.model.text import STRICT, ModelError, Text, plain, read


@dataclass(frozen=True, config=STRICT)
class Deadline:
    """One delivery of each period: the year is estimated twice, in two rounds.

    `grace` working days after it nobody is urged yet; `closes` working days after it a first delivery waits for the
    room, None for never. `since`: the first day of the first period that is owed, by the document that assigns it.
    """

    completeness: Completeness
    due: Due
    round: Annotated[int, Field(ge=1, le=99)] = 1
    grace: Annotated[int, Field(ge=0, le=60)] = 0
    closes: Annotated[int, Field(ge=1, le=400)] | None = None
    since: date | None = None


@dataclass(frozen=True, config=STRICT)
class Asked:
    """What a call asks for of each of its items: a period, at a completeness."""

    period: str
    completeness: Completeness
    round: Annotated[int, Field(ge=1, le=99)] = 1

    @model_validator(mode="after")
    def _of_a_time_that_people_ask_about(self) -> Self:
        try:
            period = Period.parse(self.period)
        except PeriodError:
            raise ModelError(texts("entry.no_period", period=self.period)) from None
        if not FIRST_YEAR <= period.start.year <= period.end.year <= LAST_YEAR:
            raise ModelError(
                texts("entry.period", period=self.period, first=FIRST_YEAR, last=LAST_YEAR)
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Call:
    """A document that calls for data, as Công văn 17809/BTC-CTK (R6, R44).

    Who is addressed owes by it, and nobody else; None for all who supply one of the items. One of the office's `own` is
    agreed with the national office's centre for collection, and approved (QĐ 1908/QĐ-TCTK, Điều 6 khoản 1 điểm b):
    before that nobody owes by it.
    """

    id: str
    origin: Literal["ministry", "committee", "own"]
    number: str
    issued_on: date
    title: Text
    items: Annotated[tuple[str, ...], Field(min_length=1)]
    asked: Annotated[tuple[Asked, ...], Field(min_length=1)]
    due: Due
    addressees: tuple[str, ...] | None = None
    grace: Annotated[int, Field(ge=0, le=60)] = 0
    closes: Annotated[int, Field(ge=1, le=400)] | None = None
    scan: SignedFile | None = None
    agreed: Document | None = None
    approved: Document | None = None

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for name in ("items", "asked", "addressees"):
            given = getattr(self, name) or ()
            if len(set(given)) < len(given):
                raise ModelError(texts("entry.twice", name=name))
        return self

    @model_validator(mode="after")
    def _agreed_before_approved(self) -> Self:
        if self.approved is not None and self.agreed is None:
            raise ModelError(texts("entry.not_agreed"))
        return self

    @property
    def is_binding(self) -> bool:
        """Whether anybody owes by it yet."""
        return self.origin != "own" or self.approved is not None

    @classmethod
    def from_dict(cls, data: Any) -> Call:
        """From plain data; raises ModelError naming each wrong place."""
        return read(cls, data, f"call {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)
