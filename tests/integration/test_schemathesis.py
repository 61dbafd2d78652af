"""Every API against its own description, with requests that nobody would write: without a right and with one.

The console, which has no description, is described by its routes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from deploy import programs
from services.catalogue import starter
from services.console.api import create_app
from services.kernel.settings import Settings
from tests.browser.visits import FORM, form_token, log_in
from tests.integration.flow_parts import generate
from tests.integration.seeded import OTHER, PASSWORD, PERSON, Seeded, seed
from tests.running import client, own_stack
from tests.unit.test_rights import CONSOLE, OPEN, OTHERWISE, PUBLIC

pytestmark = pytest.mark.stack

APIS = tuple(
    one.name
    for one in programs.PROGRAMS.values()
    if one.role is programs.Role.API and one.service != CONSOLE
)
EXAMPLES = 3
"""Of each operation and mode: `make test` has many operations. More by hand finds more."""
CONFORMS = [content_type_conformance, response_schema_conformance]
ENDS_TOKENS = {"POST /v1/signing-keys", "DELETE /v1/sessions/current"}
SIGNED = {
    "intake-api": {
        *("POST /v1/submissions", "POST /v1/secret-notices", "GET /v1/submissions"),
        *(
            f"GET /v1/submissions/{{submission_id}}{end}"
            for end in ("", "/report", "/marked", "/path")
        ),
    },
    "validation-api": {
        "GET /v1/submissions/{submission}/findings",
        "POST /v1/submissions/{submission}/findings/{finding}/explanations",
    },
}
"""What a sender may ask with its signature."""
OF_AGENCIES = (
    "GET /v1/drafts/", "GET /v1/blank-forms", "GET /ban-nhap/", "GET /kiem-tra/bieu-trong",
)  # fmt: skip
"""What only an agency has, by how its name begins: whoever asks here is of the office, and is told that there is none
(tests/integration/test_intake_drafts.py and test_validation_api.py have them).
"""
LEADS_ON = {"GET /", "POST /logout"}
"""Pages that only lead to another one."""
TYPED = {"person": OTHER, "password": "?", "attempt": "1", "outcome": "release", "reason": "Đã rõ."}
"""What people fill into the forms of the console."""
ENDLESS = "/stream"
"""Answers of this ending go on for minutes; tests/browser/test_answers.py has them."""
Asked = Callable[[str], Mapping[str, list[Case[Any]]]]


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    workbooks = tmp_path_factory.mktemp("workbooks")
    generate(workbooks)
    with own_stack("schemathesis") as stack:
        starter.load(stack.url("catalogue-api"), stack.state.tokens["administrator"])
        yield seed(stack, workbooks)


@pytest.fixture(scope="module")
def asked(apis: Seeded) -> Asked:
    """The cases of each operation of a program: made once for all who ask, since that takes longest."""

    @cache
    def of(program: str) -> dict[str, list[Case[Any]]]:
        described = pages() if program == "console-api" else operations(apis, program)
        return {name: made_up(operation, apis.known) for name, operation in described}

    return of


# -- what is asked


def operations(apis: Seeded, program: str) -> Iterator[tuple[str, Any]]:
    """What an API's description names, by method and path."""
    with client(apis.stack, program) as asking:
        return named(asking.get("/openapi.json").json())


def pages() -> Iterator[tuple[str, Any]]:
    """The routes of the console in the same way."""
    described = FastAPI()
    for one in iter_route_contexts(create_app(Settings()).routes):
        if one.methods and one.path and one.endpoint and not one.path.endswith(ENDLESS):
            described.add_api_route(one.path, one.endpoint, methods=list(one.methods))
    return named(described.openapi())


def named(description: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        yield f"{operation.method.upper()} {operation.path}", operation


def made_up(operation: Any, known: Mapping[str, Mapping[str, Any]]) -> list[Case[Any]]:
    """Cases as the description says, and cases that it forbids; the first is about something that is there."""
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
    return [about_what_is_there(operation, found[0], known), *found]


def about_what_is_there(
    operation: Any, like: Case[Any], known: Mapping[str, Mapping[str, Any]]
) -> Case[Any]:
    """A case with the same body whose parameters, as far as it needs them, name something that is there."""
    values: dict[str, Any] = {}
    for path, more in known.items():
        values |= more if operation.path.startswith(path) else {}
    needed = {
        kind: {one.name: values[one.name] for one in getattr(operation, kind) if one.name in values}
        for kind in ("path_parameters", "query")
    }
    content = {"body": like.body, "media_type": like.media_type}
    found: Case[Any] = operation.Case(**needed, **content)
    return found


def call(apis: Seeded, program: str, case: Case[Any], **right: Any) -> Any:
    """Sends a made up request with this right and no other; `right` is headers, or `auth` of requests."""
    mine = {k: v for k, v in (case.headers or {}).items() if k.lower() != "authorization"}
    case.headers = mine | right.pop("headers", {})
    answer: Any = case.call(base_url=apis.stack.url(program), timeout=30, **right)
    assert answer.status_code < 500, (case, answer.text)
    if answer.status_code < 300:
        case.validate_response(answer, checks=CONFORMS)
    return answer


# -- the APIs


@pytest.mark.parametrize("program", APIS)
def test_without_a_token_nothing_but_what_is_public_answers(
    apis: Seeded, asked: Asked, program: str
) -> None:
    public = OPEN | PUBLIC.get(programs.PROGRAMS[program].service, set())
    for name, cases in asked(program).items():
        for case in cases:
            answer = call(apis, program, case)
            if name not in public:
                assert answer.status_code >= 400, (name, case, answer.text)
                assert answer.headers["content-type"] == ["application/problem+json"]


@pytest.mark.parametrize("program", APIS)
def test_with_a_token_no_request_breaks_it_and_it_answers_as_it_says(
    apis: Seeded, asked: Asked, program: str
) -> None:
    other_doors = OTHERWISE.get(programs.PROGRAMS[program].service, {})
    for name, cases in asked(program).items():
        if name in ENDS_TOKENS:
            continue
        statuses = [call(apis, program, one, headers=apis.token).status_code for one in cases]
        if "signature" not in other_doors.get(name, ""):
            assert let_in(statuses), (name, statuses)
        if name.startswith("GET") and not name.startswith(OF_AGENCIES):
            assert statuses[0] in (200, 204), (name, cases[0])


@pytest.mark.parametrize("program", SIGNED)
def test_with_a_senders_signature_no_request_breaks_it_and_it_answers_as_it_says(
    apis: Seeded, asked: Asked, program: str
) -> None:
    assert set(asked(program)) >= SIGNED[program]
    for name in sorted(SIGNED[program]):
        cases = asked(program)[name]
        statuses = [call(apis, program, one, auth=apis.signature).status_code for one in cases]
        assert let_in(statuses), (name, statuses)
        if name.startswith("GET"):
            assert statuses[0] == 200, (name, cases[0])


def let_in(statuses: list[int]) -> bool:
    """Whether a request was told more than that it may not ask."""
    return not {401, 403}.issuperset(statuses)


# -- the console


def visit(tab: httpx2.Client, case: Case[Any], fields: Mapping[str, str]) -> httpx2.Response:
    """Asks for the page of a made up request; a POST has the fields of a form."""
    path, query = quote(case.formatted_path, safe="/%"), dict(case.query or {})
    form: Any = {"data": fields, "headers": FORM} if case.method == "POST" else {}
    answer = tab.request(case.method, path, params=query or None, **form)
    assert answer.status_code < 500, (case, answer.text)
    return answer


def test_no_request_breaks_the_console_and_without_a_login_it_leads_to_the_door(
    apis: Seeded, asked: Asked
) -> None:
    with client(apis.stack, "console-api") as stranger:
        token = form_token(stranger.get("/login").text)
        for name, cases in asked("console-api").items():
            for case in cases:
                answer = visit(stranger, case, {"form_token": token})
                if name not in PUBLIC[CONSOLE] | LEADS_ON:
                    assert answer.status_code >= 400 or is_door(answer), (name, case)


def test_no_request_of_a_person_breaks_the_console(apis: Seeded, asked: Asked) -> None:
    with client(apis.stack, "console-api") as door:
        assert log_in(door, PERSON, PASSWORD).status_code == 303
        cookies = door.cookies
    for name, cases in asked("console-api").items():
        for typed in (TYPED, dict.fromkeys(TYPED, "\x00<é>"), {}):
            with client(apis.stack, "console-api") as tab:
                tab.cookies.update(cookies)
                fields = typed | {"form_token": form_token(tab.get("/submissions").text)}
                statuses = [visit(tab, one, fields).status_code for one in cases]
            if name.startswith("GET") and not name.startswith(OF_AGENCIES) and name not in LEADS_ON:
                assert statuses[0] == 200, (name, cases[0])


def is_door(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/login")
