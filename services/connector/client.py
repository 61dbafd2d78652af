"""Sends workbooks to intake and asks what became of them.

A statement is signed once: it is sent again, with the same nonce, until intake has answered. So a submission arrives
once, however often the connection breaks.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from services.connector.keys import Key, office_of
from services.connector.transport import FIRST_DELAY, Transport, Unreachable, now
from services.kernel.refused import Refused, parsed
from services.model.enumerations import Completeness, Regime, SecretLevel
from services.model.statement import Classification, Nil, Question, SecretNotice, Statement, sign
from services.model.text import read

__all__ = ["Connector", "NoOffice", "Notice", "Receipt", "Refused", "Undecided", "Unreachable"]
CONNECT_SECONDS = 5.0
SETTLED = frozenset(
    {"returned", "withheld", "held", "cleared", "stored", "superseded", "withdrawn"}
)
"""States in which an attempt has its verdict, or waits for a person."""


class NoOffice(ValueError):
    """Nothing says which statistics office a statement of the sender is for."""


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


@dataclass(frozen=True)
class Notice:
    """What intake gave for the notice of a state secret: its id, and the HTTP status."""

    id: str
    status: int

    @property
    def new(self) -> bool:
        """False for what was announced before."""
        return self.status == 201


class Connector:
    """One sender's connection to intake. `key` is the sender's key, or its file; it may name its sender and the
    statistics office that its statements are for.

    For `patience` seconds it tries again while intake is away, for `timeout` seconds it waits for one answer. What it
    answers is intake's JSON. Raises Unreachable for what is no address; its methods raise that, or Refused, which says
    how to mend it.
    """

    def __init__(
        self,
        url: str,
        key: Key | Path | str,
        sender: str | None = None,
        *,
        office: str | None = None,
        patience: float = 30.0,
        timeout: float = 60.0,
        client: httpx2.Client | None = None,
        clock: Callable[[], datetime] = now,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = key if isinstance(key, Key) else Key.load(Path(key))
        self._sender = sender or self._key.sender or ""
        if not self._sender:
            raise ValueError("the key names no sender: name one")
        self._office = office or self._key.office
        self._client = client or _client(url, timeout)
        self._clock = clock
        self._seconds = seconds
        self._sleep = sleep
        self._transport = Transport(self._client, patience, seconds, sleep)

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
        nil: Nil | None = None,
        sections: Sequence[str] = (),
        reason: str | None = None,
    ) -> Receipt:
        """Sends a workbook; with `nil` it is the blank form, with `sections` these parts of it alone. `reason` says why
        it corrects what came before. Raises also OSError (no such file), NoOffice and ValueError (an unknown word, a
        state secret).
        """
        _no_secret(Classification(classification) is Classification.STATE_SECRET)
        office = self._office or office_of(self._sender)
        if not office:
            raise NoOffice(self._sender)
        content = Path(path).read_bytes()
        statement = Statement(
            sender=self._sender,
            aud=office,
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
            nil=nil,
            sections=tuple(sections) or None,
            reason=reason,
        )
        return self.send(statement, content)

    def send(self, statement: Statement, content: bytes) -> Receipt:
        """Sends a workbook under a statement of one's own; the same statement again is the same submission."""
        _no_secret(statement.is_state_secret)
        headers = {
            "Authorization": f"Statement {sign(statement, self._key.private)}",
            "Content-Type": "application/octet-stream",
        }
        request = self._client.build_request(
            "POST", "/v1/submissions", content=content, headers=headers
        )
        response = self._transport.send(lambda: request)
        answer = parsed(response)
        return Receipt(answer["id"], answer["attempt"], response.status_code)

    def announce_secret(
        self, *, document_number: str, level: SecretLevel | str, date: Date | str, receiver: str
    ) -> Notice:
        """Tells that a secret document goes to its receiver outside this system; nothing of it is sent.

        Raises also ModelError for particulars that aren't such; nothing has been sent then.
        """
        claims = {"document_number": document_number, "level": level, "date": date}
        rest = {"receiver": receiver, "sender": self._sender, "issued_at": self._clock()}
        notice = read(SecretNotice, claims | rest, "")
        request = self._client.build_request(
            "POST",
            "/v1/secret-notices",
            headers={"Authorization": f"Statement {sign(notice, self._key.private)}"},
        )
        response = self._transport.send(lambda: request)
        return Notice(parsed(response)["id"], response.status_code)

    def state(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """Where an attempt of this sender's submission stands, the latest unless one is named."""
        return self._read(f"/v1/submissions/{id_}", attempt=attempt)

    def report(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """The report of an attempt, the latest unless one is named."""
        return self._read(f"/v1/submissions/{id_}/report", attempt=attempt)

    def marked(self, id_: str, attempt: int | None = None) -> bytes:
        """The workbook of an attempt with what was found marked in it; Refused where there is none."""
        return self._ask("GET", f"/v1/submissions/{id_}/marked", {"attempt": attempt}).content

    def receipt(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """The receipt of an attempt that has its verdict; for a connection to audit's address."""
        return self._read(f"/v1/receipts/{id_}", attempt=attempt)

    def findings(self, id_: str, attempt: int | None = None) -> dict[str, Any]:
        """The findings of an attempt and what was answered to them; for a connection to validation's address."""
        return self._read(f"/v1/submissions/{id_}/findings", attempt=attempt)

    def explain(
        self, id_: str, finding: str, text: str, attempt: int | None = None
    ) -> dict[str, Any]:
        """Explains a finding of this sender's submission; for a connection to validation's address."""
        path = f"/v1/submissions/{id_}/findings/{finding}/explanations"
        found: dict[str, Any] = parsed(
            self._ask("POST", path, {"attempt": attempt}, {"text": text})
        )
        return found

    def organisation(self) -> dict[str, Any]:
        """This sender as the catalogue has it; for a connection to catalogue's address, as all entries."""
        return self._entry("organisation", self._sender)

    def items(self) -> list[dict[str, Any]]:
        """The catalogue's entries of what this sender owes or may offer."""
        return self._entries("item")

    def forms(self) -> list[dict[str, Any]]:
        """The catalogue's entries of the forms of these items, in the versions in force."""
        return self._entries("form")

    def form(self, id_: str) -> dict[str, Any]:
        """One of these; Refused where the sender supplies nothing by it."""
        return self._entry("form", id_)

    def duties(self, **wanted: object) -> dict[str, Any]:
        """What this sender owes, by when, and how it stands; for a connection to catalogue's address.

        `wanted`: `first`, `last` (days), `at`, `item`, `state`, `timeliness`, `limit`, `offset`.
        """
        return self._read("/v1/duties", **wanted)

    def calendar(self, **wanted: object) -> bytes:
        """The terms of what this sender still owes, as iCalendar; `wanted` as of `duties`, and `lang`."""
        return self._ask("GET", "/v1/duties/calendar", wanted).content

    def codelist(self, id_: str) -> dict[str, Any]:
        """The catalogue's entry of a code list that one of these forms names."""
        return self._entry("codelist", id_)

    def notices(self, **wanted: object) -> dict[str, Any]:
        """A page of what this sender was told, and how it fared; for a connection to notification's address.

        `wanted`: `state`, `submission`, `limit`, and as `cursor` the `next` of the page before.
        """
        return self._read("/v1/notices", **wanted)

    def figures(self, **wanted: object) -> dict[str, Any]:
        """A page of the figures that were released to this sender; for a connection to grdp's address.

        `wanted` are the parameters of its `GET /v1/observations`. Each page is told of in the evidence log.
        """
        return self._read("/v1/observations", **wanted)

    def requests(self, **wanted: object) -> dict[str, Any]:
        """A page of this sender's requests for figures; for a connection to policy's address.

        `wanted`: `state`, `limit`, `offset`.
        """
        return self._read("/v1/requests", **wanted)

    def wait(
        self, id_: str, attempt: int | None = None, *, seconds: float = 60.0, stored: bool = False
    ) -> dict[str, Any]:
        """The state once it is settled (`stored`: and not only cleared); raises Undecided after `seconds`."""
        deadline = self._seconds() + seconds
        delay = FIRST_DELAY / 2
        while True:
            state = self.state(id_, attempt)
            if state["state"] in SETTLED and not (stored and state["state"] == "cleared"):
                return state
            if self._seconds() >= deadline:
                raise Undecided(state)
            self._sleep(delay)
            delay = min(delay * 1.5, 2.0)

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        listed = parsed(self._ask("GET", f"/v1/{kind}", {}))
        return [self._entry(kind, summary["id"]) for summary in listed]

    def _entry(self, kind: str, id_: str) -> dict[str, Any]:
        return self._read(f"/v1/{kind}/{quote(id_, safe='')}")

    def _read(self, path: str, **query: object) -> dict[str, Any]:
        found: dict[str, Any] = parsed(self._ask("GET", path, query))
        return found

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        """The answer to a signed request; parameters that are None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}

        def request() -> httpx2.Request:
            built = self._client.build_request(method, path, params=given or None, json=body)
            question = Question(
                sender=self._sender,
                method=method,
                path=built.url.raw_path.decode("ascii"),
                issued_at=self._clock(),
                sha256=sha256(built.content).hexdigest() if built.content else None,
            )
            built.headers["Authorization"] = f"Statement {sign(question, self._key.private)}"
            return built

        return self._transport.send(request)


def _client(url: str, timeout: float) -> httpx2.Client:
    limits = httpx2.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    try:
        return httpx2.Client(base_url=url, timeout=limits)
    except httpx2.InvalidURL as error:
        raise Unreachable(f"{url}: {error}") from error


def _no_secret(declared: bool) -> None:
    if declared:
        raise ValueError("a state secret is never sent: see announce_secret")
