"""Two thousand small submissions: right ones, wrong ones with their corrections, doubtful and forbidden ones."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex
from typing import Any, TypeVar

import httpx2

from services.connector.client import Connector
from services.connector.keys import Key
from services.kernel.refused import Refused
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification, Statement

T = TypeVar("T")
SENDER = "so-tai-chinh-dien-bien"
PATIENCE_SECONDS = 300.0
"""How long a sender tries again, and waits for a verdict."""
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
    # Its figures are made up, and have no history to be measured by.
    "plausible_change": 100,
    "tables": [
        {
            "id": "main",
            "kind": "figures",
            "blank": "rest",
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


ROOM = "phong-thong-ke-kinh-te-dien-bien"
ITEM: dict[str, Any] = {
    "id": "small",
    "name": {"vi": "Biểu nhỏ", "en": "A small form"},
    "content": {"vi": "thử nghiệm", "en": "a test"},
    "completeness": ["estimate"],
    "frequency": "month",
    "supplied": {"vi": "không", "en": "none"},
    "form": "small",
    "responsible": SENDER,
    "other": {"vi": "không", "en": "none"},
    "regime": "coordination",
    "room": ROOM,
}
"""By it the room decides about what raised a warning."""


class Kind(StrEnum):
    """What is sent for a period; the verdicts of each are in VERDICTS."""

    RIGHT = "right"
    WRONG = "wrong"
    NAMED = "named"
    DOUBTFUL = "doubtful"


VERDICTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.RIGHT: ("cleared",),
    Kind.WRONG: ("returned",),
    Kind.NAMED: ("withheld",),
    Kind.DOUBTFUL: ("cleared", "held"),
}
"""What an attempt gets, by name: a doubtful one is held until an officer accepts it."""
PLANS: tuple[tuple[tuple[Kind, ...], int], ...] = (
    ((Kind.RIGHT,), 6),
    ((Kind.WRONG, Kind.RIGHT), 2),
    ((Kind.NAMED,), 1),
    ((Kind.RIGHT, Kind.RIGHT), 1),
    ((Kind.DOUBTFUL,), 1),
)
"""The attempts of a submission, and how often there is one like it."""


@dataclass(frozen=True)
class Sending:
    """One attempt to send, and the verdicts that it must get. `figures` are planted, findable values."""

    period: str
    content: bytes
    kind: Kind
    figures: tuple[str, ...]

    @property
    def verdicts(self) -> tuple[str, ...]:
        """All that it gets until it is settled, by name."""
        return VERDICTS[self.kind]

    @property
    def is_cleared(self) -> bool:
        """Whether its figures may be used in the end."""
        return "cleared" in self.verdicts

    @property
    def regime(self) -> Regime:
        """Names are forbidden in what is only shared."""
        return Regime.SHARING if self.kind is Kind.NAMED else Regime.COORDINATION


@dataclass
class Plan:
    """What is sent in which order: a correction only after what it corrects was accepted."""

    submissions: list[list[Sending]] = field(default_factory=list)

    @property
    def sendings(self) -> list[Sending]:
        """Every attempt."""
        return [sending for sendings in self.submissions for sending in sendings]

    def verdicts(self) -> Counter[tuple[str, ...]]:
        """How many attempts there must be with these verdicts."""
        return Counter(sending.verdicts for sending in self.sendings)

    def current(self) -> dict[str, set[str]]:
        """The figures that stand in the end, by period: those of the last attempt that is cleared."""
        return {one.period: set(one.figures) for one in self.sendings if one.is_cleared}

    def figures_not_cleared(self) -> list[str]:
        """The planted figures that nobody may find anywhere."""
        return [figure for one in self.sendings if not one.is_cleared for figure in one.figures]


def workbook(first: int, second: int, total: int, kind: Kind = Kind.RIGHT) -> bytes:
    """The small form as CSV. NAMED has a person's name and identity number above it, DOUBTFUL no unit."""
    lines = (
        "BIỂU NHỎ,,",
        ",," if kind is Kind.DOUBTFUL else "Đơn vị tính: Triệu đồng,,",
        "Họ và tên chủ hộ: Nguyễn Văn An,Số CCCD: 011085001234," if kind is Kind.NAMED else ",,",
        "Chỉ tiêu,Mã số,Số liệu",
        f"Tổng,1,{total}",
        f"Phần A,2,{first}",
        f"Phần B,3,{second}",
    )
    return ("\n".join(lines) + "\n").encode()


def plan(count: int, rng: random.Random, month: int = 0) -> Plan:
    """`count` attempts, for as many periods as that takes, from the given month on."""
    result = Plan()
    made = 0
    chances = [chance for _, chance in PLANS]
    while made < count:
        period = f"{1600 + month // 12}-M{month % 12 + 1:02}"
        month += 1
        ((kinds, _),) = rng.choices(PLANS, chances)
        sendings = [_sending(period, rng, kind) for kind in kinds]
        result.submissions.append(sendings[: count - made])
        made += len(result.submissions[-1])
    return result


def _sending(period: str, rng: random.Random, kind: Kind) -> Sending:
    first, second = (rng.randrange(10**13, 10**14) for _ in range(2))
    wrong = rng.randrange(10**12, 10**13) if kind is Kind.WRONG else 0
    figures = (first, second, first + second + wrong)
    return Sending(period, workbook(*figures, kind), kind, tuple(map(str, figures)))


def send(url: str, key: Key, plan: Plan, threads: int) -> int:
    """Sends all, from several threads; returns how many attempts were accepted. Any refusal is raised, but that clocks
    differ: then it is signed anew until they don't.
    """

    def one(sendings: list[Sending]) -> int:
        client = httpx2.Client(base_url=url, timeout=20, trust_env=False)
        with Connector(url, key, patience=PATIENCE_SECONDS, client=client) as connector:
            for sending in sendings:
                _send(connector, sending, waits=len(sendings) > 1)
        return len(sendings)

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, plan.submissions))


def _send(connector: Connector, sending: Sending, *, waits: bool) -> None:
    receipt = _once_clocks_agree(lambda: connector.send(statement(sending), sending.content))
    if waits:
        _once_clocks_agree(
            lambda: connector.wait(receipt.id, receipt.attempt, seconds=PATIENCE_SECONDS)
        )


def _once_clocks_agree(ask: Callable[[], T]) -> T:
    while True:
        try:
            return ask()
        except Refused as refusal:
            if refusal.code != "clock":
                raise
            time.sleep(1)


def statement(sending: Sending) -> Statement:
    """What its sender signs, made now."""
    return Statement(
        sender=SENDER,
        aud="thong-ke-dien-bien",
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
