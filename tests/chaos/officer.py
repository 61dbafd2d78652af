"""An officer who accepts whatever is held, while everything breaks: by the API, as the console does."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx2

from deploy.stack import Stack
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


@dataclass
class Officer:
    """Looks at the queue every second. What a broken service does not answer is asked again."""

    stack: Stack
    accepted: int = 0
    _token: str = ""
    _token_until: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    error: BaseException | None = None

    def start(self) -> None:
        """Registers the person and begins to work; `stop` ends it."""
        with client(self.stack, "catalogue-api", bearer(self.stack, "administrator")) as catalogue:
            person = PERSON | {"password": PASSWORD}
            catalogue.post("/v1/people", json=person).raise_for_status()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the work; raises what nobody foresaw."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        if self.error:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.wait(PAUSE):
                self._work()
        except BaseException as error:
            self.error = error

    def _work(self) -> None:
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
            if error.response.status_code < 500:
                raise

    def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._token_until:
            asked = {"person": PERSON["id"], "password": PASSWORD}
            with client(self.stack, "catalogue-api") as catalogue:
                answer = catalogue.post("/v1/tokens", json=asked).raise_for_status().json()
            self._token = answer["access_token"]
            self._token_until = time.monotonic() + FRESH_SECONDS
        return {"Authorization": f"Bearer {self._token}"}
