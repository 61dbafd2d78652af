"""The schemas that were ever released, each with its id and subject: schemas/ids.json, and what is added to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.topics import SCHEMAS


@dataclass(frozen=True)
class LockedSchema:
    """One released schema."""

    id: int
    subject: str
    version: int
    schema: Mapping[str, Any]


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
