"""The starter pack: the entries of a folder, read, and checked against one another."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.model.codelist import Codelist, load_codelists
from services.model.deadline import Call
from services.model.form import Form, load_forms
from services.model.item import Item
from services.model.messages import texts
from services.model.organisation import OFFICES, ROOM, Organisation
from services.model.regulation import load_regulations
from services.model.report import Report
from services.model.text import SCHEMAS, ModelError, joined, load_yaml
from services.model.working_days import WorkingDays

Kind = Literal[
    "codelist", "regulation", "organisation", "form", "item", "working_days", "call", "report"
]


@dataclass(frozen=True)
class Entry:
    """One entry of the catalogue."""

    kind: Kind
    id: str
    version: int
    body: dict[str, Any]


def load_organisations(
    folder: Path = SCHEMAS / "catalogue" / "organisations",
) -> list[Organisation]:
    """Every organisation of the folder; a file holds a list of them."""
    return [Organisation.from_dict(data) for data in _listed(folder)]


def load_senders(schemas: Path = SCHEMAS) -> list[Organisation]:
    """Those of the starter pack that may send a form of it, and have not ended."""
    forms = load_forms(schemas / "catalogue" / "forms").values()
    return [
        organisation
        for organisation in load_organisations(schemas / "catalogue" / "organisations")
        if organisation.valid_to is None
        and any(form.may_come_from(organisation.to_dict()) for form in forms)
    ]


def load_items(folder: Path = SCHEMAS / "catalogue" / "items") -> list[Item]:
    """Every item of the folder; a file holds a list of them."""
    return [Item.from_dict(data) for data in _listed(folder)]


def load_working_days(folder: Path = SCHEMAS / "catalogue" / "working-days") -> list[WorkingDays]:
    """The calendars of the folder, one a file."""
    return [WorkingDays.from_dict(load_yaml(path)) for path in sorted(folder.glob("*.yaml"))]


def load_calls(folder: Path = SCHEMAS / "catalogue" / "calls") -> list[Call]:
    """Every call of the folder; a file holds a list of them."""
    return [Call.from_dict(data) for data in _listed(folder)]


def load_reports(folder: Path = SCHEMAS / "catalogue" / "reports") -> list[Report]:
    """Every report of the folder; a file holds a list of them."""
    return [Report.from_dict(data) for data in _listed(folder)]


def _listed(folder: Path) -> Iterator[Any]:
    for path in sorted(folder.glob("*.yaml")):
        entries = load_yaml(path)
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise ModelError(joined([f"{path.name}: ", texts("pack.no_list")]))
        yield from entries


def starter_pack(schemas: Path = SCHEMAS) -> list[Entry]:
    """All entries of the starter pack, what others refer to first.

    Raises ModelError where an entry is wrong or refers to something that the pack doesn't have.
    """
    folder = schemas / "catalogue"
    codelists = load_codelists(schemas / "codelists")
    organisations = load_organisations(folder / "organisations")
    forms = load_forms(folder / "forms")
    items, calls = load_items(folder / "items"), load_calls(folder / "calls")
    reports = load_reports(folder / "reports")
    kinds = {organisation.id: organisation.kind for organisation in organisations}
    for organisation in organisations:
        _need("organisation", organisation, organisation.refers_to - kinds.keys())
    for item in items:
        _check(item, forms, kinds, codelists)
    for call in calls:
        _need("item", call, {*call.items} - {item.id for item in items})
        _need("addressee", call, {*(call.addressees or ())} - kinds.keys())
    for report in reports:
        _need("organisation", report, report.organisations - kinds.keys())
        _need("office", report, {report.responsible} - _of_kinds(kinds, OFFICES))
        _need("other_id", report, {report.id} & {item.id for item in items})
    return [
        *_entries("working_days", load_working_days(folder / "working-days")),
        *_entries("codelist", codelists.values()),
        *_entries("regulation", load_regulations(schemas / "regulations")),
        *_entries("organisation", organisations),
        *_entries("form", forms.values()),
        *_entries("item", items),
        *_entries("call", calls),
        *_entries("report", reports),
    ]


def _entries(kind: Kind, found: Iterable[Any]) -> list[Entry]:
    return [Entry(kind, one.id, getattr(one, "version", 1), one.to_dict()) for one in found]


def _check(
    item: Item,
    forms: Mapping[str, Form],
    kinds: Mapping[str, str],
    codelists: Mapping[str, Codelist],
) -> None:
    """Raises ModelError where the item names what is not there."""
    if item.form not in forms or item.responsible not in kinds:
        raise ModelError(
            texts("pack.no_form", item=item.id, form=item.form, supplier=item.responsible)
        )
    rooms = {room for room in (item.room, item.verifier) if room is not None}
    _need("section", item, {*item.sections} - {one.id for one in forms[item.form].sections})
    _need("indicator", item, {one for one in item.indicators if not _is_there(one, codelists)})
    _need("room", item, {room for room in rooms if kinds.get(room) != ROOM})
    _need("recipient", item, {*item.organisations} - kinds.keys())
    _need("party", item, {*item.parties} - kinds.keys())


def _is_there(indicator: str, codelists: Mapping[str, Codelist]) -> bool:
    list_, _, code = indicator.partition("/")
    return list_ in codelists and code in codelists[list_]


def _of_kinds(kinds: Mapping[str, str], wanted: Collection[str]) -> frozenset[str]:
    return frozenset(id_ for id_, kind in kinds.items() if kind in wanted)


def _need(what: str, of: Organisation | Item | Call | Report, lacking: Iterable[str]) -> None:
    """Raises ModelError naming what lacks, if anything does."""
    if ids := sorted(lacking):
        named = f"{type(of).__name__.lower()} {of.id}"
        raise ModelError(texts(f"pack.no_{what}", of=named, ids=", ".join(ids)))
