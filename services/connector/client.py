"""Sends workbooks to intake and asks what became of them.

A statement is signed once: it is sent again, with the same nonce, until intake has answered. So a submission arrives
once, however often the connection breaks.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from services.connector.keys import Key
from services.model.observation import Completeness
from services.model.statement import Classification, Question, Regime, Statement, sign

AGAIN = frozenset({429, 502, 503, 504})
FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0
SETTLED = frozenset({"returned", "withheld", "held", "cleared", "stored", "superseded"})
"""States in which an attempt has its verdict, or waits for a person."""


class Refused(Exception):
    """Intake does not take it, and its problem details say how to mend it (Vietnamese first)."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('title')} {problem.get('detail')}")
        self.problem = dict(problem)

    @property
    def code(self) -> str:
        """The stable code of the reason."""
        return str(self.problem.get("type", "")).rpartition(":")[2]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.problem.get("status", 0))


class Unreachable(Exception):
    """Intake could not be reached, or was not ready, in the time given. Sending again later is safe."""


class Undecided(Exception):
    """There is no verdict yet; `state` is what intake answered last."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__(f"{state['id']}: {state['state']}")
        self.state = state


@dataclass(frozen=True)
class Receipt:
    """What intake gave for a submission: its id, the attempt, and the HTTP status."""

    id: str
    attempt: int
    status: int

    @property
    def new(self) -> bool:
        """False for what was there before."""
        return self.status == 202


def _now() -> datetime:
    return datetime.now(UTC)


class Connector:
    """One sender's connection to intake. `key` is the sender's key, or its file; it may name its sender.

    `patience` is for how many seconds it tries again while intake is away. What it answers is intake's JSON. Its
    methods raise Refused, which says how to mend it, or Unreachable.
    """

    def __init__(
        self,
        url: str,
        key: Key | Path | str,
        sender: str | None = None,
        *,
        patience: float = 30.0,
        client: httpx2.Client | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = key if isinstance(key, Key) else Key.load(Path(key))
        self._sender = sender or self._key.sender or ""
        if not self._sender:
            raise ValueError("the key names no sender: name one")
        self._client = client or httpx2.Client(base_url=url, timeout=httpx2.Timeout(60, connect=5))
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def submit(
        self,
        path: Path | str,
        *,
        form: str,
        area: str,
        period: str,
        completeness: Completeness | str,
        regime: Regime | str,
        classification: Classification | str = Classification.INTERNAL,
        area_list: str = "63",
        round: int = 1,
    ) -> Receipt:
        """Sends a workbook. Raises also OSError (no such file) and ValueError (an unknown word)."""
        content = Path(path).read_bytes()
        statement = Statement(
            sender=self._sender,
            form=form,
            area_list=area_list,
            area=area,
            period=period,
            completeness=Completeness(completeness),
            round=round,
            regime=Regime(regime),
            classification=Classification(classification),
            sha256=sha256(content).hexdigest(),
            size=len(content),
            issued_at=self._clock(),
            nonce=secrets.token_urlsafe(18),
        )
        return self.send(statement, content)

    def send(self, statement: Statement, content: bytes) -> Receipt:
        """Sends a workbook under a statement of one's own; the same statement again is the same submission."""
        headers = {
            "Authorization": f"Statement {sign(statement, self._key.private)}",
            "Content-Type": "application/octet-stream",
        }
        request = self._client.build_request(
            "POST", "/v1/submissions", content=content, headers=headers
        )
        response = self._send(lambda: request)
        answer = response.json()
        return Receipt(answer["id"], answer["attempt"], response.status_code)

    def state(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """Where an attempt of this sender's submission stands, the latest unless one is named."""
        state: dict[str, Any] = self._get(f"/v1/submissions/{id_}", attempt).json()
        return state

    def report(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """The report of an attempt, the latest unless one is named."""
        report: dict[str, Any] = self._get(f"/v1/submissions/{id_}/report", attempt).json()
        return report

    def marked(self, id_: str, attempt: int | None = None) -> bytes:
        """The workbook of an attempt with what was found marked in it; Refused where there is none."""
        return self._get(f"/v1/submissions/{id_}/marked", attempt).content

    def wait(
        self, id_: str, attempt: int | None = None, *, seconds: float = 60.0, stored: bool = False
    ) -> dict[str, Any]:
        """The state once it is settled (`stored`: and not only cleared); raises Undecided after `seconds`."""
        deadline = self._clock().timestamp() + seconds
        delay = FIRST_DELAY / 2
        while True:
            state = self.state(id_, attempt)
            if state["state"] in SETTLED and not (stored and state["state"] == "cleared"):
                return state
            if self._clock().timestamp() >= deadline:
                raise Undecided(state)
            self._sleep(delay)
            delay = min(delay * 1.5, 2.0)

    def _get(self, path: str, attempt: int | None) -> httpx2.Response:
        query = None if attempt is None else {"attempt": attempt}

        def request() -> httpx2.Request:
            built = self._client.build_request("GET", path, params=query)
            question = Question(
                sender=self._sender,
                method="GET",
                path=built.url.raw_path.decode("ascii"),
                issued_at=self._clock(),
            )
            built.headers["Authorization"] = f"Statement {sign(question, self._key.private)}"
            return built

        return self._send(request)

    def _send(self, request: Callable[[], httpx2.Request]) -> httpx2.Response:
        """The answer to a request, which is sent again while intake is away or asks for a pause."""
        deadline = self._clock().timestamp() + self._patience
        delay = FIRST_DELAY
        while True:
            try:
                response = self._client.send(request())
                if response.status_code not in AGAIN:
                    return _checked(response)
                reason = f"HTTP {response.status_code}"
                pause = max(delay, _retry_after(response))
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
                pause = delay
            pause *= random.uniform(0.8, 1.2)
            if self._clock().timestamp() + pause > deadline:
                raise Unreachable(f"{self._client.base_url}: {reason}")
            self._sleep(pause)
            delay = min(delay * 2, LONGEST_DELAY)


def _checked(response: httpx2.Response) -> httpx2.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"status": response.status_code, "title": f"HTTP {response.status_code}"}
    raise Refused(problem)


def _retry_after(response: httpx2.Response) -> float:
    given = response.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else 0.0
