"""Who sees what comes in, as the items and organisations of the catalogue say: pure."""

from __future__ import annotations

from typing import Any

from services.model.responsibility import home, item_of, readers, rooms, verifiers

ITEMS: list[dict[str, Any]] = [
    {"responsible": "so-a", "form": "x", "room": "eco", "verifier": "dc"},
    {"responsible": "so-a", "form": "y", "verifier": "dc"},
    {"responsible": "so-b", "form": "x", "room": None},
    {"responsible": "so-a", "form": "x", "room": "soc"},
]
ORGANISATIONS: dict[str, dict[str, Any]] = {
    "office": {"kind": "statistics_office", "province": "11"},
    "eco": {"kind": "room", "parent": "office", "province": "11"},
    "so-a": {"kind": "agency", "province": "11"},
    "ministry": {"kind": "ministry"},
    "other": {"kind": "statistics_office", "province": "20"},
    "other-eco": {"kind": "room", "parent": "other", "province": "20"},
    "so-c": {"kind": "agency", "province": "20"},
    "stray": {"kind": "room", "parent": "other"},
}


def test_the_rooms_that_accept_and_those_that_verify_see_what_comes_in() -> None:
    assert readers(ITEMS) == {
        ("so-a", "x"): {"eco", "dc", "soc"},
        ("so-a", "y"): {"dc"},
        ("so-b", "x"): frozenset(),
    }
    assert rooms(ITEMS) == {}, "two rooms are named: it is the leadership's"
    assert rooms(ITEMS[:1]) == {("so-a", "x"): "eco"}
    assert verifiers(ITEMS) == {("so-a", "x"): "dc", ("so-a", "y"): "dc"}


def test_an_office_is_its_rooms_its_province_and_the_nation_and_no_other_office() -> None:
    assert home(ORGANISATIONS, "office") == {"office", "eco", "so-a", "ministry"}
    assert home(ORGANISATIONS, "other") == {"other", "other-eco", "so-c", "ministry", "stray"}


def test_who_is_of_no_office_has_none() -> None:
    for office in ("", "nowhere", "ministry"):
        assert home(ORGANISATIONS, office) == frozenset()


def test_of_several_items_of_a_form_the_strictest_holds() -> None:
    about = {"responsible": "so-a", "form": "six", "name": "x"}
    b = about | {
        "room": "eco", "verifier": "dc", "recipients": ["compilers", "public"], "purposes": ["p", "q"],
        "agreement": {"number": "1", "valid_to": "2026-12-31"},
    }  # fmt: skip
    c = about | {
        "room": "soc", "verifier": "dc", "recipients": ["public", "so-b"], "purposes": ["q"],
        "agreement": {"number": "2"},
    }  # fmt: skip
    found = item_of([b, c], "so-a", "six")
    assert found == about | {
        "verifier": "dc", "recipients": ["public"], "purposes": ["q"], "agreement": b["agreement"],
    }  # fmt: skip
    assert item_of([b], "so-a", "six") == b
    assert item_of([b, c], "so-b", "six") is None
