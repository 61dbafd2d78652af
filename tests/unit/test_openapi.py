"""What each API says of itself: a valid document, with who is let in and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis

from tests.unit.test_rights import CONSOLE, ROUTES, Route, app_of, services

APIS = [service for service in services() if service != CONSOLE]
DESCRIBED = [route for route in ROUTES if route.service in APIS and route.path.startswith("/v1/")]


def operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = app_of(route.service).openapi()["paths"][route.path]
    described: dict[str, Any] = found[route.method.lower()]
    return described


@pytest.mark.parametrize("service", APIS)
def test_a_document_is_as_openapi_says(service: str) -> None:
    schemathesis.openapi.from_dict(app_of(service).openapi()).validate()


@pytest.mark.parametrize("route", DESCRIBED, ids=lambda route: f"{route.service} {route.name}")
def test_a_route_says_what_it_refuses_and_whom_it_lets_in(route: Route) -> None:
    responses = operation(route)["responses"]
    is_ours = route.path.startswith(("/v1/", "/healthz", "/metrics"))
    assert ("400" in responses) == is_ours, (
        "the registry takes the parameters of an API that is not ours"
    )
    if route.action is not None:
        assert {"token": []} in operation(route)["security"]
        assert responses.keys() >= {"401", "403"}


def test_what_senders_sign_is_described() -> None:
    described = app_of("intake").openapi()
    statement = described["components"]["schemas"]["Statement"]
    assert {"sender", "aud", "form", "period", "sha256", "size", "nonce"} <= {
        *statement["required"]
    }
    assert "none_occurred" in str(described["components"]["schemas"]["NilKind"])
    for path in ("/v1/submissions", "/v1/secret-notices"):
        assert described["paths"][path]["post"]["security"] == [{"statement": []}]


def test_asking_by_signature_is_described() -> None:
    described = app_of("validation").openapi()
    explaining = described["paths"]["/v1/submissions/{submission}/findings/{finding}/explanations"]
    assert explaining["post"]["security"] == [{"token": []}, {"statement": []}]
    catalogue = app_of("catalogue").openapi()["paths"]
    assert catalogue["/v1/{kind}/{id}"]["get"]["security"] == [{"token": []}, {"statement": []}]
    assert catalogue["/v1/sessions/current"]["get"]["security"] == [{"token": []}]
