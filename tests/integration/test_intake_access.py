"""Who reads what of intake: a sender and its agency their own, a room what it is responsible for, overseers all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from services.intake.status import State
from services.kernel.events import NewObject
from services.model.statement import Classification, sign
from tests import people
from tests.integration.test_intake_api import (
    NOW,
    Intake,
    Sender,
    intake,
    module_intake,
    problem,
    sender,
)
from tests.running import state_of

__all__ = ["intake", "module_intake", "sender"]
pytestmark = pytest.mark.stack

SECOND = timedelta(seconds=1)
ECONOMY = "phong-thong-ke-kinh-te-dien-bien"
SOCIETY = "phong-thong-ke-xa-hoi-dien-bien"
COLLECTION = "phong-thu-thap-thong-tin-dien-bien"


@dataclass(frozen=True)
class Case:
    """A submission with a report, whose form and sender the room of economy is responsible for."""

    intake: Intake
    sender: Sender
    id: str

    def ask(self, where: str, **person: Any) -> Any:
        headers = people.headers(now=NOW, **person)
        return self.intake.client.get(where, headers=headers)

    @property
    def readers(self) -> dict[str, dict[str, Any]]:
        return {
            "agency": {"roles": ("agency",), "organisation": self.sender.name, "rooms": ()},
            "other agency": {"roles": ("agency",), "organisation": "so-khac", "rooms": ()},
            "homeless agency": {"roles": ("agency",), "organisation": "", "rooms": ()},
            "officer": {"roles": ("officer",), "rooms": (ECONOMY,)},
            "collector": {"roles": ("officer",), "rooms": (COLLECTION,)},
            "other officer": {"roles": ("officer",), "rooms": (SOCIETY,)},
            "officer of no room": {"roles": ("officer",), "rooms": ()},
            "leader": {"roles": ("leader",), "rooms": ()},
            "auditor": {"roles": ("auditor",), "rooms": ()},
            "operator": {"roles": ("operator",), "rooms": ()},
            "compiler": {"roles": ("compiler",), "rooms": ()},
            "administrator": {"roles": ("administrator",), "rooms": ()},
            "nobody": {"roles": (), "rooms": ()},
        }


@pytest.fixture
def case(intake: Intake, sender: Sender) -> Case:
    return made(intake, sender)


def made(intake: Intake, sender: Sender, **valid: Any) -> Case:
    """A case whose item is in force in these times."""
    id_ = sender.post().json()["id"]
    name = f"item-{uuid4().hex}"
    body = {"id": name, "form": "cv17809-1", "responsible": sender.name, "room": ECONOMY}
    body["verifier"] = COLLECTION
    intake.enter("item", name, body, 1, **valid)
    vault = state_of(intake.client).context.vault
    report = vault.put(NewObject(id_, 1, "report", "application/json", b'{"format": 1}'))
    intake.execute(
        "update intake.status set detail = detail || jsonb_build_object('report', %s::jsonb)"
        " where submission_id = %s",
        json.dumps(vars(report)), id_,
    )  # fmt: skip
    return Case(intake, sender, id_)


SEES = {"agency", "officer", "collector", "leader", "auditor", "operator", "compiler"}
HIDDEN = {"other agency", "homeless agency", "other officer", "officer of no room"}


@pytest.mark.parametrize("ending", ["", "/path"])
def test_states(case: Case, ending: str) -> None:
    for name, person in case.readers.items():
        answer = case.ask(f"/v1/submissions/{case.id}{ending}", **person)
        expected = 200 if name in SEES else 404 if name in HIDDEN else 403
        assert answer.status_code == expected, (name, answer.text)


@pytest.mark.parametrize(
    ("valid", "sees"),
    [
        ({"valid_to": NOW}, False),
        ({"valid_from": NOW + SECOND}, False),
        ({"valid_from": NOW, "valid_to": NOW + SECOND}, True),
    ],
)
def test_an_item_opens_values_while_it_is_in_force(
    intake: Intake, sender: Sender, valid: dict[str, datetime], sees: bool
) -> None:
    case = made(intake, sender, **valid)
    officer = case.readers["officer"]
    for ending in ("", "/path", "/report"):
        answer = case.ask(f"/v1/submissions/{case.id}{ending}", **officer)
        assert answer.status_code == (200 if sees else 404), ending
    listed = case.ask("/v1/submissions?limit=1000", **officer).json()["attempts"]
    assert (case.id in {one["id"] for one in listed}) == sees


@pytest.mark.parametrize(
    ("ending", "code"), [("report", None), ("marked", "not-marked"), ("original", None)]
)
def test_reports(case: Case, ending: str, code: str | None) -> None:
    """Figures are for the sender, the room and the one that verifies: not for who leads or runs the product."""
    for name, person in case.readers.items():
        answer = case.ask(f"/v1/submissions/{case.id}/{ending}", **person)
        if name in ("agency", "officer", "collector"):
            assert answer.status_code == (404 if code else 200), name
            assert code is None or answer.json()["type"].endswith(code)
        elif name in HIDDEN:
            problem(answer, 404, "unknown-submission")
        else:
            problem(answer, 403, "not-allowed")


@pytest.mark.parametrize("state", [State.WITHHELD, State.WITHDRAWN])
def test_what_nobody_may_use_its_sender_alone_opens(case: Case, state: State) -> None:
    sql = "update intake.status set state = %s where submission_id = %s"
    case.intake.execute(sql, state.value, case.id)
    for ending in ("report", "marked", "original"):
        for name in ("officer", "collector"):
            answer = case.ask(f"/v1/submissions/{case.id}/{ending}", **case.readers[name])
            problem(answer, 403, "not-for-use")
        answer = case.ask(f"/v1/submissions/{case.id}/{ending}", **case.readers["agency"])
        assert answer.status_code == (404 if ending == "marked" else 200)


def test_the_workbook_comes_as_it_was_sent_once_it_is_checked(case: Case) -> None:
    sent = b"a,b\n1,2\n"
    assert case.sender.post(sent).json()["attempt"] == 2
    where, officer = f"/v1/submissions/{case.id}/original", case.readers["officer"]
    problem(case.ask(where, **officer), 404, "no-report")
    sql = (
        "update intake.status set detail = (select detail from intake.status"
        " where submission_id = %s and attempt = 1) where submission_id = %s and attempt = 2"
    )
    case.intake.execute(sql, case.id, case.id)
    answer = case.ask(where, **officer)
    assert answer.content == sent
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].endswith('_lan-2_ban-goc.csv"')
    assert answer.headers["cache-control"] == "no-store"
    assert case.ask(f"{where}?attempt=1", **officer).content != sent


def test_what_is_taken_back_takes_back_all_before_it(case: Case) -> None:
    assert case.sender.post(b"a,b\n1,2\n").json()["attempt"] == 2
    sql = "update intake.status set state = %s where submission_id = %s and attempt = 2"
    where, officer = f"/v1/submissions/{case.id}/report?attempt=1", case.readers["officer"]
    for state, status in ((State.WITHHELD, 200), (State.WITHDRAWN, 403)):
        case.intake.execute(sql, state.value, case.id)
        assert case.ask(where, **officer).status_code == status, state


def test_the_list_holds_what_one_may_see(case: Case) -> None:
    case.intake.sender().post()
    for name, person in case.readers.items():
        answer = case.ask("/v1/submissions?limit=1000", **person)
        if name not in SEES | HIDDEN:
            problem(answer, 403, "not-allowed")
            continue
        found = answer.json()["attempts"]
        assert (case.id in {one["id"] for one in found}) == (name in SEES), name
        if name in ("agency", "officer"):
            assert {one["sender"] for one in found} == {case.sender.name} or name == "officer"
            assert all(one["form"] == "cv17809-1" for one in found)
        if name in HIDDEN:
            assert found == []


def test_a_filter_widens_nothing(case: Case) -> None:
    other = case.readers["other agency"]
    query = f"/v1/submissions?sender={case.sender.name}&state={State.RECEIVED}"
    assert case.ask(query, **other).json()["attempts"] == []


def test_a_sender_lists_its_own_by_signature(case: Case) -> None:
    stranger = case.intake.sender()
    assert [one["id"] for one in case.sender.get("/v1/submissions").json()["attempts"]] == [case.id]
    assert stranger.get("/v1/submissions").json()["attempts"] == []
    problem(stranger.get(f"/v1/submissions/{case.id}/path"), 404, "unknown-submission")
    query = f"/v1/submissions?sender={case.sender.name}"
    assert stranger.get(query).json()["attempts"] == []


def test_a_deputy_sees_the_room_of_both(case: Case) -> None:
    person: dict[str, Any] = {"roles": ("officer",), "rooms": (SOCIETY, ECONOMY)}
    assert case.ask(f"/v1/submissions/{case.id}/report", **person).status_code == 200


def test_several_roles_add_up(case: Case) -> None:
    person: dict[str, Any] = {"roles": ("agency", "leader"), "organisation": "so-khac"}
    assert case.ask(f"/v1/submissions/{case.id}", **person).status_code == 200
    problem(case.ask(f"/v1/submissions/{case.id}/report", **person), 404, "unknown-submission")


def test_overseers_see_refusals_and_the_reconciliation(case: Case) -> None:
    case.sender.post(form="x")
    case.sender.post(classification=Classification.STATE_SECRET)
    query = f"/v1/refusals?sender={case.sender.name}"
    for name, person in case.readers.items():
        allowed = name in ("leader", "auditor", "operator")
        for where in (query, "/v1/reconciliation"):
            assert case.ask(where, **person).status_code == (200 if allowed else 403), (name, where)
    listed = case.ask(query, **case.readers["auditor"]).json()["refusals"]
    assert {one["code"] for one in listed} == {"unknown-form", "state-secret"}
    only = case.ask(f"{query}&code=state-secret", **case.readers["auditor"]).json()["refusals"]
    assert [(one["article"], one["clause"], one["form"]) for one in only] == [("6", "1", None)]
    for where in (query, "/v1/reconciliation"):
        assert case.sender.get(where).status_code == 401


def bad_tokens() -> list[tuple[str, Callable[[], str]]]:
    good = people.token(now=NOW)
    return [
        ("of another key", lambda: people.token(now=NOW, key=OKPKey.generate_key("Ed25519"))),
        ("expired", lambda: people.token(now=NOW.replace(hour=7))),
        ("of the future", lambda: people.token(now=NOW.replace(hour=9))),
        ("changed", lambda: good[:-4] + "AAAA"),
        ("none", lambda: ""),
        ("rubbish", lambda: "a.b.c"),
        ("unsigned", lambda: good.rpartition(".")[0] + "."),
    ]


@pytest.mark.parametrize(("name", "token"), bad_tokens())
def test_no_good_token(case: Case, name: str, token: Callable[[], str]) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    for where in ("/v1/submissions", f"/v1/submissions/{case.id}/report", "/v1/refusals"):
        assert case.intake.client.get(where, headers=headers).status_code == 401, (name, where)


def test_a_statement_is_no_pass_for_reading(case: Case) -> None:
    token = sign(case.sender.statement(), case.sender.key.private)
    headers = {"Authorization": f"Statement {token}"}
    problem(
        case.intake.client.get(f"/v1/submissions/{case.id}", headers=headers), 422, "bad-claims"
    )
