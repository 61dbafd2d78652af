"""The page by which an API describes itself."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from services.kernel.documentation import page
from tests.unit.test_rights import CONSOLE, app_of, services


@pytest.mark.parametrize("service", [one for one in services() if one != CONSOLE])
def test_the_documentation_of_an_api_loads_nothing_from_elsewhere(service: str) -> None:
    app = app_of(service)
    answer = TestClient(app).get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r"<(?:script|link|img|iframe|object)", answer.text) == []
    assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text) == []
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in answer.text


def test_what_a_description_says_is_text_and_no_markup() -> None:
    said = "<script>alert(1)</script>"
    shown = page({
        "info": {"title": said, "description": said},
        "paths": {"/x": {"get": {"summary": said, "parameters": [{"name": said, "in": "query"}]}}},
        "components": {"schemas": {said: {"description": said}}},
    })  # fmt: skip
    assert "<script" not in shown
