"""Drafts in the console as its pages have them, with a key as a browser keeps it; and what was sent of them."""

from __future__ import annotations

import html
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from deploy import feed
from deploy.stack import Stack
from services.kernel.codec import codec
from tests.browser import visits


@dataclass(frozen=True)
class Desk:
    """A person who has logged in at the console and works on drafts."""

    tab: httpx2.Client

    def post(self, path: str, page: str, **fields: str) -> httpx2.Response:
        """A form of this page, sent to a path."""
        typed = {"form_token": visits.form_token(page)} | fields
        return self.tab.post(path, data=typed, headers=visits.FORM)

    def upload(self, file: Path, **about: str) -> str:
        """The path of the draft that the workbook is kept as."""
        typed = {"form_token": visits.form_token(self.tab.get("/kiem-tra").text)} | about
        files = {"file": (file.name, file.read_bytes())}
        answer = self.tab.post("/kiem-tra", data=typed, files=files, headers=visits.FORM)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def seen(self, draft: str) -> str:
        """The page of a draft."""
        answer = self.tab.get(draft)
        assert answer.status_code == 200, answer.text
        return answer.text

    def prepare(self, draft: str, page: str) -> httpx2.Response:
        """Makes ready what this page showed."""
        sha256 = sha256_on(page)
        return self.post(draft, page, decision="prepare", classification="internal", sha256=sha256)

    def make_key(self) -> OKPKey:
        """A key whose public half waits for a leader."""
        key = OKPKey.generate_key("Ed25519")
        page = self.tab.get("/khoa-ky").text
        answer = self.post("/khoa-ky", page, x=str(key.as_dict(private=False)["x"]))
        assert answer.status_code == 303, answer.text
        return key

    def confirm(self) -> None:
        """Confirms the one change that waits."""
        page = self.tab.get("/thay-doi").text
        (path,) = set(re.findall(r'action="(/thay-doi/[^"]+)"', page))
        answer = self.post(path, page, decision="done")
        assert answer.status_code == 200, answer.text

    def sign(self, draft: str, page: str, key: OKPKey) -> httpx2.Response:
        """Signs what this page gave to sign, as its script does."""
        given = inputs_on(page)[key.thumbprint()]
        private = key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        signature = urlsafe_b64encode(private.sign(given.encode())).decode().rstrip("=")
        return self.post(draft, page, decision="sign", statement=f"{given}.{signature}")


def sha256_on(page: str) -> str:
    """Of which workbook a draft's page is."""
    found = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)
    assert found is not None, page
    return found[1]


def inputs_on(page: str) -> dict[str, str]:
    """What is to be signed, by key."""
    found = re.search(r'data-inputs="([^"]*)"', page)
    signable: dict[str, str] = json.loads(html.unescape(found[1])) if found else {}
    return signable


def statements(stack: Stack, submission: str) -> list[dict[str, Any]]:
    """The claims of each attempt of a submission, as they lie on the topic."""
    topic, found = "submission.received", []
    for record in feed.records(stack.kafka(), topic):
        data = codec().decode(f"{topic}-value", record.value)
        if data["submission_id"] == submission:
            found.append(json.loads(urlsafe_b64decode(data["statement"].split(".")[1] + "==")))
    return found


def contents(stack: Stack) -> int:
    """How many workbooks of drafts intake keeps."""
    with psycopg.connect(stack.administrator_url) as connection:
        row = connection.execute("select count(*) from intake.draft_content").fetchone()
    assert row is not None
    return int(row[0])
