"""What a page's header prints, without the codes of its fonts: a marking in it is found."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from services.policy.evidence.secrecy.scan import markings
from services.policy.evidence.texts import read
from services.validation.workbook import open_workbook
from services.validation.workbook.cells import cells_object
from services.validation.workbook.header import sections
from tests.unit.workbooks import saved


@pytest.mark.parametrize(
    ("printed", "texts"),
    [
        ("&LSở Tài chính&CTỐI MẬT&RTrang &P/&N", ["Sở Tài chính", "TỐI MẬT", "Trang /"]),
        ('&C&"Times New Roman,Bold"&14&KFF0000TỐI &"Arial,Regular"MẬT', ["TỐI MẬT"]),
        ("&C&K01+025&BMẬT&B", ["MẬT"]),
        ("Thu && chi", ["Thu & chi"]),
        ("&cMẬT", ["MẬT"]),
        ("&P", []),
        ("", []),
        ("cuối &", ["cuối &"]),
    ],
)
def test_sections_have_their_texts(printed: str, texts: list[str]) -> None:
    assert list(sections(printed)) == texts


@pytest.mark.parametrize("part", ["oddHeader", "evenFooter", "firstHeader"])
@pytest.mark.parametrize("side", ["left", "center", "right"])
@pytest.mark.parametrize(
    ("text", "level"),
    [("TỐI MẬT", "secret"), ("Tuyệt mật (bản 2)", "top_secret"), ("MẬT", "confidential")],
)
def test_a_marking_in_a_header_is_found(part: str, side: str, text: str, level: str) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Thu ngân sách"])
    place = getattr(getattr(sheet, part), side)
    place.text, place.size, place.font, place.color = text, 14, "Times New Roman,Bold", "FF0000"
    workbook = open_workbook(saved(book))
    (found,) = markings(read(cells_object(workbook)))
    assert (found.sheet, found.kind) == ("Sheet", level)
