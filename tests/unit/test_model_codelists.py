"""Code lists and the crosswalk of provinces."""

import pytest

from services.model.codelist import Codelist, load_codelists
from services.model.crosswalk import Area, provinces
from services.model.text import ModelError

LISTS = load_codelists()


def test_counts_of_areas_and_activities() -> None:
    assert sum(one.kind != "country" for one in LISTS["63"].codes) == 63
    assert sum(one.kind != "country" for one in LISTS["34"].codes) == 34
    assert sum(one.kind == "section" for one in LISTS["VSIC2018"].codes) == 21
    assert sum(one.kind == "division" for one in LISTS["VSIC2018"].codes) == 26


@pytest.mark.parametrize(
    ("code", "before", "since"),
    [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
    ],
)
def test_seven_codes_changed_their_meaning(code: str, before: str, since: str) -> None:
    assert LISTS["63"].by_code[code].name.vi.endswith(before)
    assert LISTS["34"].by_code[code].name.vi.endswith(since)
    assert code in provinces().changed_meaning()
    assert len(provinces().changed_meaning()) == 7


def test_successors_and_predecessors() -> None:
    walk = provinces()
    assert walk.successor(Area("63", "94")) == Area("34", "92")
    assert walk.successor(Area("63", "89")) == Area("34", "91")
    assert walk.successor(Area("34", "91")) == Area("34", "91")
    assert walk.predecessors("92") == (Area("63", "92"), Area("63", "93"), Area("63", "94"))
    assert walk.predecessors("11") == (Area("63", "11"),)
    with pytest.raises(ModelError, match="97"):
        walk.successor(Area("63", "97"))


def test_every_successor_is_in_list_34() -> None:
    codes = {one.code for one in LISTS["63"].codes}
    assert {provinces().successor(Area("63", code)).code for code in codes} == set(
        LISTS["34"].by_code
    )


def test_lists_travel_as_plain_data_and_refuse_repeats() -> None:
    area = LISTS["63"]
    assert Codelist.from_dict(area.to_dict()) == area
    body = area.to_dict()
    body["codes"].append(body["codes"][5])
    with pytest.raises(ModelError, match="twice"):
        Codelist.from_dict(body)


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (Area("63", "94"), Area("34", "92"), True), (Area("63", "94"), Area("63", "93"), False),
        (Area("63", "94"), Area("34", "91"), False), (Area("34", "92"), Area("34", "92"), True),
        (Area("luu-vuc", "92"), Area("34", "92"), False), (Area("34", "92"), Area("luu-vuc", "92"), False),
        (Area("63", "97"), Area("34", "92"), False), (Area("luu-vuc", "1"), Area("luu-vuc", "1"), True),
    ],
)  # fmt: skip
def test_an_area_of_another_list_is_another_area_and_no_error(
    one: Area, other: Area, is_one: bool
) -> None:
    """Policy compares what came with each duty that closes: an error there stopped its worker."""
    assert provinces().is_one_place(one, other) is is_one
