"""Identifiers that are cut over cells, spelt with other letters, or stand where nobody looks; and places in degrees."""

from __future__ import annotations

import json

import pytest

from services.policy.decisions.facts import FormFacts
from services.policy.evidence.identifiers.scan import scan
from services.policy.evidence.texts import read
from tests.unit.policy_cases import cells

YEAR = 2026


def kinds(rows: list[list[str]], where: str = "cell") -> dict[str, set[str]]:
    """Kinds by cell."""
    found: dict[str, set[str]] = {}
    for one in scan(read(cells(rows, where=where)), YEAR):
        found.setdefault(one.cell, set()).add(one.kind)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "21.38602, 103.01694",
        "21,38602; 103,01694",
        "103.01694 21.38602",
        "Vĩ độ 21.38602 kinh độ 103.01694",
        "21°23'09.7\"N 103°01'01.0\"E",
        "21 độ 23 phút 9 giây",
        "21°23′09″ Bắc",
    ],
)
@pytest.mark.parametrize("where", ["cell", "comment", "property"])
def test_a_place_in_degrees_speaks_for_itself(text: str, where: str) -> None:
    assert kinds([[text]], where) == {"A1": {"coordinates"}}


@pytest.mark.parametrize(
    "text",
    [
        "48.85661, 2.35222",
        "103.5",
        "21.38602",
        "Từ 20°54' đến 22°33' vĩ độ Bắc",
        "25°C",
        "103.016941234567 21.386021234567",
        "tăng 21.4% và 103.02%",
    ],
)
def test_what_is_no_place_in_viet_nam(text: str) -> None:
    assert not kinds([[text]])


def test_degrees_side_by_side_need_a_heading_or_many_rows() -> None:
    places = [["21.38602", "103.01694"], ["21.40118", "103.02201"], ["21.39007", "103.0088"]]
    assert not kinds(places)
    assert len(kinds([*places, ["21.38555", "103.01003"]])) == 8
    assert set(kinds([["Vĩ độ", "Kinh độ"], *places])) == {
        f"{a}{n}" for a in "AB" for n in (2, 3, 4)
    }
    growth = [["21.386", "103.017"], ["12.4", "104.2"], ["88.0", "101.1"], ["15.1", "105.5"]]
    assert not kinds([["Cơ cấu (%)", "Chỉ số phát triển (%)"], *growth, *growth])


def test_metres_of_vn_2000_need_their_heading() -> None:
    metres = ["2365123.45", "512345.67"]
    assert not kinds([metres] * 6)
    assert kinds([["Toạ độ VN-2000", ""], metres]) == {"A2": {"coordinates"}, "B2": {"coordinates"}}


def test_a_number_cut_over_cells() -> None:
    assert kinds([["011085", "001234"]]) == {"A1": {"identity_number"}, "B1": {"identity_number"}}
    assert set(kinds([["0110", "8500", "1234"]])) == {"A1", "B1", "C1"}
    assert kinds([["0912", "345678"]]) == {"A1": {"phone"}, "B1": {"phone"}}
    assert kinds([["+84", "912345678"]])["A1"] == {"phone"}
    assert kinds([["01001", "09106"]])["A1"] == {"tax_code"}


def test_codes_beside_figures_are_no_number_cut_in_two() -> None:
    goods = [
        [code, str(value)]
        for code, value in zip(_HARMONISED, range(123456, 999999, 97531), strict=False)
    ]
    assert len(goods) >= 5
    assert not kinds([["Mã HS", "Giá trị"], *goods])
    assert not kinds([[f"{number:03}", str(10**8 + number)] for number in range(1, 60)])


_HARMONISED = ("010121", "030617", "070190", "090111", "094011", "099985")


def test_family_and_given_names_in_columns_of_their_own() -> None:
    people = [["Lò", "Thử"], ["Nguyễn Văn", "Giả"]]
    expected = {"A2", "B2", "A3", "B3"}
    assert set(kinds([["Họ", "Tên"], *people])) == expected
    assert set(kinds([["Family name", "Given name"], *people])) == expected
    many = [["Nguyễn Văn", "Thử"], ["Lò Thị", "Giả"], ["Giàng A", "Mẫu"], ["Hà Văn", "Thử"]]
    assert len(kinds(many)) == 8
    assert not kinds([["Hộ", "Tên"], ["Sản phẩm", "Lợn"]])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("STK: 19012345678901 tại ngân hàng", "bank_account"),
        ("CMND số 040123456 cấp 2010", "identity_number"),
        ("Hộ chiếu B1234567", "identity_number"),
        ("MST: 011085001234", "tax_code"),
        ("Hộ ông Lò Văn Thử", "person_name"),
    ],
)
@pytest.mark.parametrize("where", ["cell", "comment", "property", "name"])
def test_label_and_number_in_one_text(text: str, kind: str, where: str) -> None:
    assert kind in kinds([[text]], where)["A1"]


def test_a_persons_number_as_tax_code() -> None:
    assert kinds([["Mã số thuế"], ["011085001234"]]) == {"A2": {"tax_code"}}
    assert kinds([["Số CCCD"], ["011085001234"]]) == {"A2": {"identity_number"}}


def test_numbers_of_households() -> None:
    assert kinds([["Mã hộ"], ["H00123"], ["H00124"]]) == {"A2": {"household"}, "A3": {"household"}}
    assert not kinds([["Số hộ"], ["1234"], ["Số hộ, số khẩu"], ["56789"]])


def test_kinds_of_enterprises_are_no_names_of_firms() -> None:
    types = [
        "Công ty TNHH",
        "Công ty cổ phần có vốn nhà nước",
        "Doanh nghiệp tư nhân",
        "Hợp tác xã",
    ]
    assert not kinds([[one] for one in types * 2])
    firms = [[f"Công ty TNHH Thử Nghiệm {number}"] for number in range(5)]
    assert len(kinds(firms)) == 5


@pytest.mark.parametrize("heading", ["Hä vµ tªn", "Hо và tên", "Họ\u200b và\u200b tên"])
def test_other_spellings_of_a_heading(heading: str) -> None:
    rows = [["STT", heading, "Sè lao ®éng"], ["1", "NguyÔn V¨n Thö", "3"]]
    assert "person_name" in kinds(rows)["B2"]


def test_old_encodings_in_comments_and_names_of_sheets() -> None:
    assert kinds([["Hä tªn: NguyÔn V¨n Thö"]], "comment") == {"A1": {"person_name"}}
    document = json.loads(cells([["Tổng", "1"]], sheet="NguyÔn V¨n Thö"))
    document["cells"][0]["text"] = "011085001234"
    assert {one.sheet for one in scan(read(json.dumps(document).encode()), YEAR)} == {"#1"}


def test_a_form_may_demand_places_and_households() -> None:
    columns = [{"identifier": "coordinates"}, {"identifier": "household"}, {}]
    table = {"kind": "records", "columns": columns, "aggregates": []}
    body = {"id": "x", "version": 1, "regime": "coordination", "tables": [table]}
    assert FormFacts.of(body, {}).demanded == {"coordinates", "household"}
