"""One of each thing that the APIs tell of: returned, cleared and held submissions, a review, a request, persons."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from deploy.people import ECONOMY, OFFICE
from deploy.scenes import MARRIAGES
from deploy.stack import Stack
from services.catalogue.people.person import Person
from services.connector.keys import Key
from services.kernel.auth import Role
from services.model.enumerations import Completeness, Regime, SecretLevel
from services.model.statement import Classification, Question, SecretNotice, Statement, sign
from tests.integration.flow_parts import connector, found, scenario
from tests.running import client

SENDER = "so-tai-chinh-dien-bien"
PASSWORD = "một câu dễ nhớ của tôi"
PERSON, OTHER = "p-tat-ca", "p-khac"
"""A person in every role at once, and one whom requests may change."""
SUBMISSIONS = ("thu-ngan-sach-quy-4-sai", "so-cuoc-ket-hon", "chi-ngan-sach-quy-4")
"""Of scenario.yaml: what is returned, what is cleared, and what waits for the room."""


@dataclass(frozen=True)
class Seeded:
    """What there is. `known` are values of parameters, by path and by name, that name something of it."""

    stack: Stack
    token: Mapping[str, str]
    key: Key
    known: Mapping[str, Mapping[str, Any]]

    def signature(self, request: Any) -> Any:
        """Signs a request of the library `requests`, as the sender would: what it calls an `auth`."""
        claims = _claims(request.method, urlsplit(request.url).path, request)
        request.headers["Authorization"] = f"Statement {sign(claims, self.key.private)}"
        return request


def seed(stack: Stack, workbooks: Path) -> Seeded:
    """Sends, registers and asks for all of it; the stack runs and has the starter pack."""
    returned, cleared, held = scenario(stack, workbooks, SUBMISSIONS)
    key = Key.generate(SENDER)
    connector(stack, SENDER, key).close()
    found(stack, [_person(id_) for id_ in (PERSON, OTHER)], PASSWORD)
    token = _log_in(stack)
    with client(stack, "policy-api", token) as policy:
        asked = MARRIAGES | {"purpose": "Báo cáo gia đình", "basis": "Quy chế phối hợp"}
        request = policy.post("/v1/requests", json=asked).raise_for_status().json()
    with client(stack, "validation-api", token) as validation:
        path = f"/v1/submissions/{returned.state['id']}/findings"
        finding = validation.get(path).raise_for_status().json()["findings"][0]
        words = {"question": "Tăng 40 % so với quý trước."}
        path = f"/v1/submissions/{cleared.state['id']}/verifications"
        doubt = validation.post(path, json=words).raise_for_status().json()
    asked_for = {
        "verification": doubt["verification_id"],
        "request": request["request_id"],
        "finding": finding["id"],
        "incident": _incident(stack, workbooks, token),
    }
    known = _known(returned.state, cleared.state, held.state)
    return Seeded(stack, token, key, known | {"": known[""] | asked_for})


def _incident(stack: Stack, workbooks: Path, token: dict[str, str]) -> str:
    """Sends a workbook that bears a marking of secrecy; the id of the incident."""
    book = load_workbook(workbooks / "cv17809-1_2026-Q3.xlsx")
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.cell(sheet.max_row + 2, 1, "TỐI MẬT")
    marked = workbooks / "marked.xlsx"
    book.save(marked)
    with connector(stack, SENDER) as sender:
        receipt = sender.submit(
            marked, form="cv17809-1", area="11", period="2026-Q3",
            completeness="preliminary", regime="coordination",
        )  # fmt: skip
        sender.wait(receipt.id, receipt.attempt)
    with client(stack, "policy-api", token) as policy:
        for _ in range(120):
            incidents = policy.get("/v1/incidents").raise_for_status().json()["incidents"]
            if incidents:
                return str(incidents[0]["incident_id"])
            time.sleep(0.5)
    raise AssertionError("a marked workbook opened no incident")


def _known(
    returned: Mapping[str, Any], cleared: Mapping[str, Any], held: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    submission = {"submission": returned["id"], "submission_id": returned["id"]}
    subject = {"subject": "submission.received-value", "version": "1"}
    organisation = {"organisation": SENDER}
    return {
        "": submission | organisation | {"attempt": 1},
        "/v1/regulations/": {"regulation": "dien-bien-1618-2021"},
        "/v1/submissions/{submission}/explanation": {"submission": cleared["id"]},
        "/v1/submissions/{submission}/withdrawal": {"submission": cleared["id"]},
        "/v1/changes/": {"change": str(uuid4())},
        "/v1/consents/": {"consent": submission["submission"]},
        "/v1/duties/": {"duty": str(uuid4())},
        "/nghia-vu/": {"duty": str(uuid4())},
        "/v1/drafts/": {"draft": str(uuid4())},
        "/ban-nhap/": {"draft": str(uuid4())},
        "/v1/erasures/": {"erasure": submission["submission"]},
        "/xoa/": {"erasure": str(uuid4())},
        "/thay-doi/": {"change": str(uuid4())},
        "/submissions/{submission_id}/vi-sao": {"submission_id": cleared["id"]},
        "/nhat-ky": {"size": 1},
        "/dong-y/": {"consent": str(uuid4())},
        "/yeu-cau/": {"asked": str(uuid4())},
        "/su-co/": {"incident": str(uuid4())},
        "/xac-minh/": {"verification": str(uuid4())},
        "/quy-dinh/": {"regulation": "dien-bien-1618-2021"},
        "/v1/digests/": {"submission": cleared["id"]},
        "/v1/reviews/": {"submission": held["id"], "attempt": held["attempt"]},
        "/submissions/{submission_id}/decisions": {"submission_id": held["id"]},
        "/submissions/{submission_id}/withdrawal": {"submission_id": held["id"]},
        "/v1/consistency": {"first": 1, "second": 2},
        "/v1/people": {"id": OTHER},
        "/v1/{kind}": {"kind": "organisation", "id": OFFICE},
        "/schemas/ids": {"id": 1},
        "/subjects": subject,
    }


def _person(id_: str) -> Person:
    return Person(id=id_, name="Tất Cả", organisation=OFFICE, roles=tuple(Role), rooms=(ECONOMY,))


def _log_in(stack: Stack) -> dict[str, str]:
    with client(stack, "catalogue-api") as catalogue:
        login = {"person": PERSON, "password": PASSWORD}
        given = catalogue.post("/v1/tokens", json=login).raise_for_status().json()
    return {"Authorization": f"Bearer {given['access_token']}"}


def _claims(method: str, path: str, request: Any) -> Statement | Question | SecretNotice:
    now = datetime.now(UTC)
    if (method, path) == ("POST", "/v1/secret-notices"):
        return SecretNotice(
            document_number="01/BC-STC",
            level=SecretLevel.CONFIDENTIAL,
            date=now.date(),
            receiver=OFFICE,
            sender=SENDER,
            issued_at=now,
        )
    body = request.body or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    digest = sha256(content).hexdigest()
    if (method, path) == ("POST", "/v1/submissions"):
        return Statement(
            sender=SENDER,
            aud="thong-ke-dien-bien",
            form="cv17809-1",
            area_list="63",
            area="11",
            period="2026-Q3",
            completeness=Completeness.OFFICIAL,
            regime=Regime.COORDINATION,
            classification=Classification.PUBLIC,
            sha256=digest,
            size=len(content),
            issued_at=now,
            nonce=uuid4().hex,
        )
    return Question(
        sender=SENDER,
        method=method,
        path=request.path_url,
        issued_at=now,
        sha256=digest if content else None,
    )
