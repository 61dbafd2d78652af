"""Every file of the demo's scenario gives the verdict that the scenario promises."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.model.codelist import load_codelists
from services.model.enumerations import Completeness, Severity
from services.model.form import shipped_forms
from services.model.observation import from_parquet
from services.model.period import Period
from services.model.starter_pack import load_organisations
from services.validation.checking.check import Checked, check
from services.validation.reading.statement import Statement
from services.validation.workbook import open_workbook

FOLDER = Path(__file__).parents[2] / "examples" / "dien-bien"
SCENARIO: list[dict[str, Any]] = yaml.safe_load(
    (FOLDER / "scenario.yaml").read_text(encoding="utf-8")
)["submissions"]
FORMS = shipped_forms()
CODELISTS = load_codelists()


def generator() -> Callable[[Path], list[Path]]:
    """`generate` of the scenario's generator, which is a script in a folder that is no package."""
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Path], list[Path]] = module.generate
    return found


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    generator()(folder)
    return folder


def content(one: dict[str, Any], generated: Path) -> bytes:
    path: Path = (FOLDER if one.get("kept") else generated) / one["file"]
    return path.read_bytes()


def checked(one: dict[str, Any], generated: Path) -> Checked:
    statement = Statement(
        one["area_list"],
        one["area"],
        Period.parse(one["period"]),
        Completeness(one["completeness"]),
        sections=frozenset(one.get("sections", ())),
    )
    return check(FORMS[one["form"]], content(one, generated), statement, CODELISTS)


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_the_scenario_keeps_its_promise(one: dict[str, Any], generated: Path) -> None:
    report = checked(one, generated).report
    expect = one["expect"]
    assert (report.verdict, report.figures, report.rounded) == (
        expect["validation"],
        expect["figures"],
        expect["rounded"],
    )
    errors = [found for found in report.findings if found.severity is Severity.ERROR]
    assert len(errors) == expect.get("errors", 0)
    for found in errors:
        decided = expect["decided_by"]
        assert (found.rule, found.code) == (decided["rule"], decided["code"])
        assert (found.place.sheet, list(found.place.cells)) == (decided["sheet"], decided["cells"])
        numbers = {name: getattr(found, name) for name in expect["finding"]}
        assert numbers == expect["finding"]


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_the_sender_may_send_the_form_for_its_area(one: dict[str, Any]) -> None:
    sender = next(each for each in load_organisations() if each.id == one["sender"])
    form = FORMS[one["form"]]
    assert form.may_be_sent_by(sender.kind)
    assert one["area"] in CODELISTS[one["area_list"]]
    assert one["area_list"] in form.area_lists
    assert (one["regime"], one["classification"]) == (form.regime, form.classification)


def test_the_final_accounts_are_420_of_money_and_63_shares(generated: Path) -> None:
    one = next(each for each in SCENARIO if each["form"] == "cktc-09-final")
    result = checked(one, generated)
    assert result.observations is not None
    frame = from_parquet(result.observations)
    assert frame.filter(unit="VND").height == 420
    assert frame.filter(unit="PERCENT").height == 63
    assert frame["rounded"].sum() == 274
    dien_bien = frame.filter(area_list="63", area="11", indicator="revenue").row(0, named=True)
    assert str(dien_bien["value"]) == "2035665.488910"
    assert (dien_bien["sheet"], dien_bien["cell"], dien_bien["period"]) == ("M09+", "C28", "2013")
    # Regions have no share, and the whole country none either.
    assert all(each.failed == 0 for each in result.report.rules)
    assert all(each.undecided == 0 for each in result.report.rules if each.id.startswith("total"))


def test_the_plan_fails_nothing_but_its_first_total(generated: Path) -> None:
    one = next(each for each in SCENARIO if each["form"] == "cktc-09-plan")
    tallies = {each.id: each for each in checked(one, generated).report.rules}
    assert (tallies["total-country"].passed, tallies["total-country"].failed) == (6, 1)
    assert sum(each.failed for each in tallies.values()) == 1


def test_the_correction_differs_from_the_wrong_workbook_in_one_cell(generated: Path) -> None:
    names = ("cv17809-1_2026-Q4.xlsx", "cv17809-1_2026-Q4_sai.xlsx")
    right, wrong = (open_workbook((generated / name).read_bytes()).sheets[0].rows for name in names)
    differing = [
        (a, b)
        for first, second in zip(right, wrong, strict=True)
        for a, b in zip(first, second, strict=True)
        if a != b
    ]
    assert len(differing) == 1
    before, after = differing[0]
    assert isinstance(before, float)
    assert after == pytest.approx(10 * before)


def test_generated_bytes_are_the_same_each_time_and_say_that_they_are_made_up(
    generated: Path, tmp_path: Path
) -> None:
    again = generator()(tmp_path)
    named = {one["file"] for one in SCENARIO if not one.get("kept")}
    assert {path.name for path in again} == named
    for path in again:
        assert path.read_bytes() == (generated / path.name).read_bytes()
        texts = [cell for row in open_workbook(path.read_bytes()).sheets[0].rows for cell in row]
        assert "SỐ LIỆU GIẢ LẬP" in texts


def test_the_last_quarter_goes_on_from_the_third(generated: Path) -> None:
    third, fourth = (
        from_parquet(result.observations)
        for name in ("thu-ngan-sach-quy-3", "thu-ngan-sach-quy-4-sua")
        if (result := checked(next(x for x in SCENARIO if x["name"] == name), generated))
        and result.observations is not None
    )
    nine_months = third.filter(indicator="1", period="2026-01-01/P9M")["value"][0]
    quarter = fourth.filter(indicator="1", period="2026-Q4")
    year = fourth.filter(indicator="1", period="2026")
    assert nine_months + quarter["value"][0] == year["value"][0]
    assert str(quarter["reference_end"][0]) == "2026-11-20"
