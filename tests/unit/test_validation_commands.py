"""`solieu check`, `template` and `codes`, as somebody types them."""

import json
import os
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.kernel.limits import Limits
from services.kernel.pool import Pool
from services.model.enumerations import Completeness
from services.model.messages import LANGUAGES, text
from services.model.period import Period
from services.model.statement import MAX_BYTES
from services.model.text import SCHEMAS, Language
from services.validation.checking import apart, examination
from services.validation.checking.examination import examine
from services.validation.checking.facts import Facts, codelists_of
from services.validation.checking.pack import Unusable, load_pack
from services.validation.codes import codes
from services.validation.handler import handle
from services.validation.reading.statement import Statement
from tests.unit.test_examples import FOLDER, SCENARIO, generated
from tests.unit.test_validation_check import FORM, STATEMENT, rows
from tests.unit.test_validation_handler import received
from tests.unit.workbooks import edited, xlsx

assert generated, "a fixture, used by its name"

WRONG = "cv17809-1_2026-Q4_sai.xlsx"
CV = {"form": "cv17809-1", "area": "11", "period": "2026-Q4"}


def run(*arguments: object, expect: int = 0) -> Result:
    # Wide, so that no text is broken where a test looks for it.
    result = CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "400"})
    assert result.exit_code == expect, result.output
    return result


def options(**given: object) -> list[str]:
    return [part for name, value in given.items() for part in (f"--{name}", str(value))]


def path_of(one: dict[str, Any], generated: Path) -> Path:
    return (FOLDER if one.get("kept") else generated) / str(one["file"])


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_it_finds_what_the_office_finds(
    one: dict[str, Any], generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes as the handler's report object, for every workbook of the demo."""
    # Each process takes seconds to start; other tests have it.
    monkeypatch.setattr(apart, "_run", lambda how, *given: how(*given))
    file = path_of(one, generated)
    pack = load_pack()
    form = pack.forms[one["form"]]
    body = form.to_dict()
    lists = {name: pack.codelists[name].to_dict() for name in codelists_of(body)}
    head = {name: one[name] for name in ("area_list", "area", "period", "completeness")}
    event = received(**head, form=form.id)
    outcome = handle(event, Facts(body, lists), {"original": file.read_bytes()})
    office = next(each for each in outcome.objects if each.kind == "report")
    stated = options(**{name.replace("_", "-"): value for name, value in head.items()})
    returned = one["expect"]["validation"] == "returned"
    said = run("check", file, "--form", form.id, *stated, "--json", expect=int(returned))
    assert said.stdout.encode() == office.content + b"\n"


def test_it_prints_the_verdict_the_rules_and_each_finding(generated: Path) -> None:
    said = run("check", generated / WRONG, *options(**CV), expect=1).stdout
    form = load_pack().forms["cv17809-1"]
    assert "SẼ BỊ TRẢ LẠI" in said
    assert "WOULD BE RETURNED" in said
    assert form.rule_set in said
    assert "291.552,905" in said
    assert "291,552.905" in said
    assert "C47, C48" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_marked_workbook_speak_the_chosen_language(
    language: Language, generated: Path, tmp_path: Path
) -> None:
    files = {"marked": tmp_path / "m.xlsx", "html": tmp_path / "r.html"}
    run("--lang", language, "check", generated / WRONG, *options(**CV, **files), expect=1)
    html = unescape(files["html"].read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(files["marked"])
    found = book[text("validation.marked.title", language)]
    cells = [cell for row in found.values for cell in row if cell]
    comments = [cell.comment.text for row in book.worksheets[0] for cell in row if cell.comment]
    assert f'<html lang="{language}">' in html
    for other in LANGUAGES:
        for name in ("validation.page.next", "validation.column.mend", "validation.severity.error"):
            assert (text(name, other) in html) is (other == language)
        assert (text("validation.column.mend", other) in cells) is (other == language)
        severity = text("validation.severity.error", other)
        assert any(one.startswith(f"{severity}:") for one in comments) is (other == language)


def test_the_outputs_are_written(generated: Path, tmp_path: Path) -> None:
    outputs = {
        "marked": tmp_path / "m.xlsx",
        "html": tmp_path / "r.html",
        "ess": tmp_path / "e.json",
    }
    said = run("check", generated / WRONG, *options(**CV, **outputs), expect=1)
    source = (generated / WRONG).read_bytes()
    found = examine(load_pack().forms["cv17809-1"], source, statement(Completeness.OFFICIAL), {})
    assert found.marked
    assert outputs["marked"].read_bytes() == found.marked.content
    assert "C47" in outputs["html"].read_text(encoding="utf-8")
    assert json.loads(outputs["ess"].read_text(encoding="utf-8"))[0]["type"] == "validation"
    assert all(str(file) in said.stderr for file in outputs.values())


def statement(completeness: Completeness) -> Statement:
    return Statement("63", "11", Period.parse("2026-Q4"), completeness)


def test_where_nothing_is_marked_nothing_is_written(generated: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.xlsx"
    right = generated / "cv17809-1_2026-Q4.xlsx"
    said = run("check", right, *options(**CV, marked=file))
    assert not file.exists()
    assert str(file) in said.stderr


def test_what_no_heading_contradicts_is_taken(tmp_path: Path) -> None:
    pack = load_pack()
    form = pack.forms["t0111"]
    file = tmp_path / "a.xlsx"
    run("template", "t0111", *options(period=2025, area=11, completeness="preliminary"), "-o", file)
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    sheet["C8"] = "Năm 2025 (sơ bộ)"
    sheet["A5"] = ""
    sheet["C10"] = 4321
    book.save(file)
    stated = options(form=form.id, area=11, period=2025)
    assert "số liệu sơ bộ" in run("check", file, *stated).stdout
    refused = run("check", file, *stated, "--completeness", "official", expect=1)
    assert text("validation.completeness_contradicts.mend", "vi") in refused.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"form": "cv17809-11"}, "cv17809-1, "),
        ({"form": "x"}, "cktc-09-final, "),
        ({"area": "Điện Biên"}, "11 Tỉnh Điện Biên"),
        ({"area": "99"}, "Thành phố Hà Nội"),
        ({"area-list": "36"}, "36"),
        ({"period": "2026Q4"}, "2026-Q3"),
        ({"completeness": "chinh-thuc"}, "official"),
        ({"marked": "a.xls"}, "a.xls"),
        ({"html": "/nowhere/a.html"}, "/nowhere/a.html"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    changed: dict[str, str], said: str, generated: Path
) -> None:
    given = options(**(CV | changed))
    assert said in run("check", generated / WRONG, *given, expect=2).stderr


def test_a_file_that_is_not_there_and_one_that_is_no_workbook(tmp_path: Path) -> None:
    missing = run("check", tmp_path / "a.xlsx", *options(**CV), expect=2).stderr
    assert "a.xlsx" in missing
    assert "Không đọc được" in missing
    picture = tmp_path / "a.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    said = run("check", picture, *options(**CV), expect=1).stdout
    assert text("validation.workbook_unreadable", "vi", what="đây là ảnh") in " ".join(said.split())
    assert "thư mục" in run("check", tmp_path, *options(**CV), expect=2).stderr


def test_a_file_that_the_office_would_not_take_in_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "a.xlsx"
    large.touch()
    os.truncate(large, MAX_BYTES + 1)
    assert "26 MB" in run("check", large, *options(**CV), expect=2).stderr
    os.truncate(large, MAX_BYTES)
    run("check", large, *options(**CV), expect=1)


def test_the_workbook_itself_is_never_overwritten(generated: Path) -> None:
    before = (generated / WRONG).read_bytes()
    for name in ("marked", "html", "ess"):
        run("check", generated / WRONG, *options(**CV, **{name: generated / WRONG}), expect=2)
    assert (generated / WRONG).read_bytes() == before


def test_forms_of_another_folder(tmp_path: Path, generated: Path) -> None:
    source = (SCHEMAS / "catalogue" / "forms" / "cv17809-1.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(source.replace("id: cv17809-1", "id: ours"), encoding="utf-8")
    given = options(**(CV | {"form": "ours", "forms": tmp_path}))
    assert "ours" in run("check", generated / WRONG, *given, expect=1).stdout
    (tmp_path / "a.yaml").write_text("id: ours", encoding="utf-8")
    assert "ours" in run("check", generated / WRONG, *given, expect=2).stderr
    with pytest.raises(Unusable):
        load_pack(SCHEMAS / "regulations" / "none")


def test_the_list_of_an_area_is_the_first_that_has_it() -> None:
    pack = load_pack()
    form = pack.forms["dn-list"]
    assert form.area_lists == ("63", "34")
    assert pack.area(form, "11")[0] == "63"
    assert pack.area(form, "11", "34")[0] == "34"
    with pytest.raises(Unusable):
        pack.area(form, "02", "34")
    assert pack.area(form, "02")[1].name.vi == "Tỉnh Hà Giang"


def test_a_reader_that_breaks_makes_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def breaking(error: BaseException) -> Callable[..., Any]:
        def fail(*_: object) -> Any:
            raise error

        return fail

    monkeypatch.setattr(examination, "check", breaking(Panic()))
    found = examine(FORM, xlsx(rows()), STATEMENT, {})
    assert [one.code for one in found.checked.report.findings] == ["workbook_unreadable"]
    monkeypatch.setattr(examination, "check", breaking(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        examine(FORM, xlsx(rows()), STATEMENT, {})


def test_where_marking_breaks_the_report_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(*_: object) -> Any:
        raise KeyError("a part")

    monkeypatch.setattr(examination, "mark", breaking)
    sheet = rows()
    sheet[7][2] = 987654.25
    found = examine(FORM, xlsx(sheet), STATEMENT, {})
    assert [one.code for one in found.checked.report.findings] == ["total"]
    assert (found.marked, found.unforeseen) == (None, "KeyError")


@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(lambda: Pool(Limits(seconds=0.001, seconds_per_megabyte=0)), id="out of time"),
        pytest.param(lambda: Pool(patience=0), id="ended"),
    ],
)
def test_what_takes_too_much_is_given_up_with_a_finding(
    pool: Callable[[], Pool], generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "Pool", pool)
    page = tmp_path / "a.html"
    said = run("check", generated / WRONG, *options(**CV, html=page), expect=1).stdout
    assert text("validation.workbook_overran", "vi") in said
    assert text("validation.workbook_overran.mend", "vi") in said
    assert text("validation.workbook_overran", "vi") in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("cv17809-1", "--period", "2026", "-o", "a.xlsx"), "quarter"),
        (("cv17809-1", "--period", "2026-Q3", "-o", "a.ods"), "a.ods"),
        (("cv17809-9", "--period", "2026-Q3", "-o", "a.xlsx"), "cv17809-"),
        (("cv17809-1", "--period", "2026-Q3", "--area", "77777", "-o", "a.xlsx"), "77777"),
    ],
)
def test_a_template_that_can_not_be(
    given: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in run("template", *given, expect=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_codes_are_printed() -> None:
    said = run("codes").stdout
    assert all(one.code in said for one in codes().values())
    listed = json.loads(run("codes", "--json").stdout)
    assert [one["code"] for one in listed] == list(codes())


def test_the_name_of_a_sheet_is_no_markup(generated: Path, tmp_path: Path) -> None:
    content = (generated / WRONG).read_bytes()
    named = tmp_path / "a.xlsx"
    named.write_bytes(edited(content, "xl/workbook.xml", "Biểu 1".encode(), b"[/red]"))
    assert "[/red]" in run("check", named, *options(**CV), expect=1).stdout
