"""Identifiers: found in every spelling, never in forms of figures, and never repeated."""

import csv
import json
import random
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.model.text import SCHEMAS
from services.policy.evidence.finding import Finding, Kind
from services.policy.evidence.identifiers import scan as scanning
from services.policy.evidence.identifiers.headings import kinds_of
from services.policy.evidence.identifiers.shapes import PROVINCES, is_identity_number, is_tax_code
from services.policy.evidence.texts import CellsError, read
from services.validation.workbook import open_workbook
from services.validation.workbook.cells import cells_object
from tests.unit.policy_cases import cells

EXAMPLES = Path(__file__).parents[2] / "examples" / "dien-bien"
YEAR = 2026
TAX = "0100109106"


def scan(content: bytes, year: int) -> tuple[Finding, ...]:
    """The findings of a `cells` object."""
    return scanning.scan(read(content), year)


def kinds(rows: list[list[str]], where: str = "cell") -> dict[str, set[str]]:
    """Kinds by cell."""
    found: dict[str, set[str]] = {}
    for one in scan(cells(rows, where=where), YEAR):
        found.setdefault(one.cell, set()).add(one.kind)
    return found


@pytest.mark.parametrize(
    ("heading", "value", "kind"),
    [
        ("Số CCCD", "011085001234", "identity_number"),
        ("Số căn cước công dân", "11085001234", "identity_number"),
        ("CMND", "040123456", "identity_number"),
        ("Identity number", "B1234567", "identity_number"),
        ("Mã số thuế", "5600123456", "tax_code"),
        ("MST", "5600123456-001", "tax_code"),
        ("Mã số doanh nghiệp", "5600123456", "tax_code"),
        ("Tax code", "5600123456", "tax_code"),
        ("Điện thoại", "912345678", "phone"),
        ("Số tài khoản", "19012345678901", "bank_account"),
        ("Bank account", "123456", "bank_account"),
        ("Họ và tên", "Lò Văn Thử", "person_name"),
        ("HỌ TÊN", "NGUYỄN THỊ THỬ", "person_name"),
        ("Full name", "Giàng A Thử", "person_name"),
        ("Chủ doanh nghiệp", "Mùa A Thử", "person_name"),
        ("Tên chủ hộ", "Quàng Thị Thử", "household"),
        ("Head of household", "Vàng Thị Thử", "household"),
        ("Tên doanh nghiệp", "Công ty TNHH Thử Nghiệm", "organisation_name"),
        ("Company name", "Test Trading Co., Ltd", "organisation_name"),
        ("Địa chỉ", "Bản Thử, xã Thanh Nưa", "address"),
        ("Nơi thường trú", "Tổ 5 phường Mường Thanh", "address"),
        ("Address", "12 Example Street", "address"),
        ("Họ và tên người đăng ký", "Lò Văn Thử", "person_name"),
        ("Địa chỉ đăng ký thường trú", "Tổ 5, phường Mường Thanh", "address"),
        ("Số CMND người đăng ký", "040123456", "identity_number"),
        ("Số giấy tờ tùy thân", "040123456", "identity_number"),
        ("Số điện thoại đăng ký", "912345678", "phone"),
        ("Số tài khoản nhận tiền kỳ này", "19012345678", "bank_account"),
        (
            "Số CCCD/CMND/Hộ chiếu/Số định danh cá nhân của người đại diện theo pháp luật của doanh nghiệp",
            "040123456",
            "identity_number",
        ),
        ("Họ tên", "1. Lò Văn Thử", "person_name"),
        ("Họ tên", "BS. Lò Văn Thử", "person_name"),
        ("Họ tên", "Lò Văn Thử 1985", "person_name"),
        ("Họ tên", "Lò Văn Thử, sinh năm 1985", "person_name"),
        ("Họ tên", "Lò Văn Thử (chết)", "person_name"),
        ("Họ tên", "Lò Văn Thử - trưởng bản", "person_name"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD", "stripped"])
def test_a_heading_and_a_value_of_its_shape(heading: str, value: str, kind: str, form: str) -> None:
    spelt = unicodedata.normalize("NFD" if form != "NFC" else "NFC", heading)
    if form == "stripped":
        spelt = "".join(one for one in spelt if not unicodedata.combining(one)).replace("Đ", "D")
    found = kinds([["STT", spelt], ["1", value]])
    assert kind in found["B2"]
    assert "B1" not in found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("011085001234", "identity_number"),
        ("CCCD 011085001234 cấp năm 2021", "identity_number"),
        ("011 085 001 234", "identity_number"),
        ("011_085_001_234", "identity_number"),
        ("011/085/001/234", "identity_number"),
        ("011·085·001·234", "identity_number"),
        ("0110 8500 1234", "identity_number"),
        ("Số sổ BHXH: 1123456789", "identity_number"),
        ("Số thẻ BHYT: HS4271234567890", "identity_number"),
        ("GPLX 270123456789", "identity_number"),
        ("MST5600184390", "tax_code"),
        ("Mã số thuế5600184390", "tax_code"),
        ("STK19012345678", "bank_account"),
        ("nguyenvana (at) gmail.com", "email"),
        ("nguyenvana [at] gmail [dot] com", "email"),
        ("nguyenvana @ gmail . com", "email"),
        ("Ông Nguyễn Văn Anh, thôn 3, xã Pú Nhung", "person_name"),
        ("Bà Lò Thị Pâng - bản Nà Sáy", "person_name"),
        ("０１１０８５００１２３４", "identity_number"),
        ("0110\u200b85001234", "identity_number"),
        ("0912345678,0987654321", "phone"),
        ("001085012345,001085012346", "identity_number"),
        ("CMND: số 040123456", "identity_number"),
        ("Số CMND là 040123456", "identity_number"),
        ("TK số 19012345678 tại ngân hàng", "bank_account"),
        ("Số tài khoản: Agribank 0123456789012", "bank_account"),
        (TAX, "tax_code"),
        (f"{TAX}-001", "tax_code"),
        ("0912345678", "phone"),
        ("0912.345.678", "phone"),
        ("+84 912 345 678", "phone"),
        ("02153 825 123", "phone"),
        ("thu.nghiem@example.vn", "email"),
        ("Chủ hộ: Lò Văn Thử", "person_name"),
    ],
)
@pytest.mark.parametrize("where", ["cell", "comment", "header"])
def test_what_speaks_for_itself(text: str, kind: str, where: str) -> None:
    assert kind in kinds([[text]], where)["A1"]


@pytest.mark.parametrize(
    "text",
    [
        "1234567890",
        "123456789012",
        "01/10/2025-31/12/2025",
        "01.01.2025-01.02.2025",
        "2024/2025",
        "123 456 789 012",
        "Ông, bà ở thôn 3",
        "Ông Nguyễn Văn Anh",
        "Anh hùng lao động, xã Thanh Nưa",
        "Chị em phụ nữ, thôn 3",
        "Nguyễn Chí Thanh, phường Tân Thanh",
        "BHXH 1123456789",
        "Số sổ BHXH đã cấp",
        "912345678",
        "84912345678",
        "53694000000000",
        "0.011085001234",
        "12085.001085001234",
        "12.342.460,42",
        "12.342.460.420",
        "999085001234",
        "011099001234567",
        "011450001234",
        "Số: 1618/QĐ-UBND ngày 01/9/2021",
        "Số doanh nghiệp",
        "Số hộ nghèo",
        "TÊN ĐƠN VỊ",
        "1/10/2026-20/11/2026",
        "2026-01-01/P9M",
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    assert not kinds([[text]])


def test_words_alone_are_no_finding() -> None:
    heads = ["Số doanh nghiệp", "Mã số", "Họ và tên", "Địa chỉ", "Số tài khoản", "Điện thoại"]
    assert not kinds([heads, ["120", "35", "", "", "12", "4500"]])
    assert not kinds([["Số chủ hộ là nữ"], ["1250"], ["Tăng So Cùng Kỳ"]])
    assert not kinds([["Doanh thu dịch vụ điện thoại"], ["912345678"]])
    assert not kinds([["Tên doanh nghiệp"], ["Doanh nghiệp nhà nước"], ["Khu vực FDI"]])


def test_who_signs_a_form_is_not_reported_in_it() -> None:
    rows = [
        ["Chỉ tiêu", "Mã số", "Quý III"],
        ["Tổng thu", "1", "100"],
        ["", "", "GIÁM ĐỐC"],
        ["", "", "(Ký, ghi rõ họ tên)"],
        ["", "", "Trần Văn Thử"],
        ["Người lập biểu", "", ""],
        ["Lò Thị Thử", "", ""],
    ]
    assert not kinds(rows)


def test_how_to_reach_the_sender_is_no_list() -> None:
    assert not kinds([["Điện thoại: 0912345678"], ["Email: thu@example.vn"]])
    listed = kinds([[f"ĐT: 09123456{number}"] for number in range(10, 15)])
    assert len(listed) == 5
    assert kinds([["0912345678"]])


def test_a_label_beside_a_value() -> None:
    assert kinds([["Chủ hộ:", "Lò Văn Thử"]])["B1"] == {"household"}
    assert kinds([["Số tài khoản:", "", "19012345678"]])["C1"] == {"bank_account"}
    assert not kinds([["Họ và tên", "Năm Sinh"]])


def with_check_digit(nine: str) -> str:
    """The tax code that begins with these nine digits, where there is one."""
    return next((nine + last for last in "0123456789" if is_tax_code(nine + last)), "")


def test_columns_without_a_heading() -> None:
    codes = [one for number in range(9) if (one := with_check_digit(f"56001234{number}"))]
    assert len(codes) >= 5
    assert set(kinds([[code] for code in codes])) == {f"A{row + 1}" for row in range(len(codes))}
    assert not kinds([[code] for code in codes[:3]])
    amounts = [[str(5_600_123_456 + 7_777 * number)] for number in range(40)]
    assert not kinds(amounts)
    names = ["Lò Văn Thử", "Nguyễn Thị Thử", "Giàng A Thử", "Quàng Văn Thử"]
    assert len(kinds([[name] for name in names])) == 4
    assert not kinds([["Thái Nguyên"], ["Hà Nam"], ["Cao Bằng"], ["Lý Nhân"], ["Mai Sơn"]])


@pytest.mark.parametrize("written", ["{n}. {name}", "{name} (198{n})", "{name}, sinh 198{n}"])
def test_lists_of_names_with_a_number_or_a_year(written: str) -> None:
    names = ("Giàng A Thử", "Sùng A Chư", "Hạng A Lử", "Lò Văn Ơn", "Quàng Văn Nọi")
    listed = [[written.format(n=n, name=name)] for n, name in enumerate(names, 1)]
    assert kinds([["Danh sách"], *listed]) == {f"A{n}": {"person_name"} for n in range(2, 7)}
    rows = ("Nông nghiệp", "Lâm nghiệp", "Công nghiệp khai khoáng", "Xây dựng", "Vận tải kho bãi")
    counted = [[written.format(n=n, name=name)] for n, name in enumerate(rows, 1)]
    assert kinds([["Ngành"], *counted]) == {}


def test_check_digits_and_structure() -> None:
    assert is_tax_code(TAX)
    assert not is_tax_code("0100109107")
    assert not is_tax_code("01001091")
    assert is_identity_number("001200000001", YEAR)
    assert not is_identity_number("001227000001", YEAR)
    assert is_identity_number("001226000001", YEAR)
    assert not is_identity_number("003200000001", YEAR)


def test_provinces_of_birth_are_the_63() -> None:
    path = SCHEMAS / "codelists" / "provinces_63.csv"
    with path.open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert len(PROVINCES) == 63
    assert {f"0{code}" for code in codes if code.isdecimal()} - {"000"} == PROVINCES


def test_names_with_addresses_in_one_column_and_streets_that_bear_names() -> None:
    people = ("Nguyễn Văn Anh", "Lò Thị Pâng", "Giàng A Pao", "Quàng Văn Hùng")
    found = kinds(
        [["Đối tượng", "1"], *([f"{one}, bản Nà Sáy, xã Pú Nhung", "1"] for one in people)]
    )
    assert found == {f"A{row}": {"person_name"} for row in range(2, 6)}
    streets = ("Trần Hưng Đạo", "Lê Lợi", "Hoàng Văn Thụ", "Nguyễn Chí Thanh")
    assert not kinds(
        [["Tuyến", "1"], *([f"Đường {one}, phường Tân Thanh", "1"] for one in streets)]
    )


@pytest.mark.parametrize("file", ["Final_2013.xls", "Plan_2017.xls"])
def test_no_false_alarm_on_the_real_budget(file: str) -> None:
    workbook = open_workbook((EXAMPLES / file).read_bytes())
    assert scan(cells_object(workbook), YEAR) == ()


def test_no_false_alarm_on_any_label_of_the_forms() -> None:
    labels: list[list[str]] = []
    for path in sorted((SCHEMAS / "catalogue" / "forms").glob("cv*.yaml")):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        for table in form["tables"]:
            labels += [[row["label"], "1234567", "912345678"] for row in table.get("rows", ())]
    assert len(labels) >= 100
    assert scan(cells(labels), YEAR) == ()


ROW = st.tuples(
    st.sampled_from(["Lò Văn", "Nguyễn Thị", "Giàng A", "Đỗ Hoàng", "Trần"]),
    st.sampled_from(["Thử", "Giả", "Mẫu", "Ví Dụ"]),
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 3),
    st.integers(0, 26),
    st.integers(0, 999_999),
)


@given(st.lists(ROW, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_generated_lists_are_found_row_by_row(
    people: list[tuple[str, str, str, int, int, int]], chance: random.Random
) -> None:
    heads = ["Họ và tên", "Số CCCD", "Địa chỉ", "Doanh thu"]
    order = list(range(4))
    chance.shuffle(order)
    rows = [
        [f"{first} {last}", f"{born}{sex}{year:02}{rest:06}", f"Bản Thử {rest}", str(rest)]
        for first, last, born, sex, year, rest in people
    ]
    table = [[row[place] for place in order] for row in [heads, *rows]]
    found = kinds(table)
    for number in range(2, len(rows) + 2):
        assert "person_name" in found[f"{chr(65 + order.index(0))}{number}"]
        assert "identity_number" in found[f"{chr(65 + order.index(1))}{number}"]
        assert "address" in found[f"{chr(65 + order.index(2))}{number}"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_printed_figures_are_no_identifiers(values: list[float]) -> None:
    assert not kinds([["Chỉ tiêu"], *([str(value)] for value in values)])


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=3))
def test_printed_amounts_are_no_identifiers(values: list[int]) -> None:
    assert not kinds([[str(value)] for value in values])


def test_findings_never_hold_a_value() -> None:
    secrets = ["Lò Văn Thử", "011085001234", "0912345678", "thu@example.vn", "Bản Thử, xã Thử"]
    heads = ["Họ và tên", "CCCD", "Điện thoại", "Email", "Địa chỉ"]
    found = scan(cells([heads, secrets], sheet="Lò Văn Thử"), YEAR)
    assert {one.cell for one in found} == {"A2", "B2", "C2", "D2", "E2"}
    shown = json.dumps([vars(one) for one in found], ensure_ascii=False)
    assert not any(secret in shown for secret in secrets)
    assert {one.sheet for one in found} == {"#1"}


def test_an_odd_address_is_not_repeated() -> None:
    raw = json.loads(cells([["0912345678"]]))
    raw["cells"][0]["cell"] = "0912345678"
    raw["cells"][0]["where"] = "comment"
    assert scan(json.dumps(raw).encode(), YEAR) == (Finding("Biểu 1", "", "phone"),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"format": 2, "sheets": [], "cells": []}',
        b'{"format": 1, "sheets": [], "cells": [{}]}',
        b'{"format": 1, "sheets": [], "cells": [1]}',
        b'{"format": 1, "sheets": [], "cells":'
        b' [{"sheet": 0, "cell": "A1", "text": "x", "where": "cell"}]}',
        b'{"format": 1, "sheets": [{"name": "a"}], "cells":'
        b' [{"sheet": 0, "cell": "A1", "text": 1, "where": "cell"}]}',
    ],
)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(CellsError):
        scan(content, YEAR)


def test_an_empty_workbook_has_no_findings() -> None:
    assert scan(cells([]), YEAR) == ()


def test_headings_count_or_name() -> None:
    assert kinds_of("so doanh nghiep") == ()
    assert kinds_of("ten doanh nghiep") == (Kind.ORGANISATION_NAME,)
    assert kinds_of("ten chu dau tu") == (Kind.PERSON_NAME, Kind.ORGANISATION_NAME)
    long = "dia chi cua nhung noi ma trong nam da co chuong trinh khuyen nong " * 2
    assert kinds_of(long) == ()


def test_a_sheets_name_is_scanned_too() -> None:
    document = json.loads(cells([["Tổng", "1"]]))
    document["sheets"][0]["name"] = "Nguyễn Văn Tèo CCCD 011085001234"
    (finding,) = {
        one for one in scan(json.dumps(document).encode(), YEAR) if one.kind == "identity_number"
    }
    assert (finding.sheet, finding.cell) == ("#1", "")


def test_a_long_text_without_blanks_is_scanned_in_time() -> None:
    document = cells([["a" * 30_000 + " @"]])
    assert scan(document, YEAR) == ()
