"""What is sent: a form of 30 figures and one of 100,000, and right workbooks of both."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from secrets import token_hex
from typing import Any

from services.connector.keys import Key
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification, Statement, sign

SENDER = "bench-sender"
OFFICE = "thong-ke-dien-bien"
ORGANISATION = {
    "id": SENDER,
    "name": {"vi": "Đơn vị gửi để đo", "en": "The sender of the bench"},
    "kind": "finance_department",
    "province": "11",
}
"""It has no mailbox: what is measured ends with figures and states, not with mails."""
FIRST_YEAR = 1600


@dataclass(frozen=True)
class Size:
    """A form of `rows` times `columns` figures: each column an indicator, each row a breakdown of it."""

    form: str
    rows: int
    columns: int

    @property
    def figures(self) -> int:
        """Of one submission."""
        return self.rows * self.columns


SMALL = Size("bench-30", 10, 3)
LARGE = Size("bench-100000", 1000, 100)


@dataclass(frozen=True)
class Sending:
    """One submission: its own month, so that none is the correction of another."""

    size: Size
    period: str
    content: bytes

    def statement(self) -> Statement:
        """What the sender states now; each call is a sending of its own."""
        return Statement(
            sender=SENDER,
            aud=OFFICE,
            form=self.size.form,
            area_list="63",
            area="11",
            period=self.period,
            completeness=Completeness.ESTIMATE,
            regime=Regime.COORDINATION,
            classification=Classification.PUBLIC,
            sha256=sha256(self.content).hexdigest(),
            size=len(self.content),
            issued_at=datetime.now(UTC),
            nonce=token_hex(12),
        )

    def signed(self, key: Key) -> str:
        """The statement as the HTTP header carries it."""
        return sign(self.statement(), key.private)


class Maker:
    """Makes submissions that were never made before."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._months = count()

    def make(self, size: Size, number: int) -> list[Sending]:
        """So many submissions with random figures whose totals are right."""
        return [Sending(size, self._period(), workbook(size, self._rng)) for _ in range(number)]

    def _period(self) -> str:
        month = next(self._months)
        return f"{FIRST_YEAR + month // 12}-M{month % 12 + 1:02}"


def form(size: Size) -> dict[str, Any]:
    """The form, as the catalogue takes it: row 1 is the sum of all others."""
    columns = [
        {"id": f"c{number}", "role": "value", "headers": [[f"Giá trị {number}"]]}
        for number in range(1, size.columns + 1)
    ]
    rows = [
        {"code": str(number), "label": f"Chỉ tiêu {number}", "breakdown": f"r{number}"}
        for number in range(1, size.rows + 1)
    ]
    terms = " + ".join(str(number) for number in range(2, size.rows + 1))
    rules = [
        {"id": "numbers", "level": 0, "kind": "type", "table": "main", "expression": "number"},
        {"id": "sum", "level": 0, "kind": "total", "table": "main", "expression": f"1 = {terms}"},
    ]
    return {
        "id": size.form,
        "version": 1,
        "title": {"vi": "Biểu đo tải", "en": "A form to measure with"},
        "legal_basis": {"vi": "không: chỉ để đo", "en": "none: only to measure"},
        "source": "made up",
        "responsible": [
            {
                "section": {"vi": "Toàn biểu", "en": "All"},
                "organisation_kinds": ["finance_department"],
            }
        ],
        "frequencies": ["month"],
        "area_lists": ["63"],
        "regime": "coordination",
        "classification": "public",
        # Its figures are made up, and have no history to be measured by.
        "plausible_change": 100,
        "tables": [
            {
                "id": "main",
                "kind": "figures",
                "rows_by": "code",
                "indicators": "columns",
                "blank": "rest",
                "unit": {"code": "VND", "multiplier": 6, "labels": ["triệu đồng"]},
                "columns": [
                    {"id": "label", "role": "label", "headers": [["Chỉ tiêu"]]},
                    {"id": "code", "role": "code", "headers": [["Mã số"]]},
                    *columns,
                ],
                "rows": rows,
            }
        ],
        "rules": rules,
    }


def item(size: Size) -> dict[str, Any]:
    """The item by which the sender supplies it, as the catalogue takes it."""
    text = {"vi": "chỉ để đo", "en": "only to measure"}
    return {
        "id": size.form,
        "name": text,
        "content": text,
        "completeness": ["estimate"],
        "frequency": "month",
        "supplied": text,
        "form": size.form,
        "responsible": SENDER,
        "other": text,
        "regime": "coordination",
    }


def workbook(size: Size, rng: random.Random) -> bytes:
    """A right workbook of the form, as CSV."""
    table = [[rng.randrange(10**6) for _ in range(size.columns)] for _ in range(size.rows - 1)]
    table.insert(0, [sum(column) for column in zip(*table, strict=True)])
    blank = "," * size.columns
    heads = ",".join(f"Giá trị {number}" for number in range(1, size.columns + 1))
    lines = ["BIỂU ĐO TẢI," + blank, "Đơn vị tính: Triệu đồng," + blank]
    lines.append(f"Chỉ tiêu,Mã số,{heads}")
    for number, values in enumerate(table, 1):
        lines.append(f"Chỉ tiêu {number},{number}," + ",".join(map(str, values)))
    return ("\n".join(lines) + "\n").encode()
