"""Old events stay readable, and old programs can read new ones: FULL_TRANSITIVE over all locked schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from services.kernel.released_schemas import LockedSchema, lock, locked, meaning
from services.kernel.topics import SCHEMAS
from tests.contract.examples import FILES, schema, subject

LOCKED = locked()
SUBJECTS = sorted({entry.subject for entry in LOCKED})


CHECKER: Any = ReaderWriterCompatibilityChecker


def incompatibilities(versions: list[dict[str, Any]]) -> list[str]:
    """Why some version can't read another; empty where each reads all, which is FULL_TRANSITIVE."""
    found = []
    for reader, writer in permutations(versions, 2):
        parsed = (parse(json.dumps(reader)), parse(json.dumps(writer)))
        result = CHECKER().get_compatibility(*parsed)
        if result.compatibility is not SchemaCompatibilityType.compatible:
            found += sorted(result.messages)
        found += changed_meanings(reader, writer)
    return found


def changed_meanings(reader: dict[str, Any], writer: dict[str, Any]) -> list[str]:
    """Logical types that differ: Avro's rules don't look at them, yet a figure would change."""
    one, other = dict(meanings(reader, "")), dict(meanings(writer, ""))
    return [path for path in sorted(one.keys() & other.keys()) if one[path] != other[path]]


def meanings(type_: Any, path: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The logical type, precision and scale of each primitive, by its path."""
    if isinstance(type_, list):
        for branch in type_:
            if branch != "null":
                yield from meanings(branch, path)
    elif isinstance(type_, str):
        yield path, (None, None, None)
    elif type_["type"] == "record":
        for one in type_["fields"]:
            yield from meanings(one["type"], f"{path}.{one['name']}")
    elif type_["type"] == "array":
        yield from meanings(type_["items"], f"{path}[]")
    elif type_["type"] != "enum":
        yield path, tuple(type_.get(name) for name in ("logicalType", "precision", "scale"))


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_version_reads_all_others(name: str) -> None:
    assert not incompatibilities([dict(e.schema) for e in LOCKED if e.subject == name])


def test_the_schema_of_a_key_never_changes() -> None:
    """Its id stands in the key's bytes: each key would go to another partition, beside what it has in the old one, and
    compaction would keep that for ever.
    """
    versions = [(one.subject, one.version) for one in LOCKED if one.subject.endswith("-key")]
    assert versions == [(name, 1) for name, _ in versions] != []


def test_every_schema_file_is_locked_as_its_subjects_newest_version() -> None:
    newest = {entry.subject: meaning(entry.schema) for entry in LOCKED}
    assert newest == {subject(file): meaning(schema(file)) for file in FILES}


def test_ids_and_versions_count_from_one_without_a_gap() -> None:
    assert [entry.id for entry in LOCKED] == list(range(1, len(LOCKED) + 1))
    for name in SUBJECTS:
        versions = [entry.version for entry in LOCKED if entry.subject == name]
        assert versions == list(range(1, len(versions) + 1))


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", **more}


def added(version: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**version, "fields": [*version["fields"], field("note", **more)]}


def removed(version: dict[str, Any], name: str) -> dict[str, Any]:
    return {**version, "fields": [f for f in version["fields"] if f["name"] != name]}


def retyped(version: dict[str, Any], name: str, type_: Any) -> dict[str, Any]:
    changed = deepcopy(version)
    for one in changed["fields"]:
        if one["name"] == name:
            one["type"] = type_
    return changed


BREAKING: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a field without default": lambda v: added(v),
    "a field less": lambda v: removed(v, "status"),
    "another type": lambda v: retyped(v, "code", "int"),
    "a wider type, which old programs can't read": lambda v: retyped(v, "status", "long"),
    "null forbidden": lambda v: retyped(v, "sender", "string"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_the_check_finds_what_breaks(name: str) -> None:
    """A check that can't fail proves nothing."""
    first = schema("submission.refused")
    assert incompatibilities([first, BREAKING[name](first)])


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        (
            "value",
            ["null", {"type": "bytes", "logicalType": "decimal", "precision": 28, "scale": 4}],
        ),
        ("known_from", {"type": "long", "logicalType": "timestamp-millis"}),
        ("known_from", "long"),
    ],
)
def test_the_check_finds_what_changes_the_meaning_of_the_same_bytes(name: str, type_: Any) -> None:
    first = schema("grdp.observation")
    assert f".{name}" in incompatibilities([first, retyped(first, name, type_)])


def test_the_check_is_transitive() -> None:
    """Each version agrees with its neighbours, but the last can't read the first."""
    first = schema("submission.refused")
    second = added(first, default="")
    third = added(first)
    assert not incompatibilities([first, second])
    assert not incompatibilities([second, third])
    assert incompatibilities([first, second, third])


def test_a_field_with_default_may_come() -> None:
    first = schema("submission.refused")
    assert not incompatibilities([first, added(first, default=""), first])


def test_a_changed_file_gets_a_new_id_and_the_old_one_stays(tmp_path: Path) -> None:
    for path in [*SCHEMAS.glob("*.avsc"), SCHEMAS / "ids.json"]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = added(schema("submission.refused"), default="")
    (tmp_path / "submission.refused.avsc").write_text(json.dumps(changed), encoding="utf-8")

    new = lock(tmp_path)

    refused = "submission.refused-value"
    released = sum(entry.subject == refused for entry in LOCKED)
    expected = LockedSchema(len(LOCKED) + 1, refused, released + 1, changed)
    assert new == [expected]
    assert locked(tmp_path / "ids.json") == (*LOCKED, expected)
    assert lock(tmp_path) == []
