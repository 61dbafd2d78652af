"""Schemas in a registry of others: the locked ids, and no others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from services import cli
from services.kernel.released_schemas import LockedSchema, locked
from services.kernel.settings import settings
from services.operators import registry
from services.operators.registry import NotRegistered, register

URL = "http://registry.example"


@dataclass
class Registry:
    """As Confluent's API describes it: an id may be given only while the subject is in the mode IMPORT."""

    schemas: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    refuses: str = ""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        kind, subject, *rest = request.url.path.strip("/").split("/")
        body: dict[str, Any] = json.loads(request.content) if request.content else {}
        if kind == "mode":
            taken = any(name == subject for name, _ in self.schemas)
            if taken and request.url.params.get("force") != "true":
                return httpx2.Response(422, json={"error_code": 42205})
            self.modes[subject] = body["mode"]
            return httpx2.Response(200, json=body)
        if request.method == "GET":
            found = self.schemas.get((subject, int(rest[1])))
            if found is None:
                return httpx2.Response(404, json={"error_code": 40402})
            return httpx2.Response(200, json={"id": found[0], "schema": found[1]})
        if subject == self.refuses or self.modes.get(subject) != "IMPORT":
            return httpx2.Response(422, json={"error_code": 42205})
        self.schemas[subject, body["version"]] = (body["id"], body["schema"])
        return httpx2.Response(200, json={"id": body["id"]})


@pytest.fixture
def there() -> Registry:
    return Registry()


def brought(there: Registry) -> list[LockedSchema]:
    return register(URL, locked(), httpx2.MockTransport(there))


def test_each_locked_schema_is_there_under_its_own_id(there: Registry) -> None:
    assert brought(there) == sorted(locked(), key=lambda entry: entry.id)
    for entry in locked():
        id_, text = there.schemas[entry.subject, entry.version]
        assert (id_, json.loads(text)) == (entry.id, dict(entry.schema))
    assert set(there.modes.values()) == {"READWRITE"}


def test_what_is_there_stays_and_a_new_version_is_added(there: Registry) -> None:
    brought(there)
    newest = max(locked(), key=lambda entry: entry.version)
    del there.schemas[newest.subject, newest.version]
    assert brought(there) == [newest]
    assert brought(there) == []


def test_a_schema_in_the_registrys_own_spelling_is_the_same(there: Registry) -> None:
    brought(there)
    for place, (id_, text) in there.schemas.items():
        there.schemas[place] = (id_, json.dumps(json.loads(text), sort_keys=True, indent=1))
    assert brought(there) == []


@pytest.mark.parametrize(
    ("other", "says"),
    [((999, None), "id 999, not"), ((None, '{"type": "string"}'), "another schema")],
)
def test_another_schema_or_id_in_its_place_is_told(
    there: Registry, other: tuple[int | None, str | None], says: str
) -> None:
    brought(there)
    place = next(iter(there.schemas))
    id_, text = there.schemas[place]
    there.schemas[place] = (other[0] or id_, other[1] or text)
    with pytest.raises(NotRegistered, match=says):
        brought(there)


def test_a_refusal_leaves_the_subject_writable(there: Registry) -> None:
    there.refuses = locked()[0].subject
    with pytest.raises(NotRegistered, match="42205"):
        brought(there)
    assert there.modes[there.refuses] == "READWRITE"


def test_the_command_needs_the_setting_and_tells_what_it_did(
    there: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: str) -> Any:
        settings.cache_clear()
        return CliRunner().invoke(cli.app, ["schemas", "register", *arguments])

    monkeypatch.delenv("SOLIEU_SCHEMA_REGISTRY_URL", raising=False)
    assert run().exit_code == 2
    monkeypatch.setenv("SOLIEU_SCHEMA_REGISTRY_URL", URL)
    transport = httpx2.MockTransport(there)
    monkeypatch.setattr(
        registry, "register", lambda url, entries: register(url, entries, transport)
    )
    assert len(json.loads(run("--json").stdout)["added"]) == len(locked())
    assert "đã có" in run().stdout
    there.schemas.clear()
    there.refuses = locked()[0].subject
    assert run().exit_code == 4
    settings.cache_clear()
