"""No attempt takes figures away unnoticed, and a form without numbers is a mistake unless its sender states a nil."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.model.codelist import load_codelists
from services.model.enumerations import Severity
from services.model.form import Form, published, shipped_forms
from services.model.messages import texts
from services.model.observation import Missing, to_frame
from services.model.period import Period
from services.model.statement import NilKind
from services.model.text import ModelError
from services.validation.checking.check import Checked, check
from services.validation.checks.shrinking import Earlier
from services.validation.reading.statement import Statement
from services.validation.telling.template import Wanted, template
from tests.unit.test_validation_check import FORM, STATEMENT, Sheet, only, rows, small_form
from tests.unit.workbooks import xlsx

BLANKS: list[Any] = [None, "...", "x", "…", " "]
FIRST = check(FORM, xlsx(rows()), STATEMENT)
TOTAL, TAX, DUTY, FEES, OTHER = 4, 5, 6, 7, 8


def earlier(checked: Checked = FIRST, version: int = 1) -> Earlier:
    return Earlier(1, version, to_frame(checked.figures))


def again(sheet: Sheet, form: Form = FORM, **changes: Any) -> Checked:
    """The second attempt, after the first one of `rows()` was accepted."""
    return check(form, xlsx(sheet), replace(STATEMENT, **changes), earlier=earlier())


def without(codes: list[int], blank: Any = None) -> Sheet:
    """The sheet with these rows' figures of the quarter blank."""
    sheet = rows()
    for one in codes:
        sheet[one][2] = blank
    return sheet


def lost(checked: Checked) -> list[str]:
    found = [one for one in checked.report.findings if one.code == "figures_lost"]
    return [cell for one in found for cell in one.place.cells]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_figure_that_is_blank_now_is_named(blank: Any) -> None:
    checked = again(without([FEES, DUTY], blank))
    found = only(checked, "figures_lost")
    assert (found.severity, found.level) == (Severity.WARNING, 2)
    assert found.place.cells == ("C8", "C7")
    given = dict(found.particulars)
    assert (given["count"], given["total"], given["share"]) == ("2", "10", "20")
    assert given["codes"] == "3, 4"
    assert checked.valid


def test_a_figure_whose_row_is_gone_is_named_by_its_code() -> None:
    sheet = rows()
    del sheet[DUTY]
    found = only(again(sheet), "figures_lost")
    assert found.place.cells == ()
    assert dict(found.particulars)["codes"] == "4"


def test_every_figure_that_moved_is_still_there() -> None:
    sheet: Sheet = [[], [None], *([None, *row] for row in rows())]
    assert lost(again(sheet)) == []


def test_zero_and_the_mark_for_none_are_numbers() -> None:
    sheet = rows()
    sheet[DUTY][2], sheet[DUTY][3] = "-", 0
    assert lost(again(sheet)) == []


@pytest.mark.parametrize("nothing", [0, "0"])
def test_nothing_but_zeros_in_the_place_of_figures_is_named(nothing: Any) -> None:
    sheet = rows()
    for line in (TOTAL, TAX, DUTY, FEES, OTHER):
        sheet[line][2] = sheet[line][3] = nothing
    assert len(lost(again(sheet))) == 10
    zeros = check(FORM, xlsx(sheet), STATEMENT)
    assert lost(check(FORM, xlsx(sheet), STATEMENT, earlier=earlier(zeros))) == []


def test_more_figures_than_before_are_no_loss() -> None:
    few = check(FORM, xlsx(without([DUTY])), STATEMENT)
    assert check(FORM, xlsx(rows()), STATEMENT, earlier=earlier(few)).report.findings == ()


def test_a_figure_that_had_no_number_before_is_not_lost() -> None:
    few = check(FORM, xlsx(without([DUTY], "...")), STATEMENT)
    assert lost(check(FORM, xlsx(without([DUTY])), STATEMENT, earlier=earlier(few))) == []


def test_what_is_returned_anyway_says_nothing_of_what_is_lost() -> None:
    assert lost(again(without([TOTAL]))) == []


def test_a_new_version_of_the_form_is_no_loss() -> None:
    """Its codes are another list; what it asks for no longer is gone rightly, what it asks for still is missed."""
    body = FORM.to_dict()
    kept = [row for row in body["tables"][0]["rows"] if row["code"] != "4"]
    rules = [rule for rule in body["rules"] if rule["id"] != "part"]
    newer = Form.from_dict(
        {**body, "version": 2, "rules": rules, "tables": [{**body["tables"][0], "rows": kept}]}
    )
    sheet = rows()
    del sheet[DUTY]
    assert again(sheet, newer).report.findings == ()
    sheet[6][2] = None
    assert dict(only(again(sheet, newer), "figures_lost").particulars)["codes"] == "3"


# -- no figure at all


@pytest.mark.parametrize("blank", [*BLANKS, "-", "tổng"])
def test_a_form_without_any_number_is_returned(blank: Any) -> None:
    form = small_form(rules=[{"id": "n", "kind": "type", "expression": "number", "level": 1}])
    sheet = [row if n < TOTAL else [*row[:2], blank, blank] for n, row in enumerate(rows())]
    checked = check(form, xlsx(sheet), STATEMENT)
    assert not checked.valid
    assert checked.observations is None
    if blank != "tổng":
        assert only(checked, "no_figures").severity is Severity.ERROR


@pytest.mark.parametrize("form", sorted(shipped_forms()))
def test_the_blank_template_of_every_form_is_returned(form: str) -> None:
    checked = blank(form)
    assert not checked.valid, checked.report.findings


@pytest.mark.parametrize("form", sorted(shipped_forms()))
def test_every_form_says_what_may_be_blank(form: str) -> None:
    assert all(table.blank for table in shipped_forms()[form].tables)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (None, "may be blank"),
        ("nothing", "all of it needs a rule"),
        ("rest", None),
    ],
)
def test_a_form_is_published_only_if_it_says_what_may_be_blank(
    said: str | None, what: str | None
) -> None:
    body = FORM.to_dict()
    table = {**body["tables"][0], **({} if said is None else {"blank": said})}
    if what is None:
        assert published({**body, "tables": [table]}).tables[0].blank == said
    else:
        with pytest.raises(ModelError, match=what):
            published({**body, "tables": [table]})


def test_a_form_of_which_nothing_may_be_blank_requires_all_of_it() -> None:
    body = FORM.to_dict()
    table = {**body["tables"][0], "blank": "nothing"}
    required = {"id": "required", "kind": "required", "expression": "1,2,3,4,3a", "level": 0}
    assert published({**body, "tables": [table], "rules": [body["rules"][0], required]})


# -- nil


def blank(form_id: str, nil: NilKind | None = None) -> Checked:
    form = shipped_forms()[form_id]
    yearly = form.frequencies[0].value == "year"
    period = Period.parse("2025" if yearly else "2026-Q3")
    area_list = form.area_lists[0]
    area = {"63": "11", "34": "11"}.get(area_list, "00")
    wanted = Wanted(period, (area_list, area, "Điện Biên"), STATEMENT.completeness, "vi")
    statement = Statement(area_list, area, period, STATEMENT.completeness, nil=nil)
    return check(form, template(form, wanted, load_codelists()), statement)


def test_none_occurred_is_zero_for_the_flows_that_the_form_names() -> None:
    checked = blank("cv17809-6", NilKind.NONE_OCCURRED)
    assert checked.valid, checked.report.findings
    found = {(one.indicator, one.value, one.missing) for one in checked.figures}
    assert found == {(code, Decimal(0), Missing.NIL) for code in ("23", "24", "26")}


def test_none_occurred_in_a_list_is_no_record_and_no_money() -> None:
    checked = blank("cv17809-4", NilKind.NONE_OCCURRED)
    assert checked.valid, checked.report.findings
    found = {one.indicator: (one.value, one.missing) for one in checked.figures}
    zero = (Decimal(0), Missing.NIL)
    assert found == {"projects": zero, "investment": zero}


def test_none_occurred_satisfies_what_the_form_requires() -> None:
    assert blank("t0111", NilKind.NONE_OCCURRED).valid


@pytest.mark.parametrize("form", ["cv17809-1", "cv17809-5", "cktc-09-final", "dn-list"])
def test_none_occurred_is_refused_where_the_form_has_no_such_flow(form: str) -> None:
    assert only(blank(form, NilKind.NONE_OCCURRED), "nil_not_allowed")


@pytest.mark.parametrize("form", ["cv17809-1", "cv17809-4", "cv17809-6", "t0111"])
def test_not_collected_is_never_zero_and_a_room_sees_it(form: str) -> None:
    checked = blank(form, NilKind.NOT_COLLECTED)
    assert checked.valid, checked.report.findings
    assert only(checked, "nil_not_collected").severity is Severity.WARNING
    assert {(one.value, one.missing) for one in checked.figures} <= {(None, Missing.NOT_COLLECTED)}


def edit(row: int, value: Any) -> Callable[[], Sheet]:
    def made() -> Sheet:
        sheet = [row if n < TOTAL else [*row[:2], None, None] for n, row in enumerate(rows())]
        sheet[row][2] = value
        return sheet

    return made


NILS = small_form(
    tables=[{**FORM.to_dict()["tables"][0], "blank": "rest", "nil": ["1", "2", "3", "4", "3a"]}]
)


@pytest.mark.parametrize(
    ("nil", "value", "agrees"),
    [
        (NilKind.NONE_OCCURRED, None, True),
        (NilKind.NONE_OCCURRED, 0, True),
        (NilKind.NONE_OCCURRED, "-", True),
        (NilKind.NONE_OCCURRED, 5, False),
        (NilKind.NONE_OCCURRED, "...", False),
        (NilKind.NONE_OCCURRED, "không", False),
        (NilKind.NOT_COLLECTED, "...", True),
        (NilKind.NOT_COLLECTED, "x", True),
        (NilKind.NOT_COLLECTED, 0, False),
        (NilKind.NOT_COLLECTED, "-", False),
    ],
)
def test_a_nil_is_contradicted_by_any_cell_that_says_something_else(
    nil: NilKind, value: Any, agrees: bool
) -> None:
    checked = check(NILS, xlsx(edit(FEES, value)()), replace(STATEMENT, nil=nil))
    cells = [one.place.cells for one in checked.report.findings if one.code == "nil_contradicted"]
    assert cells == ([] if agrees else [("C8",)])
    assert checked.valid is agrees


@pytest.mark.parametrize("nil", NilKind)
def test_a_nil_after_figures_takes_them_away_and_says_so(nil: NilKind) -> None:
    found = only(again(edit(FEES, None)(), NILS, nil=nil), "figures_lost")
    assert dict(found.particulars)["count"] == "10"


def test_what_may_be_nil_is_a_flow() -> None:
    table = FORM.to_dict()["tables"][0]
    with pytest.raises(ModelError, match="nil: 9 is no flow"):
        small_form(tables=[{**table, "nil": ["9"]}])
    with pytest.raises(ModelError, match="nil: 1 is no flow"):
        small_form(tables=[{**table, "measure": "stock", "nil": ["1"]}])


@pytest.mark.parametrize("nil", NilKind)
def test_every_nil_has_its_words(nil: NilKind) -> None:
    assert texts(f"validation.nil.{nil}").vi
