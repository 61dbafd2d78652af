"""Deciding a change of the catalogue: pure, from the command and the facts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.catalogue.bodies import read_body
from services.catalogue.entry import Command, EntryKind, Facts, Flaw, Refused, Version
from services.catalogue.references import broken_references
from services.events.catalogue import CatalogueChanged, CatalogueKind, RegisterChanged
from services.model.regulation import midnight

LARGEST_BODY = 900_000
"""Bytes; no event exceeds 1 MB."""


def decide(command: Command, facts: Facts, counter: int, now: datetime) -> Version | None:
    """The next version of the entry, or None where the newest one already says the same.

    `counter` is the catalogue's version before the change. Raises Refused with all that is wrong.
    """
    body = read_body(command)
    command = _with_validity(replace(command, body=body))
    newest = facts.newest
    if newest and _same(newest, command):
        return None
    number = newest.version + 1 if newest else 1
    flaws = [
        *_wrong_times(command),
        *_wrong_size(body),
        *_wrong_version(command.kind, body, number),
        *_changed_key(command.kind, body, newest),
        *_revived_key(command, newest, now),
        *broken_references(command.kind, body, facts),
    ]
    if flaws:
        raise Refused(flaws)
    return Version(
        kind=command.kind,
        id=command.id,
        version=number,
        catalogue_version=counter + 1,
        body=body,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        changed_at=now,
    )


def event(version: Version) -> CatalogueChanged | RegisterChanged:
    """The event that tells of a version."""
    told = {**vars(version), "body": _text(version.body)}
    if version.kind.value in {kind.value for kind in CatalogueKind}:
        return CatalogueChanged(**told | {"kind": CatalogueKind(version.kind)})
    return RegisterChanged(**told | {"kind": version.kind.value})


def _with_validity(command: Command) -> Command:
    """An organisation's own dates are its validity, where the command says nothing else.

    Days in Viet Nam; the last one counts.
    """
    if command.kind is not EntryKind.ORGANISATION or command.valid_from or command.valid_to:
        return command
    first, last = (command.body.get(name) for name in ("valid_from", "valid_to"))
    return replace(
        command,
        valid_from=midnight(date.fromisoformat(first)).astimezone(UTC) if first else None,
        valid_to=midnight(date.fromisoformat(last) + timedelta(days=1)).astimezone(UTC)
        if last
        else None,
    )


def _same(newest: Version, command: Command) -> bool:
    return (newest.body, newest.valid_from, newest.valid_to) == (
        command.body,
        command.valid_from,
        command.valid_to,
    )


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _wrong_times(command: Command) -> list[Flaw]:
    if command.valid_from and command.valid_to and command.valid_to <= command.valid_from:
        return [Flaw("valid_to", "validity")]
    return []


def _wrong_size(body: dict[str, Any]) -> list[Flaw]:
    size = len(_text(body).encode())
    return (
        [Flaw("body", "size", {"size": size, "limit": LARGEST_BODY})] if size > LARGEST_BODY else []
    )


def _wrong_version(kind: EntryKind, body: dict[str, Any], number: int) -> list[Flaw]:
    """A form prints its own version, and submissions name it: it must be the catalogue's."""
    if kind is EntryKind.FORM and body["version"] != number:
        return [Flaw("body.version", "version", {"given": body["version"], "expected": number})]
    return []


def _changed_key(kind: EntryKind, body: dict[str, Any], newest: Version | None) -> list[Flaw]:
    """A key belongs to one sender for ever; only its validity may change."""
    if kind is not EntryKind.SENDER_KEY or newest is None or body == newest.body:
        return []
    return [Flaw("body.sender", "key-changed", {"sender": newest.body["sender"]})]


def _revived_key(command: Command, newest: Version | None, now: datetime) -> list[Flaw]:
    """A key that has ended, because it was revoked or ran out, stays ended: whoever holds it must not come back."""
    if command.kind is not EntryKind.SENDER_KEY or newest is None:
        return []
    ended = newest.valid_to
    if ended is None or ended > now or (command.valid_to and command.valid_to <= ended):
        return []
    return [Flaw("valid_to", "key-ended", {"ended": ended.isoformat(timespec="seconds")})]
