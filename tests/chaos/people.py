"""Persons at work while everything breaks: an officer who accepts what is held, an operator who replays what died."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Self

import httpx2
from kafka.errors import KafkaError

from deploy.stack import Stack
from services.kernel import replay, topics
from tests.chaos.load import ROOM
from tests.running import bearer, client

PERSON = {
    "id": "p-cong-chuc",
    "name": "Công Chức",
    "organisation": "thong-ke-dien-bien",
    "roles": ["officer"],
    "rooms": [ROOM],
}
PASSWORD = "một câu dài của công chức"
FRESH_SECONDS = 600.0
"""How long a token is used; it lives for 15 minutes."""
PAUSE = 1.0
DECISION = {"outcome": "release", "reason": "Đã đối chiếu đơn vị tính với văn bản gốc."}


GROUPS = [name.removesuffix(".dead") for name in topics.load() if name.endswith(".dead")]


@dataclass
class Duty(ABC):
    """Work that somebody does again every second."""

    stack: Stack
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    error: BaseException | None = None

    def __enter__(self) -> Self:
        """Begins to work."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *failed: object) -> None:
        """Ends the work, also where the block failed; raises what nobody foresaw."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        if self.error:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.wait(PAUSE):
                self.work()
        except BaseException as error:
            self.error = error

    @abstractmethod
    def work(self) -> None:
        """One round; what a broken service does not answer is asked again in the next."""


@dataclass
class Operator(Duty):
    """Sends every fresh dead letter back to its group; only asked for ones may be there.

    A sender waits for the verdict before it corrects, so nobody may leave that to the end.
    """

    sent_back: int = 0

    def work(self) -> None:
        """All groups; ends early where the broker is away."""
        try:
            for group in GROUPS:
                letters = replay.letters(self.stack.kafka(), group)
                assert {one.error for one in letters} <= {"Permanent"}, letters
                if fresh := [one for one in letters if not one.replayed]:
                    self.sent_back += replay.send_back(self.stack.kafka(), fresh)
        except KafkaError:
            return


@dataclass
class Officer(Duty):
    """Accepts all that is held."""

    accepted: int = 0
    _token: str = ""
    _token_until: float = 0.0

    def __enter__(self) -> Self:
        """Registers the person, who then begins to work."""
        with client(self.stack, "catalogue-api", bearer(self.stack, "administrator")) as catalogue:
            person = PERSON | {"password": PASSWORD}
            catalogue.post("/v1/people", json=person).raise_for_status()
        return super().__enter__()

    def work(self) -> None:
        """Accepts all that waits; ends early where a service is away."""
        try:
            headers = self._headers()
            with client(self.stack, "policy-api", headers) as policy:
                waiting = policy.get("/v1/reviews").raise_for_status().json()["reviews"]
                for one in waiting:
                    path = f"/v1/reviews/{one['submission_id']}/{one['attempt']}/decisions"
                    policy.post(path, json=DECISION).raise_for_status()
                    self.accepted += 1
        except httpx2.TransportError:
            return
        except httpx2.HTTPStatusError as error:
            if error.response.status_code == 401:
                self._token_until = 0.0  # by a clock that is wrong it is not valid: log in again
            elif error.response.status_code < 500:
                raise

    def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._token_until:
            asked = {"person": PERSON["id"], "password": PASSWORD}
            with client(self.stack, "catalogue-api") as catalogue:
                answer = catalogue.post("/v1/tokens", json=asked).raise_for_status().json()
            self._token = answer["access_token"]
            self._token_until = time.monotonic() + FRESH_SECONDS
        return {"Authorization": f"Bearer {self._token}"}
