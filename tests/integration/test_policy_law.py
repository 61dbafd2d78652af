"""The law as policy has it: read, explained, and tried over all that was decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from deploy.feed import records
from deploy.local import Stack
from services.kernel import trials
from services.kernel.codec import codec
from services.policy.law.policies import FOLDER
from tests.integration.policy_parts import (
    AGENCY,
    LEADER,
    OPERATOR,
    SOCIETY,
    WANTED,
    Policy,
    person,
    running,
)
from tests.unit.test_policy_requests import HEAD

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    with running(stack, module_database) as policy:
        yield policy


def test_why_and_what_would_change_it(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, classification="state_secret")
    path = f"/v1/submissions/{submission}/explanation"
    found = policy.client.get(path, headers=person()).json()
    assert (found["recorded"], found["verdict"]) == ("withheld", "withheld")
    assert [one["facts"] for one in found["changes"]] == [["public"]]
    assert found["changes"][0]["text"]["vi"].startswith("nếu ")
    assert found["reasons"][0]["number"] == "117/2025/QH15"
    assert policy.client.get(path, headers=person("p-x", rooms=(SOCIETY,))).status_code == 404
    assert policy.client.get(path, headers=AGENCY).status_code == 403
    unknown = f"/v1/submissions/{uuid4()}/explanation"
    assert policy.client.get(unknown, headers=OPERATOR).status_code == 404
    locked = policy.rows("select count(*) from submissions where submission_id = %s", submission)
    assert locked == [(1,)]


def test_the_law_can_be_read_by_everybody(policy: Policy) -> None:
    law = policy.client.get("/v1/regulations/dien-bien-1618-2021", headers=AGENCY).json()
    ban = next(one for one in law["articles"] if (one["article"], one["clause"]) == ("6", "1"))
    assert ban["policies"] == ["dien-bien-1618-2021.6.1", "dien-bien-1618-2021.6.1.marked"]
    assert policy.client.get("/v1/regulations/x", headers=AGENCY).status_code == 404
    cells = policy.client.get("/v1/matrix?province=11", headers=AGENCY).json()["cells"]
    marked = next(one for one in cells if one["information"] == "marked")
    assert (marked["verdict"], marked["articles"][0]["number"]) == ("withheld", "1618/QĐ-UBND")
    listed = policy.client.get("/v1/regulations", headers=AGENCY).json()["regulations"]
    assert [one["province"] for one in listed][:2] == ["11", "20"]
    assert "dien-bien-1618-2021" in {one["id"] for one in listed}
    absent = policy.client.get("/v1/regulations/khong-co", headers=AGENCY)
    assert (absent.status_code, absent.json()["type"]) == (404, "urn:solieu:problem:no-regulation")


def test_changed_policies_are_tried_over_all_that_was_decided(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, classification="internal")
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    same = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR)
    end = json.loads(same.text.splitlines()[-1])
    assert (end["kind"], end["flipped"]) == ("end", 0)
    assert end["tried"] >= 1
    files["national.cedar"] = files["national.cedar"].replace(
        'resource.classification == "state_secret"', 'resource.classification != "public"'
    )
    lines = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR).text
    flips = [json.loads(line) for line in lines.splitlines()]
    mine = next(one for one in flips if one.get("submission_id") == submission)
    assert (mine["now"], mine["then"]) == ("cleared", "withheld")
    assert policy.verdict(submission) == "cleared"
    files["national.cedar"] = "permit ("
    bad = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR)
    assert (bad.status_code, bad.json()["type"]) == (422, "urn:solieu:problem:bad-policies")
    assert "national.cedar" in bad.json()["where"]


def test_a_trial_of_policies_is_told_and_is_for_those_who_may_have_decisions_explained(
    policy: Policy, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PER_HOUR", 3)
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    wanted: dict[str, Any] = {"json": {"files": files, "since": "2026-11-01"}}
    for role in ("administrator", "auditor", "officer", "compiler", "agency"):
        refused = policy.client.post(
            "/v1/policies/trials", headers=person(f"p-{role}", roles=(role,)), **wanted
        )
        assert refused.status_code == 403, role
    id_ = f"p-{uuid4()}"
    policy.comes(str(uuid4()))
    leader = person(id_, roles=("leader",), rooms=())
    answer = policy.client.post("/v1/policies/trials", headers=leader, **wanted)
    topic = "policies.tried"
    decoded = (codec().decode(f"{topic}-value", one.value) for one in records(stack.kafka(), topic))
    (told,) = (one for one in decoded if one["person"] == id_)
    assert told["since"] == "2026-11-01"
    assert told["attempts"] == json.loads(answer.text.splitlines()[-1])["tried"] >= 1
    broken = files | {"national.cedar": "permit ("}
    for _ in range(3):  # what can't be tried takes no turn
        policy.client.post("/v1/policies/trials", headers=leader, json={"files": broken})
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 200
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 200
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 429


def test_the_explanation_of_what_was_granted_says_so(policy: Policy) -> None:
    id_ = str(uuid4())
    policy.comes(id_, **(HEAD | {"period": "2015"}))
    where = f"/v1/submissions/{id_}/explanation"
    audience = {"audience": "agency:so-noi-vu-dien-bien"}
    wanted = WANTED | {"period": "2015"}
    for state, verdict in (("pending", "held"), ("granted", "cleared")):
        asked = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()
        assert asked["state"] == state
        explained = policy.client.get(where, params=audience, headers=LEADER).json()
        assert explained["verdict"] == verdict, explained
        policy.publishes(period="2015")
