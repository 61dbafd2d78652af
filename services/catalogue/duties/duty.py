"""A duty: what somebody owes for one period, and until when it is on time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID, uuid5

from services.model.enumerations import Completeness
from services.model.text import Text

DUTY = UUID("6f1d2a04-3f5e-5a0b-9f5c-7a2d3b8e4c11")


@dataclass(frozen=True, order=True)
class Key:
    """What is owed: an item, or a section of it, or a report, of an area and period, at a completeness. Who owes it may
    change, as bodies succeed. `section` is blank where the item names none.
    """

    item: str
    area_list: str
    area: str
    period: str
    completeness: Completeness
    round: int
    section: str = ""

    @cached_property
    def id(self) -> UUID:
        """The same wherever and whenever it is made."""
        parts = (self.item, self.area_list, self.area, self.period, self.completeness, self.round)
        section = f"/{self.section}" if self.section else ""
        return uuid5(DUTY, "/".join(str(part) for part in parts) + section)


@dataclass(frozen=True)
class Duty:
    """Who owes it to whom, by which form; moments are the first that are late, urged, closed.

    `call` is the document that called for it, blank where the item itself says when it is due. `report` is the name of
    one that the office owes: it goes by no form, which is blank then.
    """

    key: Key
    form: str
    supplier: str
    recipient: str | None
    late_from: datetime
    urged_from: datetime
    closed_from: datetime | None = None
    call: str = ""
    report: Text | None = None
