"""What an agency reads of the catalogue, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.catalogue.entry import EntryKind, Version
from services.catalogue.reading import Own
from services.model.starter_pack import starter_pack

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SENDER = "so-tai-chinh-dien-bien"
FORM = {"area_lists": ["63"], "rules": [], "tables": []}


def version(kind: str, id_: str, body: Mapping[str, Any], number: int = 1) -> Version:
    return Version(EntryKind(kind), id_, number, 1, dict(body), None, None, NOW)


PACK = [version(entry.kind, entry.id, entry.body, entry.version) for entry in starter_pack()]
RESPONSIBLE = {one.body["responsible"] for one in PACK if one.kind is EntryKind.ITEM}
OTHER = min(RESPONSIBLE - {SENDER})


def own(kind: EntryKind, known: Sequence[Version] = PACK, agency: str = SENDER) -> list[str]:
    """Ids and versions of the entries of a kind that the agency reads."""

    def of_kind(kind: EntryKind) -> list[Version]:
        return [one for one in known if one.kind is kind]

    reach = Own(agency, of_kind, lambda: of_kind(EntryKind.FORM), NOW)
    return [f"{one.id}/{one.version}" for one in reach.entries(kind)]


def test_an_agency_reads_itself_its_items_their_forms_and_their_lists() -> None:
    items = [one for one in PACK if one.body.get("responsible") == SENDER]
    assert items
    assert own(EntryKind.ORGANISATION) == [f"{SENDER}/1"]
    assert own(EntryKind.ITEM) == [f"{one.id}/1" for one in items]
    assert {one.partition("/")[0] for one in own(EntryKind.FORM)} == {
        one.body["form"] for one in items
    }
    assert "63/1" in own(EntryKind.CODELIST)
    assert len(own(EntryKind.CODELIST)) < sum(one.kind == "codelist" for one in PACK)


def test_of_others_it_reads_nothing() -> None:
    for kind in (EntryKind.ITEM, EntryKind.ORGANISATION):
        assert not {*own(kind)} & {*own(kind, agency=OTHER)}
        assert own(kind, agency=OTHER)
    known = [*PACK, version("sender_key", "k", {"sender": SENDER})]
    assert own(EntryKind.SENDER_KEY, known) == own(EntryKind.REGULATION, known) == []


@pytest.mark.parametrize("agency", ["", "so-khac"])
@pytest.mark.parametrize("kind", EntryKind)
def test_who_is_no_agency_of_the_catalogue_reads_nothing(agency: str, kind: EntryKind) -> None:
    assert own(kind, agency=agency) == []


def test_an_item_counts_while_it_is_in_force() -> None:
    items = [version("item", one, {"responsible": SENDER, "form": one}) for one in "abc"]
    items[1] = replace(items[1], valid_to=NOW)
    items[2] = replace(items[2], valid_from=NOW + DAY)
    known = [*items, *(version("form", one, FORM) for one in "abc")]
    assert own(EntryKind.ITEM, known) == ["a/1"]
    assert own(EntryKind.FORM, known) == ["a/1"]


def test_a_form_comes_in_the_version_by_which_intake_takes_it_in() -> None:
    first, second, third = (version("form", "a", FORM, number) for number in (1, 2, 3))
    later = replace(third, valid_from=NOW + DAY)
    item = version("item", "i", {"responsible": SENDER, "form": "a"})
    assert own(EntryKind.FORM, [item, first, second, later]) == ["a/2"]
    assert own(EntryKind.FORM, [item, third, second, first]) == ["a/3"]
    assert own(EntryKind.FORM, [item, later]) == []
