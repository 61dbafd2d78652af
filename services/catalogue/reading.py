"""How far somebody reads the catalogue: all of it, or what concerns an agency.

An agency reads itself, the items that it owes or may offer, the forms of these in the versions by which intake
takes them in now, and the code lists that the forms name; nothing of any other agency, no key, no person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from services.catalogue import store
from services.catalogue.entry import EntryKind, Version
from services.catalogue.references import codelists
from services.kernel.auth import Access


def sender_key(session: Session, id_: str) -> Version | None:
    """A sender's key: catalogue has them at first hand."""
    return store.newest(session, EntryKind.SENDER_KEY, id_)


def listed(session: Session, access: Access, kind: EntryKind, now: datetime) -> list[Version]:
    """The entries of a kind within reach, by id, each in its newest version; an agency's forms as they are in force."""
    if access.is_all:
        return store.listed(session, kind)
    own = Own(
        access.principal.organisation,
        partial(store.listed, session),
        lambda: store.versions(session, EntryKind.FORM),
        now,
    )
    return own.entries(kind)


def in_force(
    session: Session, access: Access, kind: EntryKind, now: datetime
) -> dict[str, dict[str, Any]]:
    """The bodies of those that are in force, by id."""
    entries = listed(session, access, kind, now)
    return {version.id: version.body for version in entries if version.in_force(now)}


def entry(
    session: Session,
    access: Access,
    kind: EntryKind,
    id_: str,
    version: int | None,
    now: datetime,
) -> Version | None:
    """One entry within reach, in its newest version unless one is named; None where there is none."""
    if access.is_all:
        return store.newest(session, kind, id_, version)
    reached = (one for one in listed(session, access, kind, now) if one.id == id_)
    return next((one for one in reached if version in (None, one.version)), None)


@dataclass(frozen=True)
class Own:
    """What an agency reads at a time, by id; nothing where `organisation` is blank.

    `newest` gives the newest version of every entry of a kind, `forms` all versions of every form, both by id.
    """

    organisation: str
    newest: Callable[[EntryKind], list[Version]]
    forms: Callable[[], list[Version]]
    now: datetime

    def entries(self, kind: EntryKind) -> list[Version]:
        """Those of a kind; none of a kind that agencies don't read."""
        own: Mapping[EntryKind, Callable[[], list[Version]]] = {
            EntryKind.ORGANISATION: self._itself,
            EntryKind.ITEM: self._items,
            EntryKind.FORM: self._forms,
            EntryKind.CODELIST: self._codelists,
        }
        return own[kind]() if kind in own else []

    def _itself(self) -> list[Version]:
        found = self.newest(EntryKind.ORGANISATION)
        return [one for one in found if one.id == self.organisation and one.in_force(self.now)]

    def _items(self) -> list[Version]:
        found = (one for one in self.newest(EntryKind.ITEM) if one.in_force(self.now))
        return [one for one in found if one.body["responsible"] == self.organisation]

    def _forms(self) -> list[Version]:
        """The newest versions in force, as intake takes them in by."""
        wanted = {item.body["form"] for item in self._items()}
        forms: dict[str, Version] = {}
        for form in sorted(self.forms(), key=lambda form: (form.id, form.version)):
            if form.id in wanted and form.in_force(self.now):
                forms[form.id] = form
        return list(forms.values())

    def _codelists(self) -> list[Version]:
        wanted = {name for form in self._forms() for name in codelists(form.body)}
        return [one for one in self.newest(EntryKind.CODELIST) if one.id in wanted]
