"""Whether an entry fits who supplies what: a section has one supplier, items name what is there, reports an office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalogue.entry import Flaw, Supply, sections_of
from services.model.organisation import OFFICES

Body = Mapping[str, Any]


def wrong_item(item: Body, supply: Supply) -> list[Flaw]:
    """Sections that its form has not, or that another supplies; indicators of no indicator system."""
    form, known = item["form"], supply.sections(item["form"])
    sections = item.get("sections", ())
    flaws = [
        Flaw("body.sections", "section", {"form": form, "section": section})
        for section in sections
        if section not in known
    ]
    for id_, taken in _taken(item, supply):
        flaws.append(Flaw("body.sections", "section-taken", {"section": taken, "item": id_}))
    flaws += [
        Flaw("body.indicators", "indicator", {"indicator": indicator})
        for indicator in item.get("indicators", ())
        if indicator not in supply.indicators
    ]
    return flaws


def wrong_form(form: Body, supply: Supply) -> list[Flaw]:
    """Sections that items name and it has no more."""
    return [
        Flaw("body.responsible", "section-named", {"section": section, "item": id_})
        for id_, item in sorted(supply.items.items())
        if item.get("form") == form["id"]
        for section in item.get("sections", ())
        if section not in sections_of(form)
    ]


def wrong_report(report: Body, supply: Supply) -> list[Flaw]:
    """What agencies owe is an item: a report is of an office or a room."""
    responsible = supply.organisations.get(report["responsible"])
    if responsible is None or responsible["kind"] in OFFICES:
        return []
    return [Flaw("body.responsible", "no-office", {"id": report["responsible"]})]


def _taken(item: Body, supply: Supply) -> Iterator[tuple[str, str]]:
    """The items of others in the same province that name a section of this one."""
    for id_, other in sorted(supply.items.items()):
        if id_ == item["id"] or other.get("form") != item["form"]:
            continue
        if other.get("responsible") == item["responsible"]:
            continue
        if _province(other, supply) != _province(item, supply):
            continue
        for section in item.get("sections", ()):
            if section in other.get("sections", ()):
                yield id_, section


def _province(item: Body, supply: Supply) -> str | None:
    province: str | None = supply.organisations.get(item.get("responsible", ""), {}).get("province")
    return province
