"""What a sender's key opens: every route that says so, asked with keys that are good and that are not.

The database is away, as in test_rights.py: an answer other than 401 and 403 means that the sender was let in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey

from services.catalogue import store
from services.kernel import auth, metrics, replica
from services.kernel.auth import Role, Scope
from services.model.statement import Question, sign
from tests import people
from tests.unit.test_openapi import DESCRIBED, operation
from tests.unit.test_rights import Route, app_of, name

SENDER = "so-tai-chinh-dien-bien"
KEY = OKPKey.generate_key("Ed25519")
OTHER = OKPKey.generate_key("Ed25519")
SIGNED = [one for one in DESCRIBED if {"statement": []} in operation(one).get("security", [])]
READ = [one for one in SIGNED if one.action is not None]


@dataclass(frozen=True)
class Listed:
    """A key as a service finds it."""

    body: dict[str, Any]
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def listed(**valid: datetime) -> Listed:
    return Listed(people.registered(SENDER, KEY), **valid)


@pytest.fixture(autouse=True)
def entry(monkeypatch: pytest.MonkeyPatch) -> Callable[[Listed | None], None]:
    """What every service knows of the key; until something else is said, that it is good."""
    known: dict[str, Listed | None] = {KEY.thumbprint(): listed()}

    def instead_of(ask: Callable[..., Any]) -> Callable[..., Any]:
        def answer(session: Any, kind: str, id_: str, *more: Any) -> Any:
            return known.get(id_) if kind == "sender_key" else ask(session, kind, id_, *more)

        return answer

    monkeypatch.setattr(replica, "get", instead_of(replica.get))
    monkeypatch.setattr(store, "newest", instead_of(store.newest))
    return lambda found: known.update({KEY.thumbprint(): found})


def asked(route: Route, key: OKPKey = KEY, by: timedelta = timedelta(), **claims: Any) -> Any:
    """The answer to a request that this key signs by a clock that is off `by` so much; `claims` are other than it."""
    body = b"{}" if route.method == "POST" else b""
    question = Question(
        sender=SENDER, method=route.method, path=route.url, issued_at=datetime.now(UTC) + by,
        sha256=sha256(body).hexdigest() if body else None,
    )  # fmt: skip
    headers = {"Authorization": f"Statement {sign(replace(question, **claims), key)}"}
    headers |= {"Content-Type": "application/json"} if body else {}
    client = TestClient(app_of(route.service), follow_redirects=False)
    return client.request(route.method, route.url, content=body, headers=headers)


def test_what_a_senders_key_opens() -> None:
    assert {f"{one.service} {one.name}" for one in READ} == {
        "audit GET /v1/leaves",
        "audit GET /v1/receipts/{submission}",
        "catalogue GET /v1/duties",
        "catalogue GET /v1/duties/calendar",
        "catalogue GET /v1/duties/measures",
        "catalogue GET /v1/{kind}",
        "catalogue GET /v1/{kind}/{id}",
        "grdp GET /v1/observations",
        "intake GET /v1/submissions",
        "intake GET /v1/submissions/{submission_id}",
        "intake GET /v1/submissions/{submission_id}/marked",
        "intake GET /v1/submissions/{submission_id}/original",
        "intake GET /v1/submissions/{submission_id}/path",
        "intake GET /v1/submissions/{submission_id}/report",
        "notification GET /v1/notices",
        "policy GET /v1/requests",
        "policy GET /v1/requests/{request}",
        "validation GET /v1/blank-forms",
        "validation GET /v1/submissions/{submission}/figures",
        "validation POST /v1/checks",
        "validation POST /v1/checks/marked",
        "validation GET /v1/submissions/{submission}/findings",
        "validation POST /v1/submissions/{submission}/findings/{finding}/explanations",
    }


@pytest.mark.parametrize("route", READ, ids=name)
def test_a_key_in_force_opens_what_is_its_senders_own(route: Route) -> None:
    assert asked(route).status_code not in (401, 403)
    assert route.action is not None
    assert auth.table()[route.service][route.action][Role.AGENCY] is Scope.OWN


@pytest.mark.parametrize("route", READ, ids=name)
def test_a_role_that_loses_a_right_loses_it_by_its_key_too(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "table", lambda: {route.service: {route.action: {}}})
    answer = asked(route)
    assert (answer.status_code, answer.json()["action"]) == (403, f"{route.service}:{route.action}")


NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("route", READ, ids=name)
@pytest.mark.parametrize(
    "claims",
    [
        {"key": OTHER},
        {"sender": "so-khac"},
        {"method": "DELETE"},
        {"path": "/v1/elsewhere"},
        {"sha256": "0" * 64},
        {"by": timedelta(minutes=-6)},
        {"by": timedelta(minutes=6)},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_signature_of_another_request_opens_nothing(route: Route, claims: Any) -> None:
    answer = asked(route, **claims)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Statement"
    assert answer.json()["detail"] and answer.json()["en"]["detail"]


@pytest.mark.parametrize("route", READ, ids=name)
@pytest.mark.parametrize(
    "found",
    [None, listed(valid_to=NOW), listed(valid_from=NOW + DAY)],
    ids=["waiting", "revoked", "early"],
)
def test_a_key_that_is_not_in_force_opens_nothing(
    route: Route, found: Listed | None, entry: Callable[[Listed | None], None]
) -> None:
    entry(found)
    before = refusals(route.service)
    assert asked(route).status_code == 401
    assert refusals(route.service) == before + 1


def refusals(service: str) -> float:
    """How many requests the service has refused before it knew whose."""
    (metric,) = metrics.UNAUTHENTICATED.collect()
    return sum(
        one.value
        for one in metric.samples
        if one.name.endswith("_total") and one.labels["service"] == service
    )
