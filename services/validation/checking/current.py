"""The office's own form in place of the one that was shipped: before sending, a check by what intake takes in by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from services.model.codelist import Codelist
from services.model.enumerations import Regime
from services.model.form import Form
from services.validation.checking.facts import codelists_of
from services.validation.checking.pack import Pack
from services.validation.checks.supply import Supply


class Office(Protocol):
    """The catalogue of a statistics office, as a sender's key reads it.

    All raise Refused where the office does not give it, and OSError where it can't be reached.
    """

    def form(self, id_: str) -> Mapping[str, Any]:
        """The entry of a form of the sender's, in the version in force."""
        ...

    def codelist(self, id_: str) -> Mapping[str, Any]:
        """The entry of a code list that the form names."""
        ...

    def organisation(self) -> Mapping[str, Any]:
        """The sender's own entry."""
        ...

    def items(self) -> Sequence[Mapping[str, Any]]:
        """The entries of what the sender supplies."""
        ...


def current(pack: Pack, form: str, office: Office) -> Pack:
    """The pack with this form, the code lists of its areas and rules as the office has them now; the sender's items.

    Raises what the office raises, and ValueError, LookupError or TypeError for what this program can't read.
    """
    found = Form.from_dict(_body(office.form(form)))
    names = dict.fromkeys((*found.area_lists, *codelists_of(found.to_dict())))
    lists = {name: Codelist.from_dict(_body(office.codelist(name))) for name in names}
    items = (_body(entry) for entry in office.items())
    own = tuple(body for body in items if body["form"] == form)
    supply = Supply(own, str(_body(office.organisation())["kind"]), Regime(found.regime))
    forms, codelists = {**pack.forms, form: found}, {**pack.codelists, **lists}
    return replace(pack, forms=forms, codelists=codelists, supply=supply)


def _body(entry: Any) -> Mapping[str, Any]:
    """What the entry says; ValueError for an answer that is none, as of a server that is no office."""
    body = entry.get("body") if isinstance(entry, Mapping) else None
    if not isinstance(body, Mapping):
        raise ValueError("an entry of a catalogue was expected")
    return body
