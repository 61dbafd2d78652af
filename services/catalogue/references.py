"""Whether all that an entry names is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalogue.entry import EntryKind, Facts, Flaw
from services.catalogue.supply_flaws import wrong_form, wrong_item, wrong_report
from services.model.organisation import RECIPIENTS

Named = tuple[str, EntryKind, str]
"""Where a name stands in the body, what it names, and the name."""
OWED = {EntryKind.ITEM: EntryKind.REPORT, EntryKind.REPORT: EntryKind.ITEM}
"""Duties go by the id of what is owed alone: no two of these have the same."""


def broken_references(kind: EntryKind, body: dict[str, Any], facts: Facts) -> list[Flaw]:
    """One flaw for each name of the (canonical) body that the catalogue doesn't have."""
    flaws = [
        Flaw(f"body.{where}", "reference", {"kind": sort.value, "id": id_})
        for where, sort, id_ in dict.fromkeys(named(kind, body))
        if (sort, id_) not in facts.known
    ]
    if kind is EntryKind.FORM:
        flaws += _senders(body, facts)
    judges = {
        EntryKind.ITEM: wrong_item,
        EntryKind.FORM: wrong_form,
        EntryKind.REPORT: wrong_report,
    }
    if facts.supply is not None and kind in judges:
        flaws += judges[kind](body, facts.supply)
    other = OWED.get(kind)
    if other is not None and (other, body["id"]) in facts.known:
        flaws.append(Flaw("body.id", "id-taken", {"kind": other.value, "id": body["id"]}))
    province = body.get("province")
    if province is not None and province not in (facts.provinces or ()):
        flaws.append(Flaw("body.province", "province", {"province": province}))
    return flaws


def codelists(form: Mapping[str, Any]) -> frozenset[str]:
    """The code lists that the (canonical) body of a form names."""
    return frozenset(id_ for _, _, id_ in _lists(form))


def named(kind: EntryKind, body: Mapping[str, Any]) -> Iterator[Named]:
    """All entries that the (canonical) body names."""
    if kind is EntryKind.SENDER_KEY:
        yield "sender", EntryKind.ORGANISATION, body["sender"]
    elif kind is EntryKind.ITEM:
        yield "responsible", EntryKind.ORGANISATION, body["responsible"]
        yield "form", EntryKind.FORM, body["form"]
        for indicator in body.get("indicators", ()):
            yield "indicators", EntryKind.CODELIST, indicator.partition("/")[0]
        for field in ("room", "verifier"):
            if field in body:
                yield field, EntryKind.ORGANISATION, body[field]
        for recipient in body.get("recipients", ()):
            if recipient not in RECIPIENTS:
                yield "recipients", EntryKind.ORGANISATION, recipient
        for party in body.get("agreement", {}).get("parties", ()):
            yield "agreement.parties", EntryKind.ORGANISATION, party
    elif kind is EntryKind.ORGANISATION:
        if "parent" in body:
            yield "parent", EntryKind.ORGANISATION, body["parent"]
        for successor in body.get("replaced_by", ()):
            yield "replaced_by", EntryKind.ORGANISATION, successor
    elif kind is EntryKind.CALL:
        for item in body["items"]:
            yield "items", EntryKind.ITEM, item
        for addressee in body.get("addressees", ()):
            yield "addressees", EntryKind.ORGANISATION, addressee
    elif kind is EntryKind.REPORT:
        yield "responsible", EntryKind.ORGANISATION, body["responsible"]
        for recipient in body["recipients"]:
            yield "recipients", EntryKind.ORGANISATION, recipient
    elif kind is EntryKind.REGULATION and "replaced_by" in body:
        yield "replaced_by", EntryKind.REGULATION, body["replaced_by"]
    elif kind is EntryKind.FORM:
        yield from _lists(body)


def _lists(form: Mapping[str, Any]) -> Iterator[Named]:
    for list_ in form["area_lists"]:
        yield "area_lists", EntryKind.CODELIST, list_
    for rule in form["rules"]:
        if rule["kind"] == "codelist":
            yield f"rules.{rule['id']}.expression", EntryKind.CODELIST, rule["expression"]
    for table in form["tables"]:
        if table["indicator_list"]:
            yield (
                f"tables.{table['id']}.indicator_list",
                EntryKind.CODELIST,
                table["indicator_list"],
            )
        if table["activity_list"]:
            yield (
                f"tables.{table['id']}.activity_list",
                EntryKind.CODELIST,
                table["activity_list"],
            )
        for row in table["rows"]:
            if "area_list" in row:
                yield (
                    f"tables.{table['id']}.rows.area_list",
                    EntryKind.CODELIST,
                    row["area_list"],
                )


def _senders(form: dict[str, Any], facts: Facts) -> list[Flaw]:
    """Somebody must be there who may send the form, or a part of it."""
    kinds = {
        kind for responsible in form["responsible"] for kind in responsible["organisation_kinds"]
    }
    if kinds & facts.organisation_kinds:
        return []
    return [Flaw("body.responsible", "senders", {"kinds": ", ".join(sorted(kinds))})]
