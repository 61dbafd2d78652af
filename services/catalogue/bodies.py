"""Reading the content of an entry: each kind as the model or, for keys, as JSON Web Key says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from joserfc.jwk import OKPKey

from services.catalogue.entry import Command, EntryKind, Flaw, Refused
from services.model.codelist import Codelist
from services.model.deadline import Call
from services.model.form import published
from services.model.item import Item
from services.model.messages import LANGUAGES
from services.model.organisation import Organisation
from services.model.regulation import Instrument
from services.model.report import Report
from services.model.statement import public_key
from services.model.text import ModelError, Text
from services.model.working_days import WorkingDays

ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")

MODEL: dict[EntryKind, Callable[[Mapping[str, Any]], Any]] = {
    EntryKind.CODELIST: Codelist.from_dict,
    EntryKind.REGULATION: Instrument.from_dict,
    EntryKind.ORGANISATION: Organisation.from_dict,
    EntryKind.FORM: published,
    EntryKind.ITEM: Item.from_dict,
    EntryKind.CALL: Call.from_dict,
    EntryKind.REPORT: Report.from_dict,
    EntryKind.WORKING_DAYS: WorkingDays.from_dict,
}


def read_body(command: Command) -> dict[str, Any]:
    """The content in its one canonical form, so that equal contents are equal; raises Refused."""
    if not ID.fullmatch(command.id):
        raise Refused([Flaw("id", "id", {"id": command.id})])
    _storable(command.body)
    if command.kind is EntryKind.SENDER_KEY:
        return _sender_key(command)
    try:
        entry = MODEL[command.kind](command.body)
    except ModelError as error:
        raise Refused(_flaws(error.text)) from None
    if entry.id != command.id:
        raise Refused([Flaw("body.id", "other-id", {"given": entry.id, "expected": command.id})])
    body: dict[str, Any] = entry.to_dict()
    return body


def _storable(body: Mapping[str, Any]) -> None:
    """PostgreSQL's JSON has no NUL, UTF-8 no half surrogate pairs."""
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        raise Refused([Flaw("body", "characters")]) from None
    if "\\u0000" in text:
        raise Refused([Flaw("body", "characters")])


def _flaws(said: Text) -> list[Flaw]:
    """The places that the model names: «form x: place: what; place: what»."""
    vi, en = (_places(said.of(language)) for language in LANGUAGES)
    if len(vi) != len(en):
        return [Flaw("body", "content", {"what": said})]
    return [
        Flaw(f"body.{where}" if where else "body", "content", {"what": Text(vietnamese, english)})
        for (_, vietnamese), (where, english) in zip(vi, en, strict=True)
    ]


def _places(text: str) -> list[tuple[str, str]]:
    """Each place, blank where none is named, and what is wrong there."""
    _, _, places = text.partition(": ")
    parted = (one.partition(": ") for one in (places or text).split("; "))
    return [(where, what) if found else ("", where) for where, found, what in parted]


def _sender_key(command: Command) -> dict[str, Any]:
    """{sender, public_key}: an organisation and its Ed25519 key (RFC 8037); `person` where one person alone has it."""
    body = command.body
    flaws = [
        Flaw(f"body.{name}", "field-unknown", {"field": name})
        for name in sorted(body.keys() - {"sender", "public_key", "person"})
    ]
    flaws += [
        Flaw(f"body.{name}", "field-missing", {"field": name})
        for name, type_ in (("sender", str), ("public_key", dict), ("person", str))
        if (name != "person" or name in body) and not isinstance(body.get(name), type_)
    ]
    if flaws:
        raise Refused(flaws)
    key = _public_key(body["public_key"])
    if key.thumbprint() != command.id:
        raise Refused([Flaw("id", "key-id", {"expected": key.thumbprint()})])
    public = key.as_dict(private=False)
    return {
        "sender": body["sender"],
        "public_key": {name: public[name] for name in ("kty", "crv", "x")},
        **({"person": body["person"]} if "person" in body else {}),
    }


def _public_key(body: dict[str, Any]) -> OKPKey:
    if "d" in body:
        raise Refused([Flaw("body.public_key.d", "key-private")])
    try:
        key = public_key(body)
        if body["kty"] == "OKP" and key.public_key:
            return key
    except ValueError:
        pass
    raise Refused([Flaw("body.public_key", "key-kind")])
