"""Markings of secrecy: found as stamps, labels and statements, in every spelling; never in words about other things."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from services.model.enumerations import SecretLevel
from services.policy.evidence.secrecy.scan import markings
from services.policy.evidence.texts import read
from tests.unit.policy_cases import cells

MARKED = {
    SecretLevel.CONFIDENTIAL: """
        MẬT
        mật
        [MẬT]
        « MẬT »
        M Ậ T
        M.Ậ.T
        Độ mật: Mật
        ĐỘ MẬT : MẬT
        do mat: mat
        Mức độ mật: Mật
        Tài liệu Mật
        Văn bản mật.
        Số liệu thuộc loại mật
        BÍ MẬT NHÀ NƯỚC
        Số liệu này thuộc danh mục bí mật nhà nước
        Tai lieu thuoc pham vi bi mat nha nuoc
        МẬТ
        MẬT MẬT
        MẬT - Không phổ biến
        Đóng dấu MẬT, không sao chụp
        MẬT/Độ khẩn: Hỏa tốc
        MẬT SỐ: 12
        MẬT (bản số 2)
        Đóng dấu MẬT
        Văn bản mật, không sao chụp
        Hồ sơ mật số 12
        TÀI LIỆU MẬT KHÔNG PHỔ BIẾN
        STATE SECRET
        Mật (bản 2)
        Mật - không phổ biến
        Báo cáo này là mật
        MẬT - KHẨN
        HỎA TỐC - MẬT
        BẢN SỐ 01 MẬT
        BÁO CÁO NGÂN SÁCH (MẬT)
        Phân loại: Mật
        Mức độ bảo mật: Mật
        Mật/HỎA TỐC
        Bản số 01 - MẬT
        BÁO CÁO NGÂN SÁCH - MẬT
        Tài liệu mật - Sở Tài chính
        Đóng dấu: Mật
        """,
    SecretLevel.SECRET: """
        TỐI MẬT
        Tối mật
        TOI MAT
        toi mat
        T Ố I  M Ậ T
        T-Ố-I-M-Ậ-T
        T O I M A T
        (TỐI MẬT)
        Độ mật: Tối mật
        Cấp độ mật - TỐI MẬT
        Báo cáo tối mật
        ТOI MAТ
        TỐI-MẬT
        TỐI_MẬT
        TỐIMẬT
        TỐI   M Ậ T
        T0I MAT
        TỐI MẬT TỐI MẬT
        TỐI MẬT 01/2026
        TỐI MẬT - KHÔNG PHỔ BIẾN
        Tài liệu TỐI MẬT, không sao chụp
        TỐI MẬT (Theo QĐ 123/QĐ-TTg)
        Phụ lục TỐI MẬT kèm theo Công văn số 5
        Báo cáo tối mật gửi Bộ trưởng
        Độ mật Tối mật
        bí mật nhà nước độ Tối mật
        SECRET
        Tối mật – bản 3/5
        TOI MAT BAN 2
        Tối mật, không sao chụp
        Văn bản này thuộc loại Tối mật
        Số: 12/BC-UBND (TỐI MẬT)
        BÁO CÁO DỰ TRỮ QUỐC GIA - TỐI MẬT
        Vốn đầu tư trực tiếp nước ngoài (TỐI MẬT)
        TÀI LIỆU KHÔNG PHỔ BIẾN, TỐI MẬT
        Chi cục Quản lý thị trường – TỐI MẬT
        Dự toán chi quốc phòng 2026 (Tối mật)
        """,
    SecretLevel.TOP_SECRET: """
        TUYỆT MẬT
        Tuyệt mật
        TUYET MAT
        T U Y Ệ T  M Ậ T
        T*U*Y*Ệ*T*M*Ậ*T
        *** TUYỆT MẬT ***
        Độ mật: TUYỆT MẬT
        Hồ sơ tuyệt mật
        TUYÊT MÂT
        TUYỆTMẬT
        TUYỆT.MẬT
        Số liệu TUYỆT MẬT của tỉnh
        TOP SECRET
        Top Secret
        Tuyệt mật (bản 2)
        Tuyệt mật 2/5
        Tuyệt mật: chỉ người có thẩm quyền
        Số 45/BC-CAT - TUYỆT MẬT
        SỞ NGOẠI VỤ - TUYỆT MẬT
        Dự trữ ngoại hối: TUYỆT MẬT
        Mức độ bảo mật: Tuyệt mật
        """,
}
NOT_MARKED = """
    Mật độ dân số (người/km2)
    MẬT ĐỘ DÂN SỐ
    Mật ong
    MẬT ONG
    Mật mía
    Mật
    Sản lượng mật ong
    Mặt hàng
    MẶT HÀNG XUẤT KHẨU
    Mất
    MẤT
    MAT
    mat
    Mắt
    Mặt
    Bề mặt
    Tiền mặt
    Bí mật kinh doanh
    Bảo mật thông tin
    Chi bảo vệ bí mật nhà nước
    Luật Bảo vệ bí mật nhà nước
    Số liệu không thuộc bí mật nhà nước
    Hồ sơ hành chính không thuộc danh mục bí mật nhà nước
    Thông tin mất
    Báo cáo không phải tài liệu mật
    Mật khẩu
    Độ mật
    Mật độ: 120
    Thân mật
    Nguyễn Thị Mật
    Tổ chức họp mặt
    Diện tích mặt nước nuôi trồng thủy sản
    Có mặt đến 1/7
    Thống kê mật độ đường
    Giao thông vận tải
    Tối thiểu
    Tối màu
    Văn bản mất hiệu lực
    Doanh thu dịch vụ bảo mật
    Toi mat ngu
    Số liệu ngoài bí mật nhà nước
    Đường mật
    Số văn bản TỐI MẬT
    SỐ VĂN BẢN TỐI MẬT ĐÃ GIẢI MẬT
    Tổng số hồ sơ mật, tối mật
    Số lượng tài liệu mật
    Quy định về quản lý tài liệu TỐI MẬT
    Luật Bảo vệ bí mật nhà nước độ Tối mật
    Tài liệu không thuộc độ tối mật
    Số ca đau mắt đỏ
    Dầu mỏ, dấu mốc
    Tài liệu mất, hỏng
    Báo cáo tôi mất giấy tờ
    MẬT (LÍT)
    Mật (lít)
    Mật số
    Hồ sơ mất số 12
    Secretariat
    secretary
    Confidential
    Met
    Maät ong
    toi mat 2 ngay
    Toi mat, nen khong gui duoc
    Tối mất 2 giờ
    Tối mất điện, không làm việc
    Mật (loại 2)
    Phân loại: mật ong
    Phân loại: Mắt
    MÍA, ĐƯỜNG, MẬT
    Sản lượng đường, mật
    Số văn bản (Tối mật)
    Không có tài liệu TỐI MẬT
    Chưa có hồ sơ tuyệt mật
    """


def listed(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    ("level", "text"), [(level, text) for level, block in MARKED.items() for text in listed(block)]
)
@pytest.mark.parametrize("where", ["cell", "comment", "header", "property"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_markings_are_found(
    level: SecretLevel, text: str, where: str, form: Literal["NFC", "NFD"]
) -> None:
    given = unicodedata.normalize(form, text)
    (found,) = markings(read(cells([["Biểu 1"], [given]], where=where)))
    assert (found.cell, found.kind) == ("A2", level)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("confidential", "MËT"),
        ("confidential", "MAÄT"),
        ("secret", "TèI MËT"),
        ("secret", "TOÁI MAÄT"),
        ("secret", "§é mËt: Tèi mËt"),
        ("top_secret", "TUYÖT MËT"),
        ("top_secret", "tuyÖt mËt"),
    ],
)
@pytest.mark.parametrize("where", ["cell", "comment", "header", "property"])
def test_a_stamp_from_before_unicode_is_found_among_unicode(
    level: str, text: str, where: str
) -> None:
    (found,) = markings(read(cells([["Thu ngân sách"], [text]], where=where)))
    assert (found.cell, found.kind) == ("A2", level)


@pytest.mark.parametrize("text", listed(NOT_MARKED))
def test_ordinary_words_are_no_markings(text: str) -> None:
    assert markings(read(cells([[text, "1"]]))) == ()


@pytest.mark.parametrize("value", ["Mật", "Tối mật", "tuyệt mật", "MAT"])
def test_a_level_beside_its_label(value: str) -> None:
    (found,) = markings(read(cells([["Độ mật:", "", value]])))
    assert found.cell == "C1"
    assert markings(read(cells([["Mặt hàng:", "", "Mật"]]))) == ()


@pytest.mark.parametrize(
    ("rows", "cell", "level"),
    [
        ([["TỐI", "MẬT"]], "B1", "secret"),
        ([["Tối", "", "mật"]], "C1", "secret"),
        ([["TUYỆT"], ["MẬT"]], "A2", "top_secret"),
        ([["x", "M", "Ậ", "T"]], "D1", "confidential"),
        ([["T", "Ố", "I", "M", "Ậ", "T"]], "F1", "secret"),
        ([["T", "O", "I", "", "M", "A", "T"]], "G1", "secret"),
        ([["T"], ["Ố"], ["I"], ["MẬT"]], "A4", "secret"),
    ],
)
def test_a_stamp_cut_over_cells(rows: list[list[str]], cell: str, level: str) -> None:
    found = markings(read(cells([["Thu ngân sách"], [""], *rows])))
    place = f"{cell[0]}{int(cell[1:]) + 2}"
    assert (found[0].cell, found[0].kind) == (place, level)


@pytest.mark.parametrize(
    "rows",
    [
        [["M", "A", "T"]],
        [["Tối", "Sáng", "Mặt"]],
        [["A", "M", "T", "I"]],
        [["T", "O", "I"]],
        [["Tối", "", "", "", "", "mất"]],
        [["Mặt", "Tối"]],
    ],
)
def test_letters_and_words_in_cells_are_no_stamp(rows: list[list[str]]) -> None:
    assert markings(read(cells(rows))) == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Đơn vị báo cáo: Sở Tài chính      MẬT", "confidential"),
        ("MẬT\n\nSỞ TÀI CHÍNH", "confidential"),
        ("Độ mật: Mật\n\nTUYỆT MẬT", "top_secret"),
        ("MẬT\nĐỘ DÂN SỐ", None),
        ("MẬT   ĐỘ   DÂN   SỐ", None),
        ("MẬT\tONG", None),
        ("SẢN LƯỢNG\nMẬT", None),
        ("TÀI LIỆU KHÔNG\nMẬT", None),
        ("TÀI LIỆU KHÔNG    MẬT", None),
        ("MỨC ĐỘ BẢO\n\nMẬT", None),
        ("Số: 12/BC-STC\tTUYỆT MẬT", "top_secret"),
        ("UBND TỈNH\u00a0\u00a0\u00a0TỐI MẬT\n\nBáo cáo", "secret"),
        ("Đường kính\nMật", None),
        ("Sản lượng  MẬT ONG", None),
        ("Đường, rỉ  mật", None),
        ("Mật độ\ndân số", None),
    ],
)
def test_a_stamp_that_a_gap_sets_apart_in_its_cell(text: str, level: str | None) -> None:
    found = markings(read(cells([[text]])))
    assert [one.kind for one in found] == ([level] if level else [])


def test_the_highest_level_comes_first_and_a_sheet_may_bear_it() -> None:
    found = markings(read(cells([["MẬT"], ["TUYỆT MẬT"]], sheet="TỐI MẬT")))
    assert [one.kind for one in found] == ["top_secret", "secret", "confidential"]
    assert [one.cell for one in found] == ["A2", "", "A1"]


@pytest.mark.parametrize(
    "rows",
    [
        [["Độ mật"], ["Mật"]],
        [["Độ mật:", "", "", "", "Mật"]],
        [["Mức độ bảo mật:", "Mật"]],
    ],
)
def test_a_level_beside_or_below_its_label_is_found(rows: list[list[str]]) -> None:
    assert [one.kind for one in markings(read(cells(rows)))] == ["confidential"]


@pytest.mark.parametrize("rows", [[["1 " + "_" * 52 + " mật"]], [["t"]] * 20_000])
def test_no_text_takes_for_ever(rows: list[list[str]]) -> None:
    assert markings(read(cells(rows))) == ()
