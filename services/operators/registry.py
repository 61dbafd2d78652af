"""The schemas of events in a schema registry of others, under the ids that are locked here.

Producers and consumers of the product need none: the ids are in schemas/ids.json. Where an installation has a
Confluent-compatible registry for its other programs, those find the same ids there. A registry gives out ids by itself
but in the mode IMPORT, which is on for a subject as long as its schemas are brought in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import httpx2
from fastavro.schema import to_parsing_canonical_form

from services.kernel.released_schemas import LockedSchema

IMPORT, WRITABLE = "IMPORT", "READWRITE"
TIMEOUT = 30.0


class NotRegistered(Exception):
    """The registry refused something, or has another schema in its place; `subject` and `reason` say what."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject}: {reason}")
        self.subject = subject
        self.reason = reason


def register(
    url: str, entries: Iterable[LockedSchema], transport: httpx2.BaseTransport | None = None
) -> list[LockedSchema]:
    """Brings in what the registry lacks, by id, and returns that; safe to run again.

    Raises NotRegistered, or httpx2.TransportError; what was brought in before stays.
    """
    with httpx2.Client(
        base_url=url.rstrip("/"), timeout=TIMEOUT, trust_env=False, transport=transport
    ) as client:
        by_id = sorted(entries, key=lambda entry: entry.id)
        missing = [entry for entry in by_id if not _has(client, entry)]
        for subject in dict.fromkeys(entry.subject for entry in missing):
            _import(client, subject, [entry for entry in missing if entry.subject == subject])
    return missing


def _has(client: httpx2.Client, entry: LockedSchema) -> bool:
    """Whether the registry has this version; raises NotRegistered where that is another schema or id."""
    answer = client.get(f"/subjects/{entry.subject}/versions/{entry.version}")
    if answer.status_code == 404:
        return False
    found = _checked(entry.subject, answer)
    same = _form(json.loads(found["schema"])) == _form(dict(entry.schema))
    if found["id"] != entry.id or not same:
        reason = f"version {entry.version} is there with id {found['id']}, not {entry.id}"
        raise NotRegistered(entry.subject, reason if same else "another schema is there")
    return True


def _import(client: httpx2.Client, subject: str, entries: Iterable[LockedSchema]) -> None:
    _set_mode(client, subject, IMPORT)
    try:
        for entry in entries:
            body = {
                "schema": json.dumps(dict(entry.schema), ensure_ascii=False),
                "id": entry.id,
                "version": entry.version,
            }
            _checked(subject, client.post(f"/subjects/{subject}/versions", json=body))
    finally:
        _set_mode(client, subject, WRITABLE)


def _set_mode(client: httpx2.Client, subject: str, mode: str) -> None:
    answer = client.put(f"/mode/{subject}", params={"force": "true"}, json={"mode": mode})
    _checked(subject, answer)


def _checked(subject: str, answer: httpx2.Response) -> Any:
    if not answer.is_success:
        raise NotRegistered(subject, f"HTTP {answer.status_code} {answer.text[:300]}")
    return answer.json()


def _form(schema: dict[str, Any]) -> str:
    """What of a schema readers and writers depend on: registries keep the rest in their own spelling."""
    return str(to_parsing_canonical_form(schema))
