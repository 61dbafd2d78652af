"""Every API against its own description, with requests that nobody would write: with a token and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from deploy import programs
from deploy.stack import Stack
from services.kernel.auth import Role
from tests.unit.test_rights import CONSOLE, OPEN, PUBLIC

pytestmark = pytest.mark.stack

APIS = tuple(
    one.name
    for one in programs.PROGRAMS.values()
    if one.role is programs.Role.API and one.service != CONSOLE
)
EXAMPLES = 4
"""Of each operation and mode: `make test` has many operations. More by hand finds more."""
CONFORMS = [content_type_conformance, response_schema_conformance]
ENDS_ALL_TOKENS = "POST /v1/signing-keys"
PASSWORD = "một câu dễ nhớ của tôi"


@dataclass(frozen=True)
class Apis:
    """All APIs as processes, and a person in every role at once."""

    stack: Stack
    token: Mapping[str, str]

    def operations(self, program: str) -> Iterator[tuple[str, Any]]:
        """What the API's description names, by method and path."""
        described = httpx2.get(f"{self.stack.url(program)}/openapi.json", trust_env=False).json()
        for found in schemathesis.openapi.from_dict(described).get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]
            yield f"{operation.method.upper()} {operation.path}", operation

    def call(self, program: str, case: Case[Any], headers: Mapping[str, str]) -> Any:
        """Sends a made up request; whatever it says of who asks is replaced."""
        mine = {k: v for k, v in (case.headers or {}).items() if k.lower() != "authorization"}
        case.headers = mine | dict(headers)  # type: ignore[assignment]
        return case.call(base_url=self.stack.url(program), timeout=30)


@pytest.fixture(scope="module")
def apis(stack: Stack) -> Iterator[Apis]:
    stack.start_services(APIS)
    stack.wait_healthy(120, APIS)
    token = stack.administrator_environment()["SOLIEU_ADMINISTRATOR_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(
        base_url=stack.url("catalogue-api"), headers=headers, timeout=30, trust_env=False
    ) as client:
        office = {
            "id": "co-quan-thu",
            "name": {"vi": "Thử", "en": "Test"},
            "kind": "provincial_office",
        }
        client.put("/v1/organisation/co-quan-thu", json={"body": office}).raise_for_status()
        person = {
            "id": "p-tat-ca",
            "name": "Tất Cả",
            "organisation": "co-quan-thu",
            "roles": list(Role),
        }
        client.post("/v1/people", json=person | {"password": PASSWORD}).raise_for_status()
        login = {"person": "p-tat-ca", "password": PASSWORD}
        given = client.post("/v1/tokens", json=login).raise_for_status().json()
    yield Apis(stack, {"Authorization": f"Bearer {given['access_token']}"})
    stack.stop_services(APIS)


def made_up(operation: Any) -> list[Case[Any]]:
    """Cases as the description says, and cases that it forbids."""
    found: list[Case[Any]] = []
    for mode in GenerationMode:
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            chosen: Any = settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            decorate: Any = given(strategy)
            chosen(decorate(lambda case: found.append(case)))()
        except Unsatisfiable:
            continue  # nothing of this operation can be wrong
    assert found
    return found


@pytest.mark.parametrize("program", APIS)
def test_without_a_token_nothing_but_what_is_public_answers(apis: Apis, program: str) -> None:
    public = OPEN | PUBLIC.get(programs.PROGRAMS[program].service, set())
    for name, operation in apis.operations(program):
        for case in made_up(operation):
            answer = apis.call(program, case, {})
            assert answer.status_code < 500, (name, case, answer.text)
            if name not in public:
                assert answer.status_code >= 400, (name, case, answer.text)
                assert answer.headers["content-type"] == ["application/problem+json"]


@pytest.mark.parametrize("program", APIS)
def test_with_a_token_no_request_breaks_it_and_it_answers_as_it_says(
    apis: Apis, program: str
) -> None:
    well = 0
    for name, operation in apis.operations(program):
        for case in [] if name == ENDS_ALL_TOKENS else made_up(operation):
            answer = apis.call(program, case, apis.token)
            assert answer.status_code < 500, (name, case, answer.text)
            if answer.status_code < 300:
                well += 1
                case.validate_response(answer, checks=CONFORMS)
    assert well > 0
