"""The report as data: findings that keep their id, counts that are true."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from services.model.enumerations import Severity
from services.model.text import Text
from services.validation.findings import ID_LENGTH, Context, Finding, Notebook, Place
from services.validation.telling.report import Report
from tests.unit.test_validation_check import FORM

ROOT = Path(__file__).parents[2]
PLACE = Place("Biểu 1", ("C5", "C6"))
RULE = Context("total-1", 1, Severity.ERROR, "Công văn 17809/BTC-CTK")


def finding(
    code: str = "number_too_large",
    place: Place = PLACE,
    context: Context = RULE,
    value: object = Decimal("12.50"),
) -> Finding:
    notebook = Notebook()
    notebook.find(code, place, context, value=value)
    return notebook.findings[0]


def test_a_finding_keeps_its_id_whatever_its_words_and_severity() -> None:
    first = finding()
    other = Context("total-1", 1, Severity.WARNING, "", Text("khác", "other"))
    assert len(first.id) == ID_LENGTH
    assert int(first.id, 16)
    assert finding(context=other, value=Decimal("12.5")).id == first.id


@pytest.mark.parametrize(
    "changed",
    [
        finding(code="not_number"),
        finding(place=Place("Biểu 2", PLACE.cells)),
        finding(place=Place("Biểu 1", ("C5",))),
        finding(context=Context("total-2")),
        finding(value=Decimal("12.51")),
    ],
)
def test_another_finding_has_another_id(changed: Finding) -> None:
    assert changed.id != finding().id


def test_findings_of_one_sheet_differ_by_what_they_are_about() -> None:
    notebook = Notebook()
    for what in (Text("Thu", "Revenue"), Text("Chi", "Spending")):
        notebook.find("required", Place("Biểu 1"), RULE, what=what)
    assert len({one.id for one in notebook.findings}) == 2


def test_text_that_is_no_unicode_has_an_id() -> None:
    assert finding(value="\ud800").id


def test_the_report_names_the_product_and_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    written = json.loads(Report.of(FORM, Notebook(), (), 0, 0).to_json())
    assert written["product"] == f"{project['name']} {project['version']}"


def test_the_true_counts_stand_in_the_report() -> None:
    notebook = Notebook()
    for severity, count in ((Severity.ERROR, 3000), (Severity.WARNING, 2)):
        for number in range(count):
            context = Context(severity=severity)
            notebook.find("not_number", Place("A", (f"C{number + 1}",)), context, value=number)
    written = json.loads(Report.of(FORM, notebook, (), 0, 0).to_json())
    assert written["counts"] == {"error": 3000, "warning": 2, "information": 0}
    assert len(written["findings"]) == 3002


def test_the_report_names_each_finding_by_its_id() -> None:
    notebook = Notebook()
    notebook.find("not_number", PLACE, RULE, value="abc")
    written = json.loads(Report.of(FORM, notebook, (), 0, 0).to_json())
    assert [one["id"] for one in written["findings"]] == [notebook.findings[0].id]
