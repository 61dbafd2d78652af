"""What the catalogue deals in: kinds, commands to change an entry, versions, and what is wrong with a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EntryKind(StrEnum):
    """The kinds of entries."""

    ORGANISATION = "organisation"
    SENDER_KEY = "sender_key"
    FORM = "form"
    ITEM = "item"
    REGULATION = "regulation"
    CODELIST = "codelist"
    CALL = "call"
    REPORT = "report"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class Command:
    """An administrator's wish: this entry shall have this content, in force from and before.

    `base`: the version that was changed, 0 for none; None where nobody says.
    """

    kind: EntryKind
    id: str
    body: Mapping[str, Any]
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    base: int | None = None


@dataclass(frozen=True)
class Version:
    """One version of one entry. In force from `valid_from` (inclusive) to `valid_to` (exclusive)."""

    kind: EntryKind
    id: str
    version: int
    catalogue_version: int
    body: dict[str, Any]
    valid_from: datetime | None
    valid_to: datetime | None
    changed_at: datetime

    def in_force(self, at: datetime) -> bool:
        """Whether it is in force at that time."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )


@dataclass(frozen=True)
class Supply:
    """Who supplies what: bodies by id, in their newest versions, of items those without an end; `indicators` as
    list/code.
    """

    items: Mapping[str, Mapping[str, Any]]
    forms: Mapping[str, Mapping[str, Any]]
    organisations: Mapping[str, Mapping[str, Any]]
    indicators: frozenset[str]

    def sections(self, form: str) -> frozenset[str]:
        """Those of a form."""
        return sections_of(self.forms.get(form, {"responsible": ()}))


def sections_of(form: Mapping[str, Any]) -> frozenset[str]:
    """The sections that a form's body names."""
    return frozenset(one["id"] for one in form["responsible"] if one.get("id"))


@dataclass(frozen=True)
class Facts:
    """What a command is judged by. `provinces` is None while list 34 is not there; `supply` is there where an item, a
    form or a report is changed.
    """

    newest: Version | None = None
    known: frozenset[tuple[EntryKind, str]] = frozenset()
    organisation_kinds: frozenset[str] = frozenset()
    provinces: frozenset[str] | None = None
    supply: Supply | None = None


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with a command: where in it, and the messages `catalogue.<code>` and `….mend`."""

    where: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)


class Refused(Exception):
    """The command is wrong; nothing was changed."""

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.where}: {flaw.code}" for flaw in flaws))
        self.flaws = flaws
