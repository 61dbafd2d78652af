"""The registry's answers, as Confluent's clients expect them, against the locked schemas."""

from __future__ import annotations

import json
from typing import Any

import fastavro
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from services.catalogue.registry import MEDIA_TYPE, router
from services.kernel.parameters import only_known_parameters
from services.kernel.released_schemas import locked

APP = FastAPI(dependencies=[Depends(only_known_parameters)])
APP.include_router(router)
CLIENT = TestClient(APP)
LOCKED = locked()


def get(path: str, **query: str) -> Any:
    answer = CLIENT.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    return answer.json()


def test_every_locked_schema_is_found_by_id_by_version_and_as_it_was_locked() -> None:
    assert len(LOCKED) > 20
    for one in LOCKED:
        by_version = get(f"/subjects/{one.subject}/versions/{one.version}")
        assert (by_version["subject"], by_version["version"]) == (one.subject, one.version)
        assert by_version["id"] == one.id
        text = get(f"/schemas/ids/{one.id}")["schema"]
        assert text == by_version["schema"]
        assert json.loads(text) == one.schema == get(f"/schemas/ids/{one.id}/schema")
        assert get(f"/subjects/{one.subject}/versions/{one.version}/schema") == one.schema
        fastavro.parse_schema(json.loads(text))
        assert get(f"/schemas/ids/{one.id}", subject=one.subject)["schema"] == text
        assert get(f"/schemas/ids/{one.id}/subjects") == [one.subject]
        used = [{"subject": one.subject, "version": one.version}]
        assert get(f"/schemas/ids/{one.id}/versions") == used


def test_subjects_and_versions_are_listed_and_latest_is_the_newest() -> None:
    subjects = get("/subjects")
    assert subjects == sorted({one.subject for one in LOCKED})
    assert any(len(get(f"/subjects/{subject}/versions")) > 1 for subject in subjects)
    for subject in subjects:
        numbers = [one.version for one in LOCKED if one.subject == subject]
        assert get(f"/subjects/{subject}/versions") == numbers == sorted(numbers)
        for newest in ("latest", "-1"):
            assert get(f"/subjects/{subject}/versions/{newest}")["version"] == numbers[-1]


def test_its_clients_send_parameters_of_the_registry_that_are_not_declared_here() -> None:
    assert get("/subjects", deleted="false") == get("/subjects")
    assert get("/schemas/ids/1", fetchMaxId="false", format="") == get("/schemas/ids/1")


def test_it_is_read_only_and_says_so() -> None:
    assert get("/schemas/types") == ["AVRO"]
    assert get("/config") == {"compatibilityLevel": "FULL_TRANSITIVE"}
    assert get("/mode") == {"mode": "READONLY"}
    for method in ("POST", "PUT", "DELETE"):
        assert CLIENT.request(method, "/subjects/x/versions").status_code == 405


SUBJECT = "grdp.observation-value"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subjects/nothing/versions", 40401),
        ("/subjects/nothing/versions/1", 40401),
        ("/subjects/nothing/versions/x", 40401),
        (f"/subjects/{SUBJECT}/versions/99", 40402),
        (f"/subjects/{SUBJECT}/versions/99/schema", 40402),
        (f"/subjects/{SUBJECT}/versions/0", 42202),
        (f"/subjects/{SUBJECT}/versions/x", 42202),
        (f"/subjects/{SUBJECT}/versions/%C2%B2", 42202),
        (f"/subjects/{SUBJECT}/versions/{2**31}", 42202),
        (f"/subjects/{SUBJECT}/versions/-2", 42202),
        ("/schemas/ids/0", 40403),
        ("/schemas/ids/01", 40403),
        ("/schemas/ids/x", 40403),
        (f"/schemas/ids/{10**30}", 40403),
        ("/schemas/ids/1?subject=catalogue.changed-value", 40403),
        ("/schemas/ids/99999/versions", 40403),
        ("/schemas/ids/99999/subjects", 40403),
    ],
)
def test_what_is_not_there_has_the_registrys_error(path: str, code: int) -> None:
    answer = CLIENT.get(path)
    assert answer.status_code == code // 100
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert body.keys() == {"error_code", "message"}
    assert body["error_code"] == code
    assert " · " in body["message"]
