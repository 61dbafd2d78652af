"""Avro in the Confluent wire format, with ids that schemas/ids.json locks.

schemas/ids.json holds every schema that was ever released, with its id and subject: so no registry is needed to read
any event of any age. Wire format: a zero byte, the id as a big-endian 32-bit integer, the Avro body.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import fastavro

from services.kernel.errors import Malformed, Newer
from services.kernel.topics import SCHEMAS

WIRE = struct.Struct(">bI")
NEWER_SCHEMAS = 1000
"""How many ids beyond the newest known one are taken for those of a later release; any other was never given."""
Check = Callable[[Any, str], None]


@dataclass(frozen=True)
class LockedSchema:
    """One released schema."""

    id: int
    subject: str
    version: int
    schema: Mapping[str, Any]


class Codec:
    """Encodes with the newest locked schema of a subject, decodes with the schema that wrote the bytes.

    A subject is `<topic>-value` or, where the key is a record, `<topic>-key`.
    """

    def __init__(self, locked: tuple[LockedSchema, ...]) -> None:
        self._parsed = {entry.id: fastavro.parse_schema(dict(entry.schema)) for entry in locked}
        self._subject = {entry.id: entry.subject for entry in locked}
        self._newest = {entry.subject: entry.id for entry in sorted(locked, key=lambda e: e.id)}
        self._last = max(self._subject)
        self._checks = {id_: _check_of(schema, {}) for id_, schema in self._parsed.items()}

    def encode(self, subject: str, data: Mapping[str, Any]) -> bytes:
        """The wire form of `data`.

        Raises ValueError, which names the field, for what Avro alone would let pass: a missing or unknown field, a
        naive time, a decimal that its precision and scale can't hold.
        """
        id_ = self._newest[subject]
        check = self._checks[id_]
        if check:
            check(data, subject)
        buffer = BytesIO()
        buffer.write(WIRE.pack(0, id_))
        try:
            fastavro.schemaless_writer(buffer, self._parsed[id_], data, strict=True)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            raise ValueError(f"{subject}: {error}") from error
        return buffer.getvalue()

    def decode(self, subject: str, encoded: bytes) -> dict[str, Any]:
        """The data of a wire form; raises Malformed for anything else, trailing bytes included, and Newer for what a
        later release wrote.
        """
        if len(encoded) < WIRE.size or encoded[0] != 0:
            raise Malformed(f"{subject}: not in the Confluent wire format")
        id_ = WIRE.unpack_from(encoded)[1]
        if self._last < id_ <= self._last + NEWER_SCHEMAS:
            raise Newer(f"{subject}: schema id {id_}; this release ends at {self._last}")
        if self._subject.get(id_) != subject:
            raise Malformed(f"{subject}: schema id {id_} is not one of this subject")
        buffer = BytesIO(encoded)
        buffer.seek(WIRE.size)
        reader = self._parsed[self._newest[subject]]
        try:
            data = fastavro.schemaless_reader(buffer, self._parsed[id_], reader)
        except Exception as error:
            raise Malformed(f"{subject}: {type(error).__name__}: {error}") from error
        if buffer.tell() != len(encoded):
            raise Malformed(f"{subject}: bytes after the record")
        if not isinstance(data, dict):
            raise Malformed(f"{subject}: not a record")
        return data


@cache
def codec(path: Path = SCHEMAS / "ids.json") -> Codec:
    """The codec of the product's schemas."""
    return Codec(locked(path))


def locked(path: Path = SCHEMAS / "ids.json") -> tuple[LockedSchema, ...]:
    """All released schemas, oldest first."""
    return tuple(LockedSchema(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))


def lock(folder: Path = SCHEMAS) -> list[LockedSchema]:
    """Adds each schema file that differs from its subject's newest locked version in more than its words, and returns
    those added.

    Whether it may differ so is for the compatibility test to say (FULL_TRANSITIVE).
    """
    path = folder / "ids.json"
    known = list(locked(path)) if path.exists() else []
    added = []
    for file in sorted(folder.glob("*.avsc")):
        subject = file.stem if file.stem.endswith("-key") else f"{file.stem}-value"
        schema = json.loads(file.read_text(encoding="utf-8"))
        versions = [entry for entry in known if entry.subject == subject]
        if versions and meaning(versions[-1].schema) == meaning(schema):
            continue
        entry = LockedSchema(len(known) + 1, subject, len(versions) + 1, schema)
        known.append(entry)
        added.append(entry)
    if added:
        text = json.dumps([vars(entry) for entry in known], ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
    return added


def meaning(schema: Any) -> Any:
    """The schema without what explains it, and with one spelling of a type: what is read or written by it."""
    if isinstance(schema, list):
        return [meaning(branch) for branch in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {name: meaning(value) for name, value in schema.items() if name != "doc"}
    return kept["type"] if kept.keys() == {"type"} else kept


def _check_of(schema: Any, named: dict[str, Check | None]) -> Check | None:
    """What has to be looked at in data of this schema before it is written; None where nothing can go wrong."""
    if isinstance(schema, str):
        return PRIMITIVES.get(schema) or named.get(schema)
    if isinstance(schema, list):
        return _check_of_union([_check_of(branch, named) for branch in schema])
    logical = schema.get("logicalType")
    if logical == "timestamp-micros":
        return _check_time
    if logical == "decimal":
        return _check_of_decimal(schema["precision"], schema.get("scale", 0))
    if schema["type"] == "array":
        return _check_of_items(_check_of(schema["items"], named))
    if schema["type"] == "record":
        check = _check_of_record(schema, named)
        named[schema["name"]] = check
        return check
    return PRIMITIVES.get(schema["type"]) if logical is None else None


def _check_of_union(checks: list[Check | None]) -> Check | None:
    present = [check for check in checks if check]
    if not present:
        return None

    def check(value: Any, where: str) -> None:
        if value is not None:
            present[0](value, where)

    return check


def _check_of_items(item: Check | None) -> Check | None:
    if item is None:
        return None

    def check(values: Any, where: str) -> None:
        for index, value in enumerate(values):
            item(value, f"{where}[{index}]")

    return check


def _check_of_record(schema: Mapping[str, Any], named: dict[str, Check | None]) -> Check:
    fields = {field["name"] for field in schema["fields"]}
    pairs = [(field["name"], _check_of(field["type"], named)) for field in schema["fields"]]
    checks = [(name, check) for name, check in pairs if check]

    def check(data: Any, where: str) -> None:
        unknown = data.keys() - fields
        if unknown:
            _refuse(where, f"unknown fields {sorted(unknown)}")
        for name, check_field in checks:
            if name in data:
                check_field(data[name], f"{where}.{name}")

    return check


def _check_time(value: Any, where: str) -> None:
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        _refuse(where, "not a time in UTC")


def _check_float(value: Any, where: str) -> None:
    if value != value:
        _refuse(where, "not a number")


def _check_of_range(bits: int) -> Check:
    limit = 1 << (bits - 1)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, int) or not -limit <= value < limit:
            _refuse(where, f"not an integer of {bits} bits")

    return check


def _check_of_decimal(precision: int, scale: int) -> Check:
    limit = Decimal(10) ** (precision - scale)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Decimal) or not value.is_finite():
            _refuse(where, "not a finite decimal")
        exponent = value.as_tuple().exponent
        if abs(value) >= limit or (isinstance(exponent, int) and exponent < -scale):
            _refuse(where, f"does not fit decimal({precision}, {scale})")

    return check


PRIMITIVES: Mapping[str, Check] = {
    "float": _check_float,
    "double": _check_float,
    "int": _check_of_range(32),
    "long": _check_of_range(64),
}


def _refuse(where: str, why: str) -> NoReturn:
    raise ValueError(f"{where}: {why}")
