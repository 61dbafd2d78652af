"""Workbooks for the study of identifiers: clean ones with the real labels, and lists with planted identifiers.

Names are put together from common parts and numbers are drawn: nobody's. Each planted text stands in a list as agencies
send it, with or without a heading, spelt in one of the ways in which people spell.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench import identifiers_values as values
from services.model.form import shipped_forms
from services.model.legacy import Encoding, decoded
from services.model.text import SCHEMAS
from services.policy.evidence.finding import Kind

Rows = list[list[str]]


@dataclass(frozen=True)
class Planted:
    """A list, the kind that is planted in it, and the cells of which at least one must be found, by row."""

    kind: Kind
    name: str
    cells: bytes
    expected: tuple[tuple[str, ...], ...]


Value = Callable[[Random], tuple[str, ...]]


@dataclass(frozen=True)
class _List:
    kind: Kind
    name: str
    headings: tuple[tuple[str, ...], ...]
    value: Value


def _text(make: Callable[[Random], str]) -> Value:
    """A value of one cell."""
    return lambda chance: (make(chance),)


_NONE = (("",),)
_TWO = (("", ""),)
_NOTE = (("Ghi chú",),)
_FAMILY_AND_GIVEN = (("Họ và tên đệm", "Tên"), ("Surname", "Given name"), ("Họ", "Tên"))
_PLACE = (("Vị trí",), ("",))


def _one(*headings: str) -> tuple[tuple[str, ...], ...]:
    return tuple((heading,) for heading in headings)


LISTS = (
    _List(Kind.PERSON_NAME, "under a heading", _one("Họ và tên", "Chủ doanh nghiệp", "Full name"),
          _text(values.person)),
    _List(Kind.PERSON_NAME, "no heading", _NONE, _text(values.person)),
    _List(Kind.PERSON_NAME, "two columns", _FAMILY_AND_GIVEN, values.two_names),
    _List(Kind.PERSON_NAME, "two columns, no heading", _TWO, values.two_names),
    _List(Kind.HOUSEHOLD, "head", _one("Chủ hộ", "Tên chủ hộ", "Household head"), _text(values.person)),
    _List(Kind.HOUSEHOLD, "number", _one("Mã hộ", "Mã số hộ gia đình", "Household ID"),
          _text(lambda chance: f"H{chance.randrange(10**5):05}")),
    _List(Kind.IDENTITY_NUMBER, "under a heading", _one("Số CCCD", "Số định danh cá nhân", "Citizen ID"),
          _text(values.identity)),
    _List(Kind.IDENTITY_NUMBER, "no heading", _NONE, _text(values.identity)),
    _List(Kind.IDENTITY_NUMBER, "old number, in a text", _NOTE,
          _text(lambda chance: f"CMND số {chance.randrange(10**8, 10**9)} cấp 2010")),
    _List(Kind.IDENTITY_NUMBER, "cut in two", _TWO, lambda chance: values.cut(values.identity(chance), 6)),
    _List(Kind.TAX_CODE, "under a heading", _one("Mã số thuế", "MST", "Tax code"), _text(values.tax_code)),
    _List(Kind.TAX_CODE, "branch", _NONE,
          _text(lambda chance: f"{values.tax_code(chance)}-{chance.randrange(1, 99):03}")),
    _List(Kind.TAX_CODE, "identity number of a person", _one("Mã số thuế", "MST cá nhân"), _text(values.identity)),
    _List(Kind.TAX_CODE, "no heading", _NONE, _text(lambda chance: values.tax_code(chance, "56"))),
    _List(Kind.PHONE, "whole", _one("", "Số điện thoại"), _text(values.phone)),
    _List(Kind.PHONE, "cut in two", _TWO, lambda chance: values.cut(values.mobile(chance), 4)),
    _List(Kind.EMAIL, "anywhere", _one("", "Thư điện tử"),
          _text(lambda chance: f"thu{chance.randrange(999)}@example.vn")),
    _List(Kind.BANK_ACCOUNT, "under a heading", _one("Số tài khoản", "Bank account"),
          _text(lambda chance: str(chance.randrange(10**9, 10**14)))),
    _List(Kind.BANK_ACCOUNT, "in a text", _NOTE,
          _text(lambda chance: f"STK: {chance.randrange(10**9, 10**13)} tại ngân hàng")),
    _List(Kind.ORGANISATION_NAME, "under a heading", _one("Tên doanh nghiệp", "Company name"), _text(values.firm)),
    _List(Kind.ORGANISATION_NAME, "no heading", _NONE, _text(values.firm)),
    _List(Kind.ADDRESS, "under a heading", _one("Địa chỉ", "Nơi thường trú", "Address"), _text(values.address)),
    _List(Kind.COORDINATES, "two columns", (("Vĩ độ", "Kinh độ"), ("Latitude", "Longitude"), ("", "")),
          lambda chance: (values.latitude(chance), values.longitude(chance))),
    _List(Kind.COORDINATES, "one text", _PLACE,
          _text(lambda chance: f"{values.latitude(chance)}, {values.longitude(chance)}")),
    _List(Kind.COORDINATES, "minutes and seconds", _PLACE, _text(values.seconds)),
    _List(Kind.COORDINATES, "VN-2000", (("Toạ độ VN-2000", ""), ("Toạ độ X (VN-2000)", "Toạ độ Y (VN-2000)")),
          values.metres),
)  # fmt: skip

_TCVN3 = {decoded(chr(n), Encoding.TCVN3): chr(n) for n in range(0xA1, 0x100)}
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_LOOKALIKES = str.maketrans("aeocpxyAEOCPXTHKMB", "аеосрхуАЕОСРХТНКМВ")


def _stripped(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(one for one in letters if not unicodedata.combining(one))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "NFC": lambda text: text,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "without tones": _stripped,
    "TCVN3": lambda text: "".join(_TCVN3.get(one, one) for one in text),
    "full width": lambda text: text.translate(_WIDE),
    "zero width": lambda text: "\u200b".join(text[at : at + 3] for at in range(0, len(text), 3)),
    "lookalikes": lambda text: text.translate(_LOOKALIKES),
}  # fmt: skip


def planted(chance: Random) -> list[Planted]:
    """One list of each sort in each spelling, four to twelve rows beside what such lists hold besides."""
    return [
        _planted(one, spelling, spell, chance)
        for one in LISTS
        for spelling, spell in SPELLINGS.items()
    ]


def _planted(one: _List, spelling: str, spell: Callable[[str], str], chance: Random) -> Planted:
    headings = chance.choice(one.headings)
    rows = [["STT", *headings, "Doanh thu", "Số lao động"]]
    expected = []
    for number in range(1, chance.randrange(5, 14)):
        value = one.value(chance)
        rows.append(
            [str(number), *value, f"{chance.uniform(10, 9e4):.2f}", str(chance.randrange(300))]
        )
        expected.append(tuple(f"{chr(66 + at)}{number + 1}" for at in range(len(value))))
    spelt = [[spell(text) for text in row] for row in rows]
    return Planted(one.kind, f"{one.name}, {spelling}", cells_of(spelt), tuple(expected))


def labels() -> list[str]:
    """The labels of rows of all forms, the names of provinces, activities, budget regions and indicators."""
    found: list[str] = []
    for form in shipped_forms().values():
        for table in form.tables:
            found += [row.label for row in table.rows]
    for path in sorted((SCHEMAS / "codelists").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found += [row[name] for name in ("name_vi", "name_en") if row.get(name)]
    return found + list(HARD)


HARD = (
    "Số doanh nghiệp", "Số hộ, số khẩu", "Tổng số hộ nghèo", "Công ty TNHH", "Công ty cổ phần có vốn nhà nước",
    "Doanh nghiệp tư nhân", "Hợp tác xã nông nghiệp", "Lợn", "Mật độ dân số", "Xã Thanh Nưa", "Phường Mường Thanh",
    "Lê Lợi", "Xã Hoàng Văn Thụ", "Thị trấn Tủa Chùa", "Số tài khoản cá nhân mở mới", "Số thuê bao điện thoại",
    "Kinh doanh bất động sản", "Từ 20°54' đến 22°33' vĩ độ Bắc", "Chỉ số phát triển (%)", "Người lập biểu",
    "(Ký, ghi rõ họ tên)", "Số lượng chủ hộ là nữ", "Đào tạo nghề", "Tỷ lệ hộ có điện thoại", "Trần nợ công",
    "Kèm theo Quyết định số 1618/QĐ-UBND ngày 01/9/2021", "Dương Quảng Hàm", "Đường tỉnh 139", "030617", "03127",
)  # fmt: skip
"""Texts that look like identifiers and are none."""


def clean(chance: Random, rows: int) -> tuple[bytes, int]:
    """A workbook of figures with real labels, and how many cells it has."""
    known = labels()
    at = chance.randrange(len(known))
    table: Rows = [
        ["Chỉ tiêu", "Mã số", "Thực hiện", "Ước tính", "Chỉ số phát triển (%)", "Cơ cấu (%)"]
    ]
    digits = chance.choice((0, 2, 4, 6, 12))
    for number in range(rows):
        table.append(
            [
                known[(at + number) % len(known)],
                chance.choice((f"{number:03}", f"{number:05}", str(number))),
                str(chance.randrange(10 ** chance.randrange(3, 14))),
                f"{chance.uniform(0, 10 ** chance.randrange(2, 9)):.{digits}f}",
                f"{chance.uniform(85, 125):.{digits}f}",
                f"{chance.uniform(0, 100):.{digits}f}",
            ]
        )
    return cells_of(table), sum(map(len, table))


def cells_of(rows: Rows) -> bytes:
    """The `cells` object of one sheet."""
    cells = [
        {"sheet": 0, "cell": f"{chr(65 + column)}{number}", "text": text, "where": "cell"}
        for number, row in enumerate(rows, 1)
        for column, text in enumerate(row)
        if text
    ]
    document = {"format": 1, "sheets": [{"name": "Biểu", "hidden": False}], "cells": cells}
    return json.dumps(document, ensure_ascii=False).encode()
