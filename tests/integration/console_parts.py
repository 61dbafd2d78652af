"""What the console shows of the scenario, and the answers behind it: those of the services, and those of the fakes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from deploy.stack import Stack
from services.console import words
from services.model import wording
from tests import running
from tests.browser import visits
from tests.integration.flow_parts import Sent

SAY = words.sayer("vi")
Get = Callable[[str, str], Any]
"""The JSON that a service answers to an officer: `get("intake", "/v1/submissions")`."""


@contextmanager
def visitor(stack: Stack, person: str, passwords: Path) -> Iterator[httpx2.Client]:
    """A person of the demo who has logged in at the console; `passwords` is the file of deploy.people."""
    password = json.loads(passwords.read_text(encoding="utf-8"))[person]
    with running.client(stack, "console-api") as client:
        answer = visits.log_in(client, person, password)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        yield client


def text_of(page: httpx2.Response) -> str:
    """The words of a page that was found, as its reader sees them."""
    assert page.status_code == 200, page.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def words_of(sent: Sent) -> Iterator[str]:
    """What must stand on the page of a submission: its state, and what it was returned or withheld for."""
    yield SAY(f"state.{sent.state['state']}")
    yield words.period(str(sent.entry["period"]), "vi")
    decided = sent.expected.get("decided_by", {})
    if "article" in decided:
        yield SAY("reasons.title")
        yield wording.place(decided["article"], decided["clause"]).vi
    if "rule" in decided:
        yield SAY("findings.rule", rule=decided["rule"])
        yield SAY("cells", cells=", ".join(decided["cells"]))
        for value in sent.expected["finding"].values():
            yield wording.number(value, "vi")


def answers(get: Get) -> dict[str, list[Any]]:
    """All that the console asks the services for, on behalf of an officer, by kind of answer."""
    attempts = get("intake", "/v1/submissions")["attempts"]
    reviews = get("policy", "/v1/reviews")["reviews"]
    states = [
        get("intake", f"/v1/submissions/{one['id']}?attempt={one['attempt']}") for one in attempts
    ]
    reports = [get("intake", state["links"]["report"]) for state in states]
    waiting = [f"{one['submission_id']}/{one['attempt']}" for one in reviews]
    return {
        "attempt": attempts,
        "state": states,
        "report": [one for one in reports if "findings" in one],
        "review": [*reviews, *(get("policy", f"/v1/reviews/{one}") for one in waiting)],
        "form": [get("catalogue", f"/v1/form/{one['form']}") for one in attempts],
        "organisation": [get("catalogue", f"/v1/organisation/{attempts[0]['sender']}")],
        "codelist": [get("catalogue", "/v1/codelist/63")],
        "keys": [get("catalogue", "/v1/jwks")],
        "problem": [get("intake", f"/v1/submissions/{UUID(int=0)}")],
    }


def shape(value: Any, place: str) -> set[str]:
    """Every place in an answer, and of what type it is where it isn't null, like `report.rules[].fail: int`."""
    if isinstance(value, dict):
        return {one for name, inner in value.items() for one in shape(inner, f"{place}.{name}")}
    if isinstance(value, list):
        return {one for inner in value for one in shape(inner, f"{place}[]")}
    return {place} if value is None else {place, f"{place}: {type(value).__name__}"}


def shapes(found: dict[str, list[Any]]) -> set[str]:
    """The shape of all answers together: what one of them leaves out another may have."""
    return {one for kind, values in found.items() for value in values for one in shape(value, kind)}
