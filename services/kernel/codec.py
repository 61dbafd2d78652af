"""Avro in the Confluent wire format, with ids that schemas/ids.json locks.

That file holds every schema that was ever released, so no registry is needed to read any event of any age. Wire format:
a zero byte, the id as a big-endian 32-bit integer, the Avro body.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from services.kernel.avro_checks import check_of
from services.kernel.errors import Malformed, Newer
from services.kernel.released_schemas import LockedSchema, locked
from services.kernel.topics import SCHEMAS

WIRE = struct.Struct(">bI")
NEWER_SCHEMAS = 1000
"""How many ids beyond the newest known one are taken for those of a later release; any other was never given."""


class Codec:
    """Encodes with the newest locked schema of a subject, decodes with the schema that wrote the bytes.

    A subject is `<topic>-value` or, where the key is a record, `<topic>-key`.
    """

    def __init__(self, locked: tuple[LockedSchema, ...]) -> None:
        self._parsed = {entry.id: fastavro.parse_schema(dict(entry.schema)) for entry in locked}
        self._subject = {entry.id: entry.subject for entry in locked}
        self._newest = {entry.subject: entry.id for entry in sorted(locked, key=lambda e: e.id)}
        self._last = max(self._subject)
        self._checks = {id_: check_of(schema, {}) for id_, schema in self._parsed.items()}

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
