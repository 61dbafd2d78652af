"""One template gives each indicator of the provincial system its form: it is checked as any form is."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from services.model.codelist import load_codelists
from services.model.enumerations import Completeness
from services.model.form import published
from services.model.indicator_form import Wanted, indicator_form
from services.model.observation import Measure
from services.model.period import Frequency, Period
from services.model.table import Unit
from services.validation.checking.check import check
from services.validation.reading.statement import Statement
from services.validation.telling.template import Wanted as Blank
from services.validation.telling.template import template
from tests.unit.test_validation_template import opened
from tests.unit.workbooks import saved

LISTS = load_codelists()
INDICATORS = [one.code for one in LISTS["dp"].codes]
YEAR = Period.parse("2025")


@pytest.mark.parametrize("code", INDICATORS)
@pytest.mark.parametrize("measure", [Measure.FLOW, Measure.RATIO])
def test_the_form_of_each_indicator_takes_its_figure(code: str, measure: Measure) -> None:
    wanted = Wanted(Unit("PERSONS", 0, ("người",)), measure, Frequency.YEAR, ("x",), "34")
    form = published(indicator_form(LISTS["dp"], code, wanted))
    book, sheet = opened(template(form, Blank(YEAR, None, None, "vi"), LISTS))
    (line,) = [row for row in sheet.iter_rows() if any(cell.value == code for cell in row)]
    (cell,) = [one for one in line if one.value is None][:1]
    cell.value = 12
    statement = Statement("34", "11", YEAR, Completeness.OFFICIAL)
    checked = check(form, saved(book), statement, LISTS)
    assert checked.report.verdict == "valid", checked.report.findings
    (figure,) = checked.figures
    assert (figure.indicator, figure.value, figure.unit) == (code, Decimal(12), "PERSONS")
    cell.value = -1
    below = check(form, saved(book), statement, LISTS).report.verdict
    assert below == ("valid" if measure is Measure.RATIO else "returned")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "services.cli",
        "--lang",
        "vi",
        "catalogue",
        "draft",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_writes_a_file_that_a_pack_takes(tmp_path: Path) -> None:
    drafted = run(
        "dp/T0103", "--unit", "HOUSEHOLDS=hộ", "--kind", "commune_committee", "--measure", "stock"
    )
    assert drafted.returncode == 0, drafted.stderr
    form = published(yaml.safe_load(drafted.stdout))
    assert (form.id, form.title.vi) == ("t0103", "Số hộ")
    for arguments, said in (
        (("dp/T9", "--unit", "A=b", "--kind", "x"), "dp/T0103"),
        (("dp/T0103", "--unit", "hộ", "--kind", "x"), "HOUSEHOLDS=hộ"),
    ):
        refused = run(*arguments)
        assert refused.returncode == 2 and said in refused.stderr
