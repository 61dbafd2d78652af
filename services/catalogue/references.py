"""Whether all that an entry names is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalogue.entry import Facts, Flaw
from services.events.catalogue import CatalogueKind
from services.model.catalogue import RECIPIENTS

Named = tuple[str, CatalogueKind, str]
"""Where a name stands in the body, what it names, and the name."""


def broken_references(kind: CatalogueKind, body: dict[str, Any], facts: Facts) -> list[Flaw]:
    """One flaw for each name of the (canonical) body that the catalogue doesn't have."""
    flaws = [
        Flaw(f"body.{where}", "reference", {"kind": sort.value, "id": id_})
        for where, sort, id_ in dict.fromkeys(named(kind, body))
        if (sort, id_) not in facts.known
    ]
    if kind is CatalogueKind.FORM:
        flaws += _senders(body, facts)
    province = body.get("province")
    if province is not None and province not in (facts.provinces or ()):
        flaws.append(Flaw("body.province", "province", {"province": province}))
    return flaws


def codelists(form: Mapping[str, Any]) -> frozenset[str]:
    """The code lists that the (canonical) body of a form names."""
    return frozenset(id_ for _, _, id_ in _lists(form))


def named(kind: CatalogueKind, body: Mapping[str, Any]) -> Iterator[Named]:
    """All entries that the (canonical) body names."""
    if kind is CatalogueKind.SENDER_KEY:
        yield "sender", CatalogueKind.ORGANISATION, body["sender"]
    elif kind is CatalogueKind.ITEM:
        yield "responsible", CatalogueKind.ORGANISATION, body["responsible"]
        yield "form", CatalogueKind.FORM, body["form"]
        for field in ("room", "verifier"):
            if field in body:
                yield field, CatalogueKind.ORGANISATION, body[field]
        for recipient in body.get("recipients", ()):
            if recipient not in RECIPIENTS:
                yield "recipients", CatalogueKind.ORGANISATION, recipient
        for party in body.get("agreement", {}).get("parties", ()):
            yield "agreement.parties", CatalogueKind.ORGANISATION, party
    elif kind is CatalogueKind.ORGANISATION:
        if "parent" in body:
            yield "parent", CatalogueKind.ORGANISATION, body["parent"]
        for successor in body.get("replaced_by", ()):
            yield "replaced_by", CatalogueKind.ORGANISATION, successor
    elif kind is CatalogueKind.REGULATION and "replaced_by" in body:
        yield "replaced_by", CatalogueKind.REGULATION, body["replaced_by"]
    elif kind is CatalogueKind.FORM:
        yield from _lists(body)


def _lists(form: Mapping[str, Any]) -> Iterator[Named]:
    for list_ in form["area_lists"]:
        yield "area_lists", CatalogueKind.CODELIST, list_
    for rule in form["rules"]:
        if rule["kind"] == "codelist":
            yield f"rules.{rule['id']}.expression", CatalogueKind.CODELIST, rule["expression"]
    for table in form["tables"]:
        if table["indicator_list"]:
            yield (
                f"tables.{table['id']}.indicator_list",
                CatalogueKind.CODELIST,
                table["indicator_list"],
            )
        if table["activity_list"]:
            yield (
                f"tables.{table['id']}.activity_list",
                CatalogueKind.CODELIST,
                table["activity_list"],
            )
        for row in table["rows"]:
            if "area_list" in row:
                yield (
                    f"tables.{table['id']}.rows.area_list",
                    CatalogueKind.CODELIST,
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
