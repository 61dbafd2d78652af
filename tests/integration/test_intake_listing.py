"""GET /v1/submissions with its filters, on the real database: what is asked for is found, and nothing of others'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import people
from tests.integration.test_intake_api import NOW, Intake, Sender, intake, module_intake, problem

__all__ = ["intake", "module_intake"]
pytestmark = pytest.mark.stack

LAST_OF_DAY = datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC)
"""In Viet Nam one second before midnight."""


@dataclass(frozen=True)
class Inbox:
    """Four attempts of one agency, by a name each, and one of another."""

    intake: Intake
    sender: Sender
    ids: Mapping[str, str]

    def answer(self, *, counted: bool = True, **query: Any) -> dict[str, Any]:
        """What the agency is answered."""
        asked = urlencode(query | ({} if counted else {"counted": "false"}), doseq=True)
        found = self.intake.client.get(f"/v1/submissions?{asked}", headers=self.headers)
        assert found.status_code == 200, found.text
        body: dict[str, Any] = found.json()
        return body

    def names(self, **query: Any) -> str:
        """The names of what is found, in its order."""
        names = {id_: name for name, id_ in self.ids.items()}
        return " ".join(names[one["id"]] for one in self.answer(**query)["attempts"])

    @property
    def headers(self) -> dict[str, str]:
        return headers(self.intake, self.sender.name)


def headers(intake: Intake, organisation: str) -> dict[str, str]:
    """Those of a clerk of an agency."""
    person: dict[str, Any] = {"roles": ("agency",), "organisation": organisation, "rooms": ()}
    return people.headers(now=intake.clock.now, **person)


@pytest.fixture(scope="module")
def inbox(module_intake: Intake) -> Inbox:
    sender = module_intake.sender()
    module_intake.sender().post()
    sent: dict[str, tuple[datetime, dict[str, Any]]] = {
        "third": (NOW, {"period": "2026-Q3"}),
        "year": (NOW + timedelta(hours=1), {"period": "2026"}),
        "months": (LAST_OF_DAY, {"period": "2026-01-01/P9M", "form": "cv17809-2"}),
        "second": (LAST_OF_DAY + timedelta(seconds=1), {"period": "2026-Q2", "form": "cv17809-2"}),
    }
    ids = {}
    for name, (at, claims) in sent.items():
        module_intake.clock.now = at
        answer = sender.post(**claims)
        assert answer.status_code == 202, answer.text
        ids[name] = answer.json()["id"]
    module_intake.execute(
        "update intake.status set state = 'held' where submission_id = %s", ids["months"]
    )
    return Inbox(module_intake, sender, ids)


@pytest.fixture(autouse=True)
def later(intake: Intake) -> None:
    intake.clock.now = LAST_OF_DAY + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "second months year third"),
        ({"sort": "oldest"}, "third year months second"),
        ({"sort": "period"}, "year months third second"),
        ({"sort": "sender"}, "second months year third"),
        ({"form": "cv17809-2"}, "second months"),
        ({"period": "2026"}, "year"),
        ({"area": "11"}, "second months year third"),
        ({"area": "12"}, ""),
        ({"state": "held"}, "months"),
        ({"received_until": "2026-11-23"}, "months year third"),
        ({"received_from": "2026-11-24"}, "second"),
        ({"received_from": "2026-11-23", "received_until": "2026-11-23"}, "months year third"),
        ({"received_from": "2026-11-25", "received_until": "2026-11-20"}, ""),
        ({"search": "17809-2"}, "second months"),
        ({"search": " CV17809-1 "}, "year third"),
        ({"search": "  "}, "second months year third"),
        ({"search": "%"}, ""),
        ({"search": "cv_7809"}, ""),
        ({"search": "nothing", "named": ["cv17809-1", "so-khac"]}, "year third"),
        ({"named": "cv17809-1"}, "second months year third"),
        ({"form": "cv17809-2", "state": "held", "sort": "period"}, "months"),
    ],
    ids=str,
)
def test_a_filter_finds_what_it_says_in_its_order(
    inbox: Inbox, query: dict[str, Any], names: str
) -> None:
    assert inbox.names(**query) == names


def test_an_id_is_found_by_how_it_begins(inbox: Inbox) -> None:
    id_ = inbox.ids["year"]
    for begins in (id_, id_[:8], id_[:13].upper(), id_.replace("-", "")):
        assert inbox.names(search=begins) == "year"
    assert inbox.names(search=id_[9:18]) == "", "not from the middle"


def test_how_many_there_are_is_said_for_all_pages_and_every_state(inbox: Inbox) -> None:
    states = {"held": 1, "received": 3}
    for query, total in (({}, 4), ({"limit": 1, "offset": 3}, 4), ({"state": "held"}, 1)):
        found = inbox.answer(**query)
        assert (found["total"], found["states"]) == (total, states)
    found = inbox.answer(state="withheld", form="cv17809-2")
    assert (found["total"], found["states"]) == (0, {"held": 1, "received": 1})
    found = inbox.answer(counted=False)
    assert (found["total"], found["states"], found["among"]) == (None, None, None)
    assert len(found["attempts"]) == 4


def test_pages_together_are_the_list(inbox: Inbox) -> None:
    for sort in ("newest", "oldest", "period", "sender"):
        pages = [inbox.names(sort=sort, limit=1, offset=n) for n in range(5)]
        assert " ".join(pages).strip() == inbox.names(sort=sort)


def test_by_what_it_can_be_filtered_is_what_there_is_and_of_ones_own_alone(inbox: Inbox) -> None:
    assert inbox.answer(state="withheld")["among"] == {
        "forms": ["cv17809-1", "cv17809-2"],
        "senders": [inbox.sender.name],
        "periods": ["2026", "2026-01-01/P9M", "2026-Q3", "2026-Q2"],
    }
    stranger = headers(inbox.intake, "so-khac")
    empty: dict[str, list[str]] = {"forms": [], "senders": [], "periods": []}
    for query in (
        f"search={inbox.ids['year']}",
        f"sender={inbox.sender.name}",
        "search=cv&named=x",
    ):
        found = inbox.intake.client.get(f"/v1/submissions?{query}", headers=stranger).json()
        assert found == {"attempts": [], "total": 0, "states": {}, "among": empty}


@pytest.mark.parametrize(
    "query",
    [
        "received_until=9999-12-31",
        "received_from=0001-01-01",
        "received_from=",
        "sort=worst",
        f"search={'x' * 201}",
        "&".join(f"named={n}" for n in range(201)),
        f"named={'x' * 201}",
    ],
)
def test_what_can_not_be_asked_is_refused(inbox: Inbox, query: str) -> None:
    answer = inbox.intake.client.get(f"/v1/submissions?{query}", headers=inbox.headers)
    assert answer.status_code == 422, answer.text


def test_a_search_with_a_nul_is_refused_in_words(inbox: Inbox) -> None:
    for name in ("search", "form", "named"):
        query = urlencode({name: "a\x00b", "search": "a"} | {name: "a\x00b"})
        answer = inbox.intake.client.get(f"/v1/submissions?{query}", headers=inbox.headers)
        assert answer.status_code == 422, answer.text
        assert "NUL" in problem(answer, 422, answer.json()["type"].split(":")[-1])["detail"]
