"""Writes the synthetic workbooks of the Điện Biên scenario, the same bytes each time.

    python examples/dien-bien/generate.py [FOLDER]

Every figure, firm, person and number in them is made up and each sheet says "SỐ LIỆU GIẢ LẬP". The
rows come from the forms of the catalogue; totals are computed by the forms' own rules, so a
workbook without a planted error passes them.
"""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from services.model.form import Form, shipped_forms
from services.model.period import Period
from services.model.rule import Relation, RuleKind, parse_total
from services.validation.reading.placing.wording import spellings

HERE = Path(__file__).resolve().parent
MARK = "SỐ LIỆU GIẢ LẬP"
YEAR = 2026
SEED = 17809
QUARTERS = (1, 2, 3, 4)
THIN = Border(*(Side(style="thin"),) * 4)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
Values = dict[str, Decimal]


def generate(folder: Path) -> list[Path]:
    """Write all synthetic workbooks of the scenario into `folder`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    forms = shipped_forms()
    made = {
        "cv17809-1_2026-Q3.xlsx": quarterly(forms["cv17809-1"], 3, "SỞ TÀI CHÍNH"),
        "cv17809-1_2026-Q4.xlsx": quarterly(forms["cv17809-1"], 4, "SỞ TÀI CHÍNH"),
        # One part of row 38 gets a digit too many: 38 = 39 + … + 44 fails, nothing else.
        "cv17809-1_2026-Q4_sai.xlsx": quarterly(forms["cv17809-1"], 4, "SỞ TÀI CHÍNH", "39"),
        "cv17809-2_2026-Q3.xlsx": quarterly(forms["cv17809-2"], 3, "SỞ TÀI CHÍNH"),
        "cv17809-5_2026-Q3.xlsx": quarterly(forms["cv17809-5"], 3, "SỞ CÔNG THƯƠNG"),
        # Nothing says what its figures are counted in: a warning, so that a room must accept it.
        "cv17809-2_2026-Q4.xlsx": quarterly(forms["cv17809-2"], 4, "SỞ TÀI CHÍNH", unit=False),
        # Two agencies, each with its section of one form; the third, of section A, sends nothing.
        "cv17809-6_2026-Q3_B.xlsx": quarterly(
            forms["cv17809-6"], 3, "SỞ TÀI CHÍNH", only=("23", "24")
        ),
        "cv17809-6_2026-Q3_C.xlsx": quarterly(
            forms["cv17809-6"], 3, "BẢO HIỂM XÃ HỘI", only=("26",)
        ),
        "dn-list_2026-Q3.xlsx": firms(),
        "t0111_2025.xlsx": marriages(forms["t0111"]),
    }
    for name, workbook in made.items():
        (folder / name).write_bytes(_bytes(workbook))
    return [folder / name for name in made]


def quarterly(
    form: Form,
    quarter: int,
    agency: str,
    raised: str | None = None,
    unit: bool = True,
    only: tuple[str, ...] | None = None,
) -> Workbook:
    """A quarterly form of Công văn 17809; `raised` is the row whose quarter gets a digit more.

    Without `unit` the line "Đơn vị tính" is left out; with `only` the figures of other rows are.
    """
    by_quarter = _year(form)
    period = Period.parse(f"{YEAR}-Q{quarter}")
    columns = [by_quarter[quarter - 1], _sum(by_quarter[:quarter])]
    if raised is not None:
        columns[0] = columns[0] | {raised: columns[0][raised] * 10}
    headings = [spellings(one)[0] for one in (period, period.year_to_date())]
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = form.tables[0].sheets[0]
    _title_block(sheet, agency, form.title.vi, f"{headings[0]}; {headings[1]}", width=4)
    if unit:
        sheet["D6"] = "Đơn vị tính: Triệu đồng"
        sheet["D6"].alignment = Alignment(horizontal="right")
    _header(sheet, headings)
    for number, row in enumerate(form.tables[0].rows, start=10):
        code = None if row.unprinted else row.code
        is_blank = only is not None and row.code not in only
        figures = (None if is_blank else float(column[row.code]) for column in columns)
        _write(sheet, number, (row.label, code, *figures))
    _foot(sheet, 11 + len(form.tables[0].rows))
    for letter, width in zip("ABCD", (62, 9, 20, 20), strict=True):
        sheet.column_dimensions[letter].width = width
    return workbook


def _year(form: Form) -> list[Values]:
    """Values of the four quarters, from one seed for each form, so that Q4 goes on from Q3."""
    chance = random.Random(f"{SEED} {form.id}")
    return [_quarter(form, chance) for _ in QUARTERS]


def _quarter(form: Form, chance: random.Random) -> Values:
    """One value a row: leaves by chance, totals and wholes from their parts."""
    totals = [parse_total(one.expression) for one in form.rules if one.kind is RuleKind.TOTAL]
    exact = {one.left: one.terms for one in totals if one.relation is Relation.EQUAL}
    parts = {one.left: one.terms for one in totals if one.relation is Relation.AT_LEAST}
    values: Values = {}

    def value(code: str) -> Decimal:
        if code not in values:
            terms = exact.get(code) or parts.get(code, ())
            known = sum((sign * value(term) for sign, term in terms), Decimal(0))
            values[code] = known if code in exact else known + _some(chance)
        return values[code]

    for row in form.tables[0].rows:
        value(row.code)
    return values


def _some(chance: random.Random) -> Decimal:
    """A few hundred to some ten thousand triệu đồng, with đồng behind the point."""
    return Decimal(chance.randrange(300_000, 60_000_000)) / 1000


def _sum(columns: Iterable[Values]) -> Values:
    found: Values = {}
    for column in columns:
        found = {code: found.get(code, Decimal(0)) + value for code, value in column.items()}
    return found


def firms() -> Workbook:
    """The list of firms under the regime chia sẻ, with what identifies their owners.

    No one has these numbers: the identity numbers say that their holders are born in 2099, and the
    tax codes have a wrong check digit.
    """
    chance = random.Random(f"{SEED} dn-list")
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Danh sách"
    _title_block(sheet, "SỞ TÀI CHÍNH", "DANH SÁCH DOANH NGHIỆP TRÊN ĐỊA BÀN", "", width=9)
    sheet["I6"] = "Đơn vị tính: Triệu đồng"
    headings = (
        "STT",
        "Tên doanh nghiệp",
        "Mã số thuế",
        "Họ và tên chủ doanh nghiệp",
        "Số CCCD",
        "Địa chỉ",
        "Ngành",
        "Số lao động",
        "Doanh thu",
    )
    _write(sheet, 8, headings)
    for number in range(1, 21):
        _write(sheet, 8 + number, _firm(number, chance))
    _foot(sheet, 31)
    for column in range(1, 10):
        sheet.column_dimensions[get_column_letter(column)].width = 22
    return workbook


def marriages(form: Form) -> Workbook:
    """The one figure of form T0111, for the year before."""
    row = form.tables[0].rows[0]
    year = spellings(Period.parse(str(YEAR - 1)))[0]
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = form.tables[0].sheets[0]
    _title_block(sheet, "SỞ TƯ PHÁP", form.title.vi, year, width=3)
    sheet["C6"] = "Đơn vị tính: Cuộc"
    _write(sheet, 7, ("Chỉ tiêu", "Mã số", year))
    _write(sheet, 8, ("A", "B", 1))
    _write(
        sheet, 9, (row.label, row.code, random.Random(f"{SEED} {form.id}").randrange(3000, 6000))
    )
    _foot(sheet, 11)
    for letter, width in zip("ABC", (62, 9, 20), strict=True):
        sheet.column_dimensions[letter].width = width
    return workbook


def _firm(number: int, chance: random.Random) -> tuple[object, ...]:
    family = chance.choice(("Nguyễn", "Trần", "Lò", "Quàng", "Vàng", "Lê"))
    middle = chance.choice(("Văn", "Thị"))
    given = chance.choice(("Thử", "Mẫu", "Ví", "Dụ", "Giả", "Định"))
    return (
        number,
        f"Công ty TNHH Giả lập {number:02}",
        _wrong_tax_code(number),
        f"{family} {middle} {given}",
        f"0112{99}{number:06}",
        f"Số {number}, đường Thử Nghiệm, phường Mường Thanh, tỉnh Điện Biên",
        chance.choice(("G", "H", "I", "47", "49", "56")),
        chance.randrange(3, 90),
        float(_some(chance)),
    )


def _wrong_tax_code(number: int) -> str:
    """A tax code of ten digits whose last one is not the check digit of the others."""
    digits = f"5600{900_00 + number:05}"
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    right = 10 - sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 11
    return f"{digits}{(right + 1) % 10}"


def _title_block(sheet: Worksheet, agency: str, title: str, below: str, width: int) -> None:
    sheet["A1"] = "UỶ BAN NHÂN DÂN TỈNH ĐIỆN BIÊN"
    sheet["A2"] = agency
    sheet.cell(1, width, MARK).font = Font(bold=True, color="FFC00000")
    for row, text in ((3, title.upper()), (4, below), (5, f"({MARK})")):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
        cell = sheet.cell(row, 1, text or None)
        cell.font, cell.alignment = Font(bold=row == 3), CENTRE


def _header(sheet: Worksheet, headings: list[str]) -> None:
    """Two merged header rows and the row that numbers the columns, as printed forms have."""
    _write(sheet, 7, ("Chỉ tiêu", "Mã số", "Thực hiện", None))
    _write(sheet, 8, (None, None, *headings))
    _write(sheet, 9, ("A", "B", 1, 2))
    for cells in ("A7:A8", "B7:B8", "C7:D7"):
        sheet.merge_cells(cells)
    for row in (7, 8, 9):
        for cell in sheet[row]:
            cell.alignment, cell.font = CENTRE, Font(bold=True)


def _write(sheet: Worksheet, row: int, values: Iterable[object]) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, value)
        cell.border = THIN
        if isinstance(value, float):
            cell.number_format = "#,##0.000"


def _foot(sheet: Worksheet, row: int) -> None:
    sheet.cell(row, 1, "Người lập biểu").font = Font(bold=True)
    sheet.cell(row, 3, "Thủ trưởng đơn vị").font = Font(bold=True)
    sheet.cell(row + 1, 1, "(Ký, họ tên)")
    sheet.cell(row + 1, 3, "(Ký, đóng dấu)")


def _bytes(workbook: Workbook) -> bytes:
    """The workbook as .xlsx without the hour of its making, so that the bytes stay the same."""
    workbook.properties.creator = MARK
    first, second = io.BytesIO(), io.BytesIO()
    workbook.save(first)
    with zipfile.ZipFile(first) as made, zipfile.ZipFile(second, "w") as kept:
        for info in made.infolist():
            content = made.read(info)
            if info.filename == "docProps/core.xml":
                stamp = f"{YEAR}-11-20T00:00:00Z".encode()
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            entry = zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0))
            kept.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return second.getvalue()


if __name__ == "__main__":
    for path in generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "generated"):
        print(path)
