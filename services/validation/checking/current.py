"""The office's own form in place of the one that was shipped: before sending, a check by what intake takes in by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from services.model.codelist import Codelist
from services.model.form import Form
from services.validation.checking.facts import codelists_of
from services.validation.checking.pack import Pack


class Office(Protocol):
    """The catalogue of a statistics office, as a sender's key reads it.

    Both raise Refused where the office does not give it, and OSError where it can't be reached.
    """

    def form(self, id_: str) -> Mapping[str, Any]:
        """The entry of a form of the sender's, in the version in force."""
        ...

    def codelist(self, id_: str) -> Mapping[str, Any]:
        """The entry of a code list that the form names."""
        ...


def current(pack: Pack, form: str, office: Office) -> Pack:
    """The pack with this form, and the code lists of its areas and rules, as the office has them now.

    Raises what the office raises, and ValueError, LookupError or TypeError for what this program can't read.
    """
    found = Form.from_dict(_body(office.form(form)))
    names = dict.fromkeys((*found.area_lists, *codelists_of(found.to_dict())))
    lists = {name: Codelist.from_dict(_body(office.codelist(name))) for name in names}
    return replace(pack, forms={**pack.forms, form: found}, codelists={**pack.codelists, **lists})


def _body(entry: Any) -> Mapping[str, Any]:
    """What the entry says; ValueError for an answer that is none, as of a server that is no office."""
    body = entry.get("body") if isinstance(entry, Mapping) else None
    if not isinstance(body, Mapping):
        raise ValueError("an entry of a catalogue was expected")
    return body
