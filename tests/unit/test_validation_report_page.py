"""The report as a page: everything is on it, and nothing of it is obeyed."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from services.model.enumerations import Severity
from services.model.messages import LANGUAGES, text
from services.model.picture import Mark, Picture
from services.model.text import Text
from services.validation.checking.check import check
from services.validation.findings import Context, Notebook, Place
from services.validation.telling.marking import mark
from services.validation.telling.report import Report
from services.validation.telling.report.page import page
from services.validation.telling.report.picture import (
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SHEETS,
    outlines,
    pictures,
)
from services.validation.workbook import Sheet, Workbook
from tests.unit.test_examples import FORMS, SCENARIO, checked, generated
from tests.unit.test_validation_check import FORM, STATEMENT, rows
from tests.unit.test_validation_marking import comments, opened
from tests.unit.test_validation_report_ess import answer
from tests.unit.workbooks import xlsx

assert generated, "a fixture, used by its name"


def noted(*found: tuple[str, str, Severity, str]) -> Notebook:
    notebook = Notebook()
    for sheet, cells, severity, said in found:
        context = Context(severity=severity, message=Text(said, said))
        notebook.find("not_number", Place(sheet, tuple(cells.split())), context, value=said)
    return notebook


def shown(notebook: Notebook) -> str:
    report = Report.of(FORM, notebook, (), 0, 0)
    return page(FORM, STATEMENT, report, "tệp.xlsx").decode()


def drawn(book: Workbook, notebook: Notebook) -> list[Picture]:
    return pictures(outlines(book, notebook.findings), notebook.findings)


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_every_finding_is_on_the_page(one: dict[str, Any], generated: Path) -> None:
    report = checked(one, generated).report
    html = page(FORMS[one["form"]], STATEMENT, report, "a").decode()
    assert html.count("<article") == len(report.findings)
    for finding in report.findings:
        assert f'id="{finding.id}"' in html
        assert all(f"<code>{cell}</code>" in html for cell in finding.place.cells)
    assert report.rule_set in html
    assert report.product in html
    assert "<script" not in html
    assert not re.search(r"(?:src|href)=", html)


@pytest.mark.parametrize(
    ("severity", "step"),
    [(None, "valid"), (Severity.WARNING, "warned"), (Severity.ERROR, "returned")],
)
def test_it_says_what_to_do_next(severity: Severity | None, step: str) -> None:
    html = shown(noted(*((("Sheet1", "C5", severity, "sai"),) if severity else ())))
    assert f'<header class="{step}">' in html
    for language in LANGUAGES:
        assert escape(text(f"validation.page.next.{step}", language)) in html


def test_text_of_a_workbook_stays_text() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\ud800"
    html = shown(noted((evil, f"C5 {evil.replace(' ', '')}", Severity.ERROR, evil)))
    assert "<script" not in html
    assert "<img" not in html


def test_what_was_answered_is_on_the_page_and_in_the_workbook() -> None:
    notebook = noted(("Sheet1", "C5", Severity.WARNING, "sai"))
    found = notebook.findings[0]
    notebook.findings[0] = replace(found, answers=(answer(found, "explained"),))
    assert "Giải trình (p-kinh-te): chú thích (1)" in shown(notebook)
    back = mark(xlsx(rows()), Report.of(FORM, notebook, (), 0, 0))
    assert back is not None
    assert "Giải trình (p-kinh-te): chú thích (1)" in comments(opened(back.content)["Sheet1"])["C5"]


def test_numbers_that_the_message_does_not_say_are_shown_in_the_readers_way() -> None:
    notebook = Notebook()
    given = {"what": "x", "expected": "101906.435", "found": "01"}
    notebook.find("required", Place("Sheet1", ("C5",)), **given)
    html = shown(notebook)
    assert "101.906,435" in html
    assert "<dd>01</dd>" in html


def test_what_is_no_workbook_has_a_page_without_a_picture() -> None:
    report = check(FORM, b"\x00", STATEMENT).report
    assert "<svg" not in page(FORM, STATEMENT, report, "tệp.xlsx").decode()


def test_the_report_holds_the_pictures_and_a_downgrade_changes_their_colour() -> None:
    wrong = rows()
    wrong[4][2] = "sai"
    report = check(FORM, xlsx(wrong), STATEMENT).report
    (picture,) = json.loads(report.to_json())["pictures"]
    assert "e" in "".join(picture["rows"])
    lighter = [replace(one, severity=Severity.WARNING) for one in report.findings]
    (again,) = json.loads(report.with_findings(lighter).to_json())["pictures"]
    assert again["rows"] == [row.replace("e", "w") for row in picture["rows"]]


def test_a_picture_shows_the_worst_of_each_square() -> None:
    book = Workbook("xlsx", (Sheet("A", [["x", "", 1], ["", "y", 2]]),))
    found = noted(
        ("A", "C2", Severity.ERROR, "a"),
        ("A", "C2", Severity.INFORMATION, "b"),
        ("A", "B3", Severity.WARNING, "c"),
    )
    (picture,) = drawn(book, found)
    assert picture.rows == ("# #", " #e", " w ")
    assert (picture.cells, picture.width, picture.height) == (2, 126, 21)
    assert list(picture.marks) == [
        Mark(0, 0, 41, 6, "filled"),
        Mark(84, 0, 41, 6, "filled"),
        Mark(42, 7, 41, 6, "filled"),
        Mark(84, 7, 41, 6, "error"),
        Mark(42, 14, 41, 6, "warning"),
    ]


def test_a_large_sheet_is_drawn_small_and_its_one_error_is_seen() -> None:
    book = Workbook("xlsx", (Sheet("A", [[1] * 200 for _ in range(5000)]),))
    (picture,) = drawn(book, noted(("A", "GQ4999", Severity.ERROR, "a")))
    assert len(picture.rows) <= MOST_ROWS
    assert len(picture.rows[0]) <= MOST_COLUMNS
    assert [one.kind for one in picture.marks].count("error") == 1
    assert len(list(picture.marks)) <= 2 * MOST_ROWS


def test_without_findings_the_sheets_that_are_shown_are_drawn() -> None:
    sheets = (Sheet("kín", [[1]], hidden=True), Sheet("trống", []), Sheet("A", [[1]]))
    assert [one.sheet for one in drawn(Workbook("xlsx", sheets), Notebook())] == ["A"]
    many = tuple(Sheet(str(number), [[1]]) for number in range(99))
    assert len(drawn(Workbook("xlsx", many), Notebook())) == MOST_SHEETS
