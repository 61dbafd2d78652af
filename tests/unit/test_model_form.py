"""Forms, rules and regulations as data."""

import copy
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.model.codelist import load_codelists
from services.model.enumerations import Completeness
from services.model.form import Form, published, shipped_forms
from services.model.item import Category, Item
from services.model.period import Period
from services.model.regulation import Instrument
from services.model.rule import Axis, Relation, RuleKind, parse_names, parse_total
from services.model.starter_pack import load_items
from services.model.text import ModelError

FORMS = shipped_forms()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_travels_as_json(form: Form) -> None:
    body = json.loads(json.dumps(form.to_dict(), ensure_ascii=False))
    again = Form.from_dict(body)
    assert again == form
    assert again.rule_set == form.rule_set


def test_a_form_that_still_names_its_embargoed_indicators_is_read() -> None:
    body = FORMS["t0111"].to_dict()
    before = body | {"system_indicators": [{"list": "dp", "indicator": "T0111"}]}
    assert Form.from_dict(before) == FORMS["t0111"]


def test_the_real_forms_have_their_rows() -> None:
    counts = {name: len(form.tables[0].rows) for name, form in FORMS.items()}
    assert counts["cv17809-1"] == 47
    assert counts["cv17809-2"] == 27
    assert counts["cv17809-5"] == 36
    assert counts["cktc-09-final"] == counts["cktc-09-plan"] == 1 + 6 + 63


def test_budget_rows_are_all_provinces_of_the_old_list() -> None:
    rows = FORMS["cktc-09-final"].tables[0].rows
    provinces = {row.area for row in rows if row.area_list == "63"}
    assert provinces == set(load_codelists()["63"].by_code)


def test_activities_are_in_their_code_list() -> None:
    codes = load_codelists()["VSIC2018"]
    assert all(row.activity in codes for row in FORMS["cv17809-5"].tables[0].rows)


def broken(**changes: Any) -> dict[str, Any]:
    body = copy.deepcopy(FORMS["cv17809-2"].to_dict())
    for path, value in changes.items():
        place: Any = body
        *way, last = path.split("__")
        for part in way:
            place = place[int(part) if part.isdigit() else part]
        place[int(last) if last.isdigit() else last] = value
    return body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (broken(regime="gift"), "regime"),
        (broken(nonsense=1), "nonsense"),
        (broken(tables__0__rows__1__code="1"), "row 1 is there twice"),
        (broken(tables__0__columns__2__id="code"), "column code is there twice"),
        (broken(rules__2__expression="1 = 2 + 99"), "no row 99 in main: did you mean 9"),
        (broken(rules__2__expression="1 = = 2"), "no term can be read"),
        (broken(rules__2__when="quarter > 0"), "when has no meaning for a total over the rows"),
        (broken(rules__2__code="code"), "needs code, columns and by"),
        (broken(rules__0__when="quarte > 0"), "no column quarte: did you mean quarter"),
        (broken(rules__0__columns=["QUARTER", "year_to_date"]), "QUARTER is written otherwise"),
        (broken(rules__2__expression="1 + 2"), "is no total"),
        (broken(rules__0__columns=["quarter"]), "column year_to_date of main needs a rule"),
        (broken(rules__0__expression="colour"), "no type colour"),
        (broken(rules__2__table="other"), "no table other"),
        (broken(rules__3__id="total-1"), "rule total-1 is there twice"),
    ],
)
def test_a_broken_form_says_where(body: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        Form.from_dict(body)


def test_totals_are_read() -> None:
    total = parse_total("37 = 38 - 45")
    assert (total.left, total.relation, total.terms) == (
        "37",
        Relation.EQUAL,
        ((1, "38"), (-1, "45")),
    )
    assert parse_total("2>=4a + 5").codes == ("2", "4a", "5")
    assert parse_total("1 = 1.1 + 1.2 - 1.10.a").codes == ("1", "1.1", "1.2", "1.10.a")
    assert parse_total('"Tổng số" = "Thu - chi" + "1-a"').codes == ("Tổng số", "Thu - chi", "1-a")
    wrongs = (
        "1 = 2 +",
        "1 = 2 3",
        "1 = 1 + 2",
        "= 2",
        "1 <= 2",
        "1 = 1. + 2",
        '1 = "2',
        '1 = "" + 2',
    )
    for wrong in wrongs:
        with pytest.raises(ModelError):
            parse_total(wrong)


def test_a_name_in_quotes_may_hold_any_sign() -> None:
    assert parse_names('region, "Tên, họ" , "a=b.c"') == ("region", "Tên, họ", "a=b.c")
    for wrong in ("region,", '"", b', ",", ""):
        with pytest.raises(ModelError):
            parse_names(wrong)


def test_estimates_of_the_last_quarter_stop_at_20_november() -> None:
    form = FORMS["cv17809-1"]
    year = Period.parse("2026")
    estimate = form.reference(year, Completeness.ESTIMATE)
    assert estimate == (date(2026, 1, 1), date(2026, 11, 20))
    official = form.reference(year, Completeness.PRELIMINARY)
    assert official == (date(2026, 1, 1), date(2026, 12, 31))


def test_who_may_send_a_form() -> None:
    assert FORMS["cv17809-1"].may_be_sent_by("finance_department")
    assert not FORMS["cv17809-1"].may_be_sent_by("industry_trade_department")
    assert FORMS["cv17809-6"].may_be_sent_by("social_insurance")


def test_the_rule_set_changes_with_a_rule() -> None:
    body = FORMS["cv17809-2"].to_dict()
    assert body["rules"][2]["kind"] == RuleKind.TOTAL
    body["rules"][2]["tolerance"] = "0.5"
    changed = Form.from_dict(body)
    assert changed.rules[2].tolerance == Decimal("0.5")
    assert changed.rule_set != FORMS["cv17809-2"].rule_set


def test_an_item_needs_all_its_fields() -> None:
    body = load_items()[0].to_dict()
    assert Item.from_dict(body).to_dict() == body
    for name in ("name", "content", "completeness", "frequency", "supplied", "form", "other"):
        with pytest.raises(ModelError, match=name):
            Item.from_dict({key: value for key, value in body.items() if key != name})


def test_what_is_shared_has_a_category_and_what_is_a_duty_has_none() -> None:
    body = load_items()[0].to_dict()
    for category in Category:
        shared = body | {"regime": "sharing", "category": category.value}
        assert Item.from_dict(shared).category is category
        with pytest.raises(ModelError, match="it is a duty"):
            Item.from_dict(shared | {"regime": "coordination"})
    for wrong in (None, "database"):
        with pytest.raises(ModelError, match="dataset"):
            Item.from_dict(body | {"regime": "sharing", "category": wrong})


def test_a_regulation_is_in_force_on_its_days() -> None:
    both = {"vi": "Cấm", "en": "Banned"}
    article = {"article": "6", "clause": "2", "summary": both}
    instrument = Instrument.from_dict(
        {
            "id": "x",
            "number": "1/QĐ",
            "title": both,
            "in_force_from": "2021-09-01",
            "in_force_to": "2026-12-31",
            "articles": [article],
        }
    )
    days = (date(2021, 8, 31), date(2021, 9, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [instrument.in_force(day) for day in days] == [False, True, True, False]
    assert instrument.article("6", "2").summary.en == "Banned"
    with pytest.raises(ModelError):
        instrument.article("6")
    assert Instrument.from_dict(instrument.to_dict()) == instrument


def test_rows_of_which_each_cell_would_be_the_same_figure_are_not_published() -> None:
    body = copy.deepcopy(FORMS["cktc-09-final"].to_dict())
    assert published(body).tables[0].indicators is Axis.COLUMNS
    first, second = body["tables"][0]["rows"][:2]
    for name in ("area_list", "area", "activity", "breakdown"):
        second.pop(name, None)
        if name in first:
            second[name] = first[name]
    says = f"rows {first['code']}, {second['code']} of table {body['tables'][0]['id']}"
    with pytest.raises(ModelError, match=says):
        published(body)
    assert Form.from_dict(body), "what was published before stays readable"
