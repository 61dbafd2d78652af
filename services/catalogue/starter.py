"""Loading a starter pack (the folder schemas/, or one laid out like it) through the catalogue's API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import httpx2

from services.catalogue import references
from services.catalogue.entry import EntryKind
from services.model.messages import texts
from services.model.starter_pack import Entry, starter_pack
from services.model.text import SCHEMAS, ModelError

TIMEOUT = 30.0


@dataclass(frozen=True)
class Loaded:
    """What became of one entry: `changed` is False where the catalogue had the same already.

    `waits`: for a second person, and has no version yet (0).
    """

    kind: str
    id: str
    version: int
    changed: bool
    waits: bool = False


class NotLoaded(Exception):
    """The catalogue refused an entry; the ones before it are loaded. `problem` is its answer."""

    def __init__(self, entry: Entry, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{entry.kind}/{entry.id}: {status} {problem}")
        self.entry = entry
        self.status = status
        self.problem = problem


def load(url: str, token: str, folder: Path = SCHEMAS) -> list[Loaded]:
    """Loads code lists, regulations, organisations, forms and items; safe to run again.

    Raises ModelError where the pack is wrong in itself, NotLoaded, or httpx2.TransportError.
    """
    pack = in_order(starter_pack(folder))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False) as client:
        return [_put(client, entry) for entry in pack]


def in_order(pack: Sequence[Entry]) -> Sequence[Entry]:
    """The pack, but each entry after those of its kind that it names: what replaces it, whom it belongs to.

    Raises ModelError where they name one another in a ring.
    """
    by_key: dict[tuple[str, str], Entry] = {(entry.kind, entry.id): entry for entry in pack}
    before = {
        key: {
            (named.value, id_)
            for _, named, id_ in references.named(EntryKind(entry.kind), entry.body)
            if named == entry.kind and (named.value, id_) in by_key
        }
        for key, entry in by_key.items()
    }
    try:
        in_turn = [by_key[key] for key in TopologicalSorter(before).static_order()]
    except CycleError as error:
        ring = ", ".join(dict.fromkeys(id_ for _, id_ in error.args[1]))
        raise ModelError(texts("pack.ring", ring=ring)) from None
    of_kind = {kind: iter([entry for entry in in_turn if entry.kind == kind]) for kind, _ in by_key}
    return [next(of_kind[entry.kind]) for entry in pack]


def _put(client: httpx2.Client, entry: Entry) -> Loaded:
    answer = client.put(f"/v1/{entry.kind}/{entry.id}", json={"body": entry.body})
    if answer.status_code == 202:
        return Loaded(entry.kind, entry.id, 0, changed=False, waits=True)
    if answer.status_code not in (200, 201):
        raise NotLoaded(entry, answer.status_code, answer.json())
    version = answer.json()["version"]
    return Loaded(entry.kind, entry.id, version, changed=answer.status_code == 201)
