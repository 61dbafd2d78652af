"""Packs of the catalogue: a folder laid out like schemas/, written from the catalogue and compared with it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import yaml

from services.model.starter_pack import Entry, Kind
from services.terminal.client import Api

FOLDERS: Mapping[str, str] = {
    "regulation": "regulations",
    "form": "catalogue/forms",
    "working_days": "catalogue/working-days",
    "organisation": "catalogue/organisations",
    "item": "catalogue/items",
    "call": "catalogue/calls",
    "report": "catalogue/reports",
}
"""Where the entries of a kind lie; code lists are tables beside their list."""
ONE_A_FILE = ("regulation", "form", "working_days")
COLUMNS = ("code", "name_vi", "name_en", "kind", "parent")


class Change(StrEnum):
    """How an entry of a pack differs from the catalogue's."""

    NEW = "new"
    CHANGED = "changed"
    MISSING = "missing"
    """The catalogue has it, the pack doesn't: loading the pack leaves it as it is."""


@dataclass(frozen=True)
class Difference:
    """One entry that differs, and the fields at its top in which it does."""

    kind: str
    id: str
    change: Change
    fields: tuple[str, ...] = ()


def fetched(api: Api) -> list[Entry]:
    """Every entry of the kinds that packs have, in its newest version."""
    return [
        _entry(api, kind, one["id"]) for kind in get_args(Kind) for one in api.get(f"/v1/{kind}")
    ]


def differences(pack: Sequence[Entry], there: Sequence[Entry]) -> list[Difference]:
    """What loading the pack would do, and what the catalogue has besides; by kind and id."""
    ours = {(entry.kind, entry.id): entry.body for entry in pack}
    theirs = {(entry.kind, entry.id): entry.body for entry in there}
    found = []
    for kind, id_ in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get((kind, id_)), theirs.get((kind, id_))
        if mine is None or other is None:
            found.append(Difference(kind, id_, Change.MISSING if mine is None else Change.NEW))
        elif fields := tuple(
            sorted(name for name in mine.keys() | other.keys() if mine.get(name) != other.get(name))
        ):
            found.append(Difference(kind, id_, Change.CHANGED, fields))
    return found


def write(folder: Path, entries: Iterable[Entry]) -> int:
    """Writes a pack that loads as it is; how many files. Raises FileExistsError where the folder has something."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(folder)
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in FOLDERS}
    lists: list[dict[str, Any]] = []
    for entry in entries:
        (lists if entry.kind == "codelist" else by_kind[entry.kind]).append(entry.body)
    files = _write_lists(folder / "codelists", lists)
    for kind, bodies in by_kind.items():
        place = folder / FOLDERS[kind]
        place.mkdir(parents=True)
        if kind in ONE_A_FILE:
            for body in bodies:
                _dump(place / f"{body['id']}.yaml", body)
            files += len(bodies)
        elif bodies:
            _dump(place / f"{kind}s.yaml", bodies)
            files += 1
    return files


def _write_lists(folder: Path, lists: Sequence[Mapping[str, Any]]) -> int:
    folder.mkdir(parents=True)
    about = []
    for one in lists:
        file = f"{one['id']}.csv"
        about.append(
            {name: value for name, value in one.items() if name != "codes"} | {"file": file}
        )
        with (folder / file).open("w", encoding="utf-8", newline="") as table:
            writer = csv.writer(table)
            writer.writerow(COLUMNS)
            for code in one["codes"]:
                name = code["name"]
                row = (code["code"], name["vi"], name["en"], code["kind"], code.get("parent") or "")
                writer.writerow(row)
    _dump(folder / "lists.yaml", about)
    return len(lists) + 1


def _dump(file: Path, content: Any) -> None:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    file.write_text(text, encoding="utf-8")


def _entry(api: Api, kind: Kind, id_: str) -> Entry:
    found = api.get(f"/v1/{kind}/{quote(id_, safe='')}")
    return Entry(kind, id_, found["version"], found["body"])
