"""The examples of tests/contract/examples: JSON, with times and dates in ISO 8601 and decimals as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.kernel.topics import SCHEMAS

EXAMPLES = Path(__file__).parent / "examples"
FILES = sorted(path.stem for path in SCHEMAS.glob("*.avsc"))
LOGICAL: dict[str, Callable[[str], Any]] = {
    "timestamp-micros": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
}


def subject(file: str) -> str:
    """The subject of a schema file's stem."""
    return file if file.endswith("-key") else f"{file}-value"


def schema(file: str) -> dict[str, Any]:
    """The schema of a file's stem."""
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{file}.avsc").read_text(encoding="utf-8"))
    return loaded


def examples(file: str) -> list[dict[str, Any]]:
    """The examples of a schema file's stem, as handlers would write them; none where no file is."""
    path = EXAMPLES / f"{file}.json"
    if not path.exists():
        return []
    read = _reader(schema(file), {})
    return [read(example) for example in json.loads(path.read_text(encoding="utf-8"))]


Reader = Callable[[Any], Any]


def _reader(type_: Any, named: dict[str, Reader]) -> Reader:
    """What turns JSON into data of an Avro type."""
    if isinstance(type_, list):
        branches = [_reader(branch, named) for branch in type_ if branch != "null"]
        return lambda value: None if value is None else branches[0](value)
    if isinstance(type_, str):
        return named.get(type_, lambda value: value)
    if logical := LOGICAL.get(type_.get("logicalType", "")):
        return logical
    if type_["type"] == "array":
        item = _reader(type_["items"], named)
        return lambda values: [item(value) for value in values]
    if type_["type"] == "record":
        return _record(type_, named)
    return lambda value: value


def _record(type_: Mapping[str, Any], named: dict[str, Reader]) -> Reader:
    fields = {field["name"]: _reader(field["type"], named) for field in type_["fields"]}

    def read(record: dict[str, Any]) -> dict[str, Any]:
        return {name: fields.get(name, str)(value) for name, value in record.items()}

    named[type_["name"]] = read
    return read
