"""Loading a starter pack (the folder schemas/, or one laid out like it) through the catalogue's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import httpx2

from services.model.catalogue import Entry, starter_pack
from services.model.text import SCHEMAS

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


def in_order(pack: Sequence[Entry]) -> Iterable[Entry]:
    """The pack, but each regulation after the one that replaces it."""
    by_id = {entry.id: entry for entry in pack if entry.kind == "regulation"}
    replaced = {
        id_: {entry.body["replaced_by"]} if "replaced_by" in entry.body else set()
        for id_, entry in by_id.items()
    }
    ordered = iter([by_id[id_] for id_ in TopologicalSorter(replaced).static_order()])
    return [next(ordered) if entry.kind == "regulation" else entry for entry in pack]


def _put(client: httpx2.Client, entry: Entry) -> Loaded:
    answer = client.put(f"/v1/{entry.kind}/{entry.id}", json={"body": entry.body})
    if answer.status_code == 202:
        return Loaded(entry.kind, entry.id, 0, changed=False, waits=True)
    if answer.status_code not in (200, 201):
        raise NotLoaded(entry, answer.status_code, answer.json())
    version = answer.json()["version"]
    return Loaded(entry.kind, entry.id, version, changed=answer.status_code == 201)
