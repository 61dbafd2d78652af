"""Two thousand small submissions: right ones, wrong ones with their corrections, forbidden ones."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

import httpx2

from services.connector.client import Connector
from services.connector.keys import Key
from services.model.observation import Completeness
from services.model.statement import Classification, Regime, Statement

SENDER = "so-tai-chinh-dien-bien"
FORM: dict[str, Any] = {
    "id": "small",
    "version": 1,
    "title": {"vi": "Biểu nhỏ", "en": "A small form"},
    "legal_basis": {"vi": "thử nghiệm", "en": "a test"},
    "source": "made up",
    "responsible": [
        {"section": {"vi": "Toàn biểu", "en": "All"}, "organisation_kinds": ["finance_department"]}
    ],
    "due": {"vi": "không", "en": "none"},
    "frequencies": ["month"],
    "area_lists": ["63"],
    "regime": "coordination",
    "classification": "public",
    "tables": [
        {
            "id": "main",
            "kind": "figures",
            "rows_by": "code",
            "indicators": "rows",
            "unit": {"code": "VND", "multiplier": 6, "labels": ["triệu đồng"]},
            "measure": "flow",
            "prices": "current",
            "columns": [
                {"id": "label", "role": "label", "headers": [["Chỉ tiêu"]]},
                {"id": "code", "role": "code", "headers": [["Mã số"]]},
                {"id": "value", "role": "value", "span": "period", "headers": [["Số liệu"]]},
            ],
            "rows": [
                {"code": "1", "label": "Tổng"},
                {"code": "2", "label": "Phần A"},
                {"code": "3", "label": "Phần B"},
            ],
        }
    ],
    "rules": [
        {
            "id": "numbers", "level": 0, "severity": "error", "kind": "type", "table": "main",
            "expression": "number", "message": {"vi": "không phải số", "en": "not a number"},
        },
        {
            "id": "total", "level": 0, "severity": "error", "kind": "total", "table": "main",
            "expression": "1 = 2 + 3", "message": {"vi": "tổng sai", "en": "wrong total"},
        },
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Sending:
    """One attempt to send, and the verdict that it must get. `figures` are planted, findable values."""

    period: str
    content: bytes
    verdict: str
    regime: Regime = Regime.COORDINATION
    figures: tuple[str, ...] = ()


@dataclass
class Plan:
    """What is sent in which order: a correction only after what it corrects was accepted."""

    submissions: list[list[Sending]] = field(default_factory=list)

    def verdicts(self) -> Counter[str]:
        """How many of each there must be."""
        return Counter(sending.verdict for sendings in self.submissions for sending in sendings)

    def not_cleared(self) -> list[str]:
        """The planted figures that nobody may find anywhere."""
        return [
            figure
            for sendings in self.submissions
            for sending in sendings
            if sending.verdict != "cleared"
            for figure in sending.figures
        ]


def workbook(first: int, second: int, total: int, *, named: bool = False) -> bytes:
    """The small form as CSV; `named` puts a person's name and identity number above it."""
    lines = (
        "BIỂU NHỎ,,",
        "Đơn vị tính: Triệu đồng,,",
        "Họ và tên chủ hộ: Nguyễn Văn An,Số CCCD: 011085001234," if named else ",,",
        "Chỉ tiêu,Mã số,Số liệu",
        f"Tổng,1,{total}",
        f"Phần A,2,{first}",
        f"Phần B,3,{second}",
    )
    return ("\n".join(lines) + "\n").encode()


def plan(count: int, rng: random.Random) -> Plan:
    """`count` attempts: right ones, wrong ones with their corrections, revised ones, forbidden ones."""
    result = Plan()
    made = 0
    month = 0
    while made < count:
        period = f"{1600 + month // 12}-M{month % 12 + 1:02}"
        month += 1
        kind = rng.choices(("cleared", "returned", "withheld", "revised"), (6, 2, 1, 1))[0]
        sendings = [_sending(period, rng, "cleared" if kind == "revised" else kind)]
        if kind in ("returned", "revised"):
            sendings.append(_sending(period, rng, "cleared"))
        result.submissions.append(sendings[: count - made])
        made += len(result.submissions[-1])
    return result


def _sending(period: str, rng: random.Random, verdict: str) -> Sending:
    first, second = (rng.randrange(10**13, 10**14) for _ in range(2))
    wrong = rng.randrange(10**12, 10**13) if verdict == "returned" else 0
    named = verdict == "withheld"
    content = workbook(first, second, first + second + wrong, named=named)
    regime = Regime.SHARING if named else Regime.COORDINATION
    figures = tuple(map(str, (first, second, first + second + wrong)))
    return Sending(period, content, verdict, regime, figures)


def send(url: str, key: Key, plan: Plan, threads: int) -> int:
    """Sends all, from several threads; returns how many attempts were accepted. Any refusal is raised."""

    def one(sendings: list[Sending]) -> int:
        client = httpx2.Client(base_url=url, timeout=20, trust_env=False)
        with Connector(url, key, patience=180, client=client) as connector:
            for sending in sendings:
                receipt = connector.send(_statement(sending), sending.content)
                connector.wait(receipt.id, receipt.attempt, seconds=300) if len(
                    sendings
                ) > 1 else None
        return len(sendings)

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, plan.submissions))


def _statement(sending: Sending) -> Statement:
    return Statement(
        sender=SENDER,
        form="small",
        area_list="63",
        area="11",
        period=sending.period,
        completeness=Completeness.ESTIMATE,
        round=1,
        regime=sending.regime,
        classification=Classification.PUBLIC,
        sha256=sha256(sending.content).hexdigest(),
        size=len(sending.content),
        issued_at=datetime.now(UTC),
        nonce=token_hex(12),
    )
