"""Receipts from the real database: what the log gives out, the verifier accepts offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from joserfc.jwk import OKPKey

from services.kernel.events import Event
from services.kernel.rates import Buckets
from services.model.statement import Question, sign
from services.model.verifier import Checkpoint, verify_consistency, verify_receipt
from tests import people
from tests.contract.examples import examples
from tests.integration.test_audit_log import (
    OPERATOR,
    Evidence,
    client,
    events,
    log,
    url,
)
from tests.running import state_of
from tests.unit.test_audit_verifier import (
    CLEARED,
    ORIGINAL,
    SENDER,
    SUBMISSION,
    TIME,
    Path_,
    event,
    path,
    registration,
    sender_key,
)

__all__ = ["client", "log", "url"]
pytestmark = pytest.mark.stack
OF_SUBMISSION = {"submission_id": SUBMISSION}


def numbered(made: Path_) -> list[Event]:
    """The events of a path with ids of their own, so that several can be in one log."""
    return [replace(event, id=uuid4()) for event in made.events]


def ask(log: Evidence, submission: str = SUBMISSION, **query: int) -> tuple[int, dict[str, Any]]:
    answer = log.client.get(f"/v1/receipts/{submission}", params=query, headers=OPERATOR)
    return answer.status_code, answer.json()


@pytest.fixture
def cleared(log: Evidence) -> Iterator[Evidence]:
    """A log with a first attempt that was returned, a second one that was cleared, and others."""
    first, second = path("submission.returned"), path(*CLEARED, attempt=2)
    newer = registration(sender_key(), 101, catalogue_version=10**6, version=2)
    log.handle(events(3, str(uuid4())))
    log.handle([first.key, newer])
    for batch in (numbered(first), numbered(second), events(4, str(uuid4()))):
        for one in batch:
            log.handle([one], one.topic)
    yield log


def test_the_receipt_of_the_latest_attempt_verifies(cleared: Evidence) -> None:
    status, receipt = ask(cleared)
    assert status == 200
    state = cleared.checkpoint()
    known = Checkpoint(state["size"], bytes.fromhex(state["root"]))
    jwk = sender_key().as_dict(private=False)
    found = verify_receipt(receipt, ORIGINAL, jwk, known)
    assert (found.attempt, found.verdict) == (2, "cleared")
    assert [event.topic for event in found.events] == ["submission.received", *CLEARED]
    assert [event.index for event in found.events] == [7, 8, 9, 10, 11]


def test_the_receipt_of_an_earlier_attempt(cleared: Evidence) -> None:
    status, receipt = ask(cleared, attempt=1)
    assert status == 200
    assert verify_receipt(receipt, ORIGINAL).verdict == "returned"


def test_what_there_is_no_receipt_of(cleared: Evidence) -> None:
    assert ask(cleared, attempt=3)[0] == 404
    status, problem = ask(cleared, str(uuid4()))
    assert (status, problem["type"]) == (404, "urn:solieu:problem:audit-unknown")
    assert problem["title"].startswith("Không có")
    assert ask(cleared, "no-uuid")[0] == 422


def test_no_receipt_before_the_verdict(log: Evidence) -> None:
    made = path("submission.held", "submission.cleared")
    log.handle(list(made.events[:1]))
    assert ask(log)[0] == 409
    log.handle([made.key])
    assert ask(log)[0] == 409
    log.handle([made.events[1]])
    assert ask(log)[0] == 409
    log.handle([made.events[2]])
    assert ask(log)[0] == 200


def test_an_erased_attempt_keeps_its_leaves_and_ends_the_receipt(cleared: Evidence) -> None:
    cleared.handle([done(2)])
    before = cleared.checkpoint()
    leaves = [leaf.leaf_hash for leaf in cleared.leaves()]
    assert erase(cleared, 2) == 1 + len(CLEARED)
    assert [leaf.index for leaf in cleared.leaves() if leaf.salt is None] == [7, 8, 9, 10, 11]
    assert ask(cleared)[0] == 410
    assert ask(cleared, attempt=1)[0] == 200
    assert cleared.checkpoint() == before
    assert [leaf.leaf_hash for leaf in cleared.leaves()] == leaves


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_nothing_is_erased_of_which_the_log_does_not_say_so(
    cleared: Evidence, attempt: int
) -> None:
    cleared.handle([done(4)])
    with pytest.raises(sa.exc.DBAPIError, match="holds no erasure"):
        erase(cleared, attempt)
    assert all(leaf.salt for leaf in cleared.leaves())


def done(attempt: int) -> Event:
    """That two people had the attempt erased."""
    return numbered(path("erasure.done", attempt=attempt))[-1]


def erase(log: Evidence, attempt: int) -> int:
    """As audit itself may, and no other service."""
    with log.engine.begin() as connection:
        statement = sa.text("select audit.erase(:submission, :attempt)")
        return int(
            connection.execute(
                statement, {"submission": SUBMISSION, "attempt": attempt}
            ).scalar_one()
        )


def test_events_from_before_the_bytes_were_kept(cleared: Evidence, module_database: str) -> None:
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute("delete from audit.contents where attempt is not null")
    assert ask(cleared)[0] == 410
    assert ask(cleared, attempt=1)[0] == 410


def test_the_log_is_consistent_with_all_its_earlier_states(cleared: Evidence) -> None:
    size = cleared.checkpoint()["size"]
    with cleared.engine.connect() as connection:
        rows = connection.execute(sa.text("select size, root from checkpoints"))
        known: dict[int, bytes] = {size: bytes(root) for size, root in rows}
    for first in range(1, size + 1):
        query = {"first": first, "second": size}
        answer = cleared.client.get("/v1/consistency", params=query, headers=OPERATOR).json()
        proof = [bytes.fromhex(step) for step in answer["proof"]]
        roots = [bytes.fromhex(answer[name]) for name in ("first_root", "second_root")]
        verify_consistency(first, size, proof, roots[0], roots[1])
        assert roots[1] == known[size]
        assert first not in known or roots[0] == known[first]


@pytest.mark.parametrize(
    ("first", "second", "status"), [(2, 1, 404), (1, 99, 404), (0, 1, 422), (1, 2**63, 422)]
)
def test_no_proof_between_states_that_are_none(
    cleared: Evidence, first: int, second: int, status: int
) -> None:
    query = {"first": first, "second": second}
    answer = cleared.client.get("/v1/consistency", params=query, headers=OPERATOR)
    assert answer.status_code == status


def test_without_a_token_or_signature_there_is_nothing(cleared: Evidence) -> None:
    for where in (f"/v1/receipts/{SUBMISSION}", "/v1/consistency?first=1&second=1"):
        assert cleared.client.get(where).status_code == 401


def test_what_persons_decided_is_part_of_the_path_and_what_follows_elsewhere_is_not(
    cleared: Evidence,
    module_database: str,
) -> None:
    """All of them are leaves, and the receipt stays whole."""
    review = examples("review.decided")[0] | OF_SUBMISSION
    others = [
        event(200, "review.decided", review | {"attempt": 1}),
        event(201, "review.decided", review | {"attempt": 2}),
        event(202, "notice.sent", examples("notice.sent")[0] | OF_SUBMISSION),
        event(203, "request.decided", examples("request.decided")[0] | OF_SUBMISSION),
    ]
    for one in others:
        cleared.handle([replace(one, id=uuid4())], one.topic)
    leaves = cleared.client.get("/v1/leaves", params={"submission": SUBMISSION}, headers=OPERATOR)
    assert len(leaves.json()["leaves"]) == 2 + 5 + len(others)
    status, receipt = ask(cleared)
    assert status == 200, receipt
    found = verify_receipt(receipt, ORIGINAL)
    topics = ["submission.received", *CLEARED]
    assert [one.topic for one in found.events] == [*topics, "review.decided"]
    where = f"/v1/receipts/{SUBMISSION}"
    for headers in (
        signed(where, sender_key()),
        people.headers(roles=("agency",), organisation=SENDER, rooms=()),
    ):
        its_senders = cleared.client.get(where, headers=headers).json()
        seen = verify_receipt(its_senders, ORIGINAL).events
        assert [one.topic for one in seen] == topics, "without what persons of the office decided"
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute(
            "delete from audit.contents using audit.leaves where leaves.index = contents.index"
            " and topic = 'review.decided'"
        )
    _, receipt = ask(cleared)
    found = verify_receipt(receipt, ORIGINAL)
    assert [one.topic for one in found.events] == topics, "from before reviews were kept"


ROOM = "phong-thong-ke-kinh-te-dien-bien"
READERS: list[tuple[dict[str, Any], int]] = [
    ({"roles": ("leader",)}, 200),
    ({"roles": ("auditor",)}, 200),
    ({"roles": ("operator",)}, 200),
    ({"roles": ("officer",), "rooms": (ROOM,)}, 200),
    ({"roles": ("officer",), "rooms": ("phong-thong-ke-xa-hoi-dien-bien",)}, 404),
    ({"roles": ("officer",), "rooms": ()}, 404),
    ({"roles": ("agency",), "organisation": SENDER}, 200),
    ({"roles": ("agency",), "organisation": "so-khac"}, 404),
    ({"roles": ("agency",), "organisation": ""}, 404),
    ({"roles": ("compiler",)}, 403),
    ({"roles": ("administrator",)}, 403),
    ({"roles": ()}, 403),
]


@pytest.fixture
def responsible(cleared: Evidence) -> Evidence:
    """The same log, after the catalogue said which room is responsible."""
    return with_item(cleared)


def with_item(cleared: Evidence, **valid: datetime) -> Evidence:
    body = {"id": "i", "form": "cv17809-1", "responsible": SENDER, "room": ROOM}
    data = {
        "kind": "item", "id": "i", "version": 1, "catalogue_version": 8, "body": json.dumps(body),
        "valid_from": None, "valid_to": None, "changed_at": TIME, **valid,
    }  # fmt: skip
    cleared.handle(
        [replace(event(301, "catalogue.changed", data), id=uuid4())], "catalogue.changed"
    )
    return cleared


@pytest.mark.parametrize(("person", "status"), READERS)
def test_who_reads_receipts(responsible: Evidence, person: dict[str, Any], status: int) -> None:
    headers = people.headers(**{"rooms": ()} | person)
    get = responsible.client.get
    answer = get(f"/v1/receipts/{SUBMISSION}", headers=headers)
    assert answer.status_code == status, answer.text
    leaves = get("/v1/leaves", params={"submission": SUBMISSION}, headers=headers)
    if status == 403:
        assert leaves.status_code == 403
    else:
        assert bool(leaves.json()["leaves"]) == (status == 200)
    if status == 404:
        unknown = get(f"/v1/receipts/{uuid4()}", headers=headers)
        assert answer.json() == unknown.json(), "as if it weren't there"


def test_the_rooms_turn_needs_an_item(cleared: Evidence) -> None:
    headers = people.headers(roles=("officer",), rooms=(ROOM,))
    assert cleared.client.get(f"/v1/receipts/{SUBMISSION}", headers=headers).status_code == 404


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("valid", "status"),
    [
        ({"valid_to": datetime.now(UTC) - DAY}, 404),
        ({"valid_from": datetime.now(UTC) + DAY}, 404),
        ({"valid_from": datetime.now(UTC) - DAY, "valid_to": datetime.now(UTC) + DAY}, 200),
    ],
)
def test_an_item_opens_receipts_while_it_is_in_force(
    cleared: Evidence, valid: dict[str, datetime], status: int
) -> None:
    log = with_item(cleared, **valid)
    headers = people.headers(roles=("officer",), rooms=(ROOM,))
    assert log.client.get(f"/v1/receipts/{SUBMISSION}", headers=headers).status_code == status


def signed(path_: str, key: OKPKey, **claims: Any) -> dict[str, str]:
    standard: dict[str, Any] = {
        "sender": SENDER, "method": "GET", "path": path_, "issued_at": datetime.now(UTC),
    }  # fmt: skip
    return {"Authorization": f"Statement {sign(Question(**standard | claims), key)}"}


def test_a_sender_reads_its_receipt_by_its_signature(cleared: Evidence) -> None:
    get = cleared.client.get
    where = f"/v1/receipts/{SUBMISSION}"
    key = sender_key()
    answer = get(where, headers=signed(where, key))
    assert answer.status_code == 200, answer.text
    assert verify_receipt(answer.json(), ORIGINAL).attempt == 2
    query = f"{where}?attempt=1"
    assert get(query, headers=signed(query, key)).json()["attempt"] == 1
    ago = datetime.now(UTC) - timedelta(minutes=6)
    bad = [
        signed(where, OKPKey.generate_key("Ed25519")),
        signed(query, key),
        signed(where, key, method="POST"),
        signed(where, key, sender="so-khac"),
        signed(where, key, issued_at=ago),
        {"Authorization": "Statement a.b.c"},
        {"Authorization": "Statement "},
    ]
    for headers in bad:
        answer = get(where, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.json()["type"] == "urn:solieu:problem:unsigned"
        assert answer.json()["title"] and answer.json()["en"]["detail"]


def test_a_senders_signed_reads_are_limited_as_those_of_persons(
    cleared: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"/v1/receipts/{SUBMISSION}"
    few = Buckets(burst=1, per_second=0.001, seconds=lambda: 0.0)
    monkeypatch.setitem(state_of(cleared.client)._state, "reads", few)
    found = [cleared.client.get(where, headers=signed(where, sender_key())) for _ in range(2)]
    assert [one.status_code for one in found] == [200, 429]


def test_another_sender_and_a_revoked_key_read_nothing(cleared: Evidence) -> None:
    where = f"/v1/receipts/{SUBMISSION}"
    other = OKPKey.generate_key("Ed25519")
    body = {"sender": "so-khac", "public_key": other.as_dict(private=False)}
    entry = registration(other, 302, body=json.dumps(body), catalogue_version=9)
    cleared.handle([replace(entry, id=uuid4())], "catalogue.changed")
    headers = signed(where, other, sender="so-khac")
    assert cleared.client.get(where, headers=headers).status_code == 404
    ended = registration(
        sender_key(), 303, version=3, catalogue_version=10**7, valid_to=datetime.now(UTC)
    )
    cleared.handle([replace(ended, id=uuid4())], "catalogue.changed")
    assert cleared.client.get(where, headers=signed(where, sender_key())).status_code == 401
