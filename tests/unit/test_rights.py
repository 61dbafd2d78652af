"""Who may do what: every route of every API, asked by nobody, by each role, and by each program.

The database is away, so that an answer other than 401 and 403 means: let in, and nothing else happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from pydantic import SecretStr

from services.kernel import auth
from services.kernel.auth import Role
from services.kernel.settings import Settings
from tests import people

SERVICES = Path(__file__).parents[2] / "services"
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nothing"
PROGRAMS = {"administrator", "compiler", "operator"}
SETTINGS = Settings(
    database_url=NOWHERE,
    kafka_bootstrap="127.0.0.1:1",
    catalogue_url="http://127.0.0.1:1",
    administrator_token_sha256=auth.hash_of("administrator-token"),
    compiler_token=SecretStr("compiler-token"),
    operator_token=SecretStr("operator-token"),
)
CONSOLE = "console"
"""Its pages ask the other APIs with the token of the person's cookie, and have no actions of their own."""

OPEN = {
    *("GET /healthz", "GET /metrics", "GET /docs", "GET /openapi.json"),
}
"""What every API answers to anybody: no figure, no person, no submission is in it."""

PUBLIC = {
    "catalogue": {
        *(
            "POST /v1/tokens",
            "POST /v1/passwords",
            "GET /v1/jwks",
            "GET /subjects",
            "GET /config",
            "GET /mode",
        ),
        *("GET /subjects/{subject}/versions", "GET /subjects/{subject}/versions/{version}"),
        *("GET /subjects/{subject}/versions/{version}/schema", "GET /schemas/types"),
        *("GET /schemas/ids/{id}", "GET /schemas/ids/{id}/schema"),
        *("GET /schemas/ids/{id}/versions", "GET /schemas/ids/{id}/subjects"),
    },
    CONSOLE: {
        "GET /login",
        "POST /login",
        "GET /password",
        "POST /password",
        "GET /healthz",
        "GET /metrics",
    },
}
"""Who logs in has no token yet; keys and schemas are there to be read by anybody."""

OTHERWISE = {
    "catalogue": {
        "POST /v1/tokens/renew": "the token that is renewed",
        "GET /v1/sessions/current": "a token of the session",
        "DELETE /v1/sessions/current": "a token of the session",
    },
    "intake": {
        "POST /v1/submissions": "a sender's signature",
        "POST /v1/secret-notices": "a sender's signature",
    },
}
"""Routes that ask for something else than a right."""


@dataclass(frozen=True)
class Route:
    """One method of one path; `action` is None where it asks for no right."""

    service: str
    method: str
    path: str
    action: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def url(self) -> str:
        """The path with something in it that is of the right form."""
        path = self.path.replace("{kind}", "organisation")
        return re.sub(r"\{[^}]*\}", str(UUID(int=7)), path)


@cache
def app_of(service: str) -> FastAPI:
    app: FastAPI = import_module(f"services.{service}.api").create_app(SETTINGS)
    app.state.keys = people.keys
    return app


def services() -> list[str]:
    return sorted(
        path.parent.name for path in SERVICES.glob("*/api.py") if path.parent.name != "kernel"
    )


def routes(service: str, app: FastAPI) -> Iterator[Route]:
    for one in iter_route_contexts(app.routes):
        for method in sorted((one.methods or set()) - {"HEAD"}):
            assert one.path is not None
            dependant = getattr(one, "dependant", None)
            actions = set(_actions(dependant)) if dependant else set()
            assert len(actions) <= 1, f"{one.path} asks for several rights"
            yield Route(service, method, one.path, next(iter(actions), None))


def without_right(found: Iterable[Route]) -> set[str]:
    return {route.name for route in found if route.action is None}


def _actions(dependant: Dependant) -> Iterator[str]:
    action = getattr(dependant.call, "action", None)
    if action is not None:
        yield action
    for one in dependant.dependencies:
        yield from _actions(one)


ROUTES = [route for service in services() for route in routes(service, app_of(service))]
GUARDED = [route for route in ROUTES if route.action is not None]
CELLS = [(route, role) for route in GUARDED for role in Role]


def ask(route: Route, headers: dict[str, str] | None = None) -> Any:
    client = TestClient(app_of(route.service), follow_redirects=False)
    body: Any = {} if route.method in ("POST", "PUT", "PATCH") else None
    return client.request(route.method, route.url, headers=headers, json=body)


def may(route: Route, role: str) -> bool:
    assert route.action is not None
    return role in auth.table()[route.service][route.action]


def name(value: object) -> str:
    return f"{value.service} {value.name}" if isinstance(value, Route) else str(value)


ANY_PARAMETER = ("/docs", "/openapi.json", "/subjects", "/schemas/", "/config", "/mode")
"""Documentation, and the API of a schema registry, whose clients send parameters that are not declared here."""


@pytest.mark.parametrize("service", [one for one in services() if one != CONSOLE])
def test_a_route_asks_for_a_right_or_is_public_on_purpose(service: str) -> None:
    free = without_right(route for route in ROUTES if route.service == service)
    assert free == OPEN | PUBLIC.get(service, set()) | set(OTHERWISE.get(service, {}))


@pytest.mark.parametrize(
    "route",
    [one for one in ROUTES if one.service != CONSOLE and not one.path.startswith(ANY_PARAMETER)],
    ids=name,
)
def test_a_parameter_that_a_route_does_not_have_is_refused(route: Route) -> None:
    """By all APIs alike: a misspelt filter would list everything."""
    client = TestClient(app_of(route.service), follow_redirects=False)
    answer = client.request(route.method, f"{route.url}?nonsens=1")
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:solieu:problem:unknown-parameter",
    )
    assert "nonsens" in answer.json()["title"]


def test_a_forgotten_route_is_found() -> None:
    app, inner = FastAPI(openapi_url=None), APIRouter()
    app.add_api_route("/kept", lambda: None, dependencies=[Depends(auth.allowed("state.read"))])
    inner.add_api_route("/forgotten", lambda: None, methods=["GET", "POST"])
    app.include_router(inner, prefix="/v1")
    assert without_right(routes("intake", app)) == {"GET /v1/forgotten", "POST /v1/forgotten"}


def test_the_table_and_the_routes_have_the_same_actions() -> None:
    declared = {
        (service, action) for service, actions in auth.table().items() for action in actions
    }
    assert declared == {(route.service, route.action) for route in GUARDED}


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_nobody_who_is_unknown_gets_in(route: Route) -> None:
    other = people.token(roles=list(Role), key=people.OTHER)
    headers = [{}, *({"Authorization": f"Bearer {one}"} for one in ("", "x", "a.b.c", other))]
    headers += [
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Authorization": "administrator-token"},
    ]
    for given in headers:
        answer = ask(route, given)
        assert answer.status_code == 401, (given, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(("route", "role"), CELLS, ids=name)
def test_a_role_gets_in_where_the_table_says_so(route: Route, role: Role) -> None:
    answer = ask(route, people.headers(roles=[role.value]))
    if may(route, role):
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert answer.status_code == 403
        assert answer.json()["action"] == f"{route.service}:{route.action}"


@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_a_program_has_the_right_of_its_role_and_who_has_no_role_none(route: Route) -> None:
    for role in PROGRAMS:
        answer = ask(route, {"Authorization": f"Bearer {role}-token"})
        assert (answer.status_code == 403) is not may(route, role), answer.text
    assert ask(route, people.headers(roles=[])).status_code == 403
    assert ask(route, people.headers(roles=["emperor"])).status_code == 403


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.name in OTHERWISE.get(r.service, {})], ids=name
)
def test_another_door_is_shut_too(route: Route) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer administrator-token"},
        {"Authorization": "Statement x"},
    ):
        assert ask(route, headers).status_code == 401


@pytest.mark.parametrize("route", [r for r in ROUTES if r.service == CONSOLE], ids=name)
def test_a_page_sends_who_has_not_logged_in_to_the_door(route: Route) -> None:
    answer = ask(route)
    if route.name in PUBLIC[CONSOLE]:
        assert "/login" not in answer.headers.get("location", "")
    else:
        assert answer.status_code in (303, 401, 403), answer.text


# -- what the table itself must never say


def roles_of(*actions: str) -> set[str]:
    found = auth.table()
    return {role for one in actions for role in found[one.partition(":")[0]][one.partition(":")[2]]}


def test_who_runs_the_machines_sees_no_figure_and_decides_nothing() -> None:
    figures = roles_of("grdp:observation.read", "intake:report.read", "validation:finding.read")
    decisions = roles_of(
        "policy:review.decide",
        "catalogue:calendar.release",
        "policy:request.make",
        "validation:finding.decide",
    )
    assert not (figures | decisions) & {Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR}
    assert not decisions & PROGRAMS


@pytest.mark.parametrize(
    ("trial", "read"),
    [
        (("validation", "rules.test"), ("validation", "finding.read")),
        (("policy", "policy.try"), ("policy", "decision.explain")),
    ],
)
def test_nobody_learns_more_from_a_trial_than_they_may_read(
    trial: tuple[str, str], read: tuple[str, str]
) -> None:
    tries, reads = (auth.table()[service][action] for service, action in (trial, read))
    order = list(auth.Scope)
    assert all(
        role in reads and order.index(reads[role]) >= order.index(tries[role]) for role in tries
    )


def test_an_agency_reaches_no_others_affairs() -> None:
    of_all = {
        f"{service}:{action}"
        for service, actions in auth.table().items()
        for action, roles in actions.items()
        if roles.get(Role.AGENCY) == auth.Scope.ALL
    }
    assert of_all == {"catalogue:calendar.read", "audit:checkpoint.read", "policy:law.read"}


def test_only_the_administrator_says_who_may_what() -> None:
    own = auth.table()["catalogue"]["password.change"]
    assert set(own.values()) == {auth.Scope.OWN}
    changing = ("catalogue:person.change", "catalogue:entry.change", "catalogue:password.reset")
    assert roles_of(*changing) == {Role.ADMINISTRATOR}
    assert roles_of("catalogue:change.decide") == {Role.LEADER}


def test_deciding_erasing_and_changing_people_ask_for_a_live_session() -> None:
    table = auth.table()
    deciding = (
        "change",
        "decide",
        "order",
        "judge",
        "close",
        "withdraw",
        "record",
        "release",
        "answer",
        "reset",
        "supply",
        "propose",
        "sign",
    )
    named = {
        (service, action)
        for service in ("catalogue", "intake", "validation", "policy")
        for action in table[service]
        if action.rpartition(".")[2] in deciding
    }
    # By a question, too, somebody speaks for the office.
    assert named | {("catalogue", "duty.ask")} == auth.acts()
    route = next(one for one in GUARDED if one.action == "erasure.order")
    people.keys.ended.add("over")
    try:
        for session, expected in (("over", 401), ("alive", 503)):
            headers = people.headers(roles=["leader"], session=session)
            body = {"attempt": 1, "reason": "Theo yêu cầu.", "document": "1/QĐ"}
            client = TestClient(app_of("policy"))
            assert client.post(route.url, json=body, headers=headers).status_code == expected
    finally:
        people.keys.ended.clear()
