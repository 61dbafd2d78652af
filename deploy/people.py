"""The demo's persons: one in each role, with a password of their own each time, and their tokens."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from deploy.stack import Stack

OFFICE = "thong-ke-dien-bien"
ECONOMY = "phong-thong-ke-kinh-te-dien-bien"
COLLECTION = "phong-thu-thap-thong-tin-dien-bien"
SOCIETY = "phong-thong-ke-xa-hoi-dien-bien"


@dataclass(frozen=True)
class Person:
    """Who works with the product in the demo."""

    id: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    rooms: tuple[str, ...] = ()


PEOPLE = (
    Person("p-quan-tri", "Người Quản Trị", OFFICE, ("administrator",)),
    Person("p-van-hanh", "Người Vận Hành", OFFICE, ("operator",)),
    Person("p-kinh-te", "Công Chức Kinh Tế", OFFICE, ("officer",), (ECONOMY,)),
    Person("p-xa-hoi", "Công Chức Xã Hội", OFFICE, ("officer",), (SOCIETY,)),
    Person("p-thu-thap", "Công Chức Thu Thập", OFFICE, ("officer",), (COLLECTION,)),
    Person("p-bien-soan", "Người Biên Soạn", OFFICE, ("compiler",)),
    Person("p-kiem-tra", "Người Kiểm Tra", OFFICE, ("auditor",)),
    Person("p-so-tai-chinh", "Đầu Mối Tài Chính", "so-tai-chinh-dien-bien", ("agency",)),
    Person(
        "p-giam-doc-tai-chinh",
        "Giám Đốc Tài Chính",
        "so-tai-chinh-dien-bien",
        ("agency", "signatory"),
    ),
    Person("p-so-tu-phap", "Đầu Mối Tư Pháp", "so-tu-phap-dien-bien", ("agency",)),
    Person("p-so-noi-vu", "Đầu Mối Nội Vụ", "so-noi-vu-dien-bien", ("agency",)),
)


LEADERS = (
    Person("p-lanh-dao", "Người Lãnh Đạo", OFFICE, ("leader",)),
    Person("p-pho-lanh-dao", "Người Phó Lãnh Đạo", OFFICE, ("leader",)),
)
"""Made by the command on the machine: from then on, who gives somebody rights needs one of them."""


class People:
    """The demo's persons, registered in catalogue; `headers` logs one in."""

    def __init__(self, stack: Stack, file: Path) -> None:
        self._stack = stack
        self._passwords = {one.id: secrets.token_urlsafe(12) for one in (*PEOPLE, *LEADERS)}
        token = stack.state.tokens["administrator"]
        with self._client({"Authorization": f"Bearer {token}"}) as client:
            for one in PEOPLE:
                body = {
                    "id": one.id,
                    "name": one.name,
                    "organisation": one.organisation,
                    "roles": list(one.roles),
                    "rooms": list(one.rooms),
                    "head_of": list(one.rooms),
                    "password": self._passwords[one.id],
                }
                client.post("/v1/people", json=body).raise_for_status()
        self._found()
        _save(file, self._passwords)

    def _found(self) -> None:
        """As whoever sets up the machine does it, who hands each leader a link."""
        named = [f"--leader={one.id}={one.name}" for one in LEADERS]
        printed = self._stack.command("people", "found", "--organisation", OFFICE, *named, "--json")
        with self._client({}) as client:
            for link in json.loads(printed)["links"]:
                password = self._passwords[link["person"]]
                body = {"token": link["token"], "password": password}
                client.post("/v1/passwords", json=body).raise_for_status()

    def password(self, person: str) -> str:
        """What this person logs in with."""
        return self._passwords[person]

    def headers(self, person: str) -> dict[str, str]:
        """The header that shows a fresh token of this person."""
        body = {"person": person, "password": self._passwords[person]}
        with self._client({}) as client:
            answer = client.post("/v1/tokens", json=body).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def _client(self, headers: Mapping[str, str]) -> httpx2.Client:
        url = self._stack.url("catalogue-api")
        return httpx2.Client(base_url=url, headers=dict(headers), timeout=30, trust_env=False)


def _save(file: Path, passwords: Mapping[str, str]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        json.dump(passwords, output, indent=2)
