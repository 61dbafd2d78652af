"""Whatever is wrong with a rule, or with a file of rules, is said in Vietnamese and in English; every message of it."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from services.cli import app
from services.model import messages
from services.model.form import published, shipped_forms
from services.model.text import Language, ModelError, Text
from services.model.written import load_written_yaml
from services.validation.people.trial import Change
from services.validation.tables.result import validate_table

ENGLISH = re.compile(
    r"\b(is|are|the|has|have|write|no|of|and|than|with|can't|needs?|must|should|did|not|there|twice|wrong)\b"
)
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\(SELECT.*\)")
"""What the user wrote, and SQL."""
DATA = "x,n,k,d,m\n1,1.5,a,2026-01-01,5\n2,2.5,b,2026-01-02,abc\n"
OTHER = "code,t\na,1\nb,2\n"
LONG = " + ".join(["x"] * 30_000)
MANY = "*".join(["x"] * 20_000) + " > 1"
WIDE = "(" * 9 + "x" + " ^ 4)" * 9 + " > 1"
GROWTH = {"kind": "change", "columns": ["x"], "expression": "growth < 1"}

CHECKS = [
    "xx > 1", "o.y > 1", "data.y > 1", "med(x) > 1", "foo(x) > 1", "x > 'a'", "d > 'a'", "d > 1", "d = k",
    "x > 1 or", "x + 1", "k like 'a", "sum(x) > 1", "lag(x) > 1", "rank() over () > 1", "x > all (select t from o)",
    "x in (select t, code from o)", "(x, k) in (select t from o) and x > 1", "(select t, code from o) > 1",
    "exists (select 1 from oo)", "current_date > d", "date_trunc('hour', d) = d", "x in ()", "[x]", "a.b.c.d > 1",
    "sum(x) over (order by n rows between 1 preceding and current row) > 0", "x between symmetric 1 and 0",
    "(select t from o as p where p.t + 1 > data.x + 1 order by t limit 1) > 0", "trim(both 'x' from k) = ''",
    "case when x = 1 then 'a' else 1 end = 1", "k::json = 1", "x::date = d", "d::integer = 1", "x is k",
    "d + x = d", "k + interval '1 day' = d", "d + interval '1 hour' = d", "date_diff(d, d) = 1", "-k > 1", "k + 1 > 1",
    "round(x, n) > 1", "round(x, 1.5) > 1", "trunc(x, 0.5) > 1", "lag(x, n) over (order by x) > 1",
    "lag(x, 1, 0) over (order by x) > 1", "substr(k, x) = ''", "left(k, x) = ''", "lpad(k, 99999) = ''",
    "split_part(k, 'a', x) = ''", "quantile(x, n) over () > 1", "quantile(x, 2) over () > 1",
    "sqrt(x) % 2 = 1", "upper(k) over () = ''", "count(distinct x, k) over () > 1",
    "mode() within group (order by x) > 1",
    "x > " + "9" * 40, "(" * 30 + "x" + ")" * 30 + " > 1", MANY, LONG, WIDE, "m > 1", "sqrt(x)", "xyzzyq(x) > 1",
    "a.b.c > 1",
    "sum(x) filter (where x > 1) within group (order by x) > 1", "foo(x) over () > 1", "cast(x as date) = d",
    "regexp_matches(k)", "x > 1e", "floor() > 1",
]  # fmt: skip
QUERIES = [
    "x > 1", "delete from data", "with recursive r as (select 1) select * from r", "select distinct on (k) * from data",
    "select x from data union select t, code from o", "select * from (select x from data)", "select y.* from data",
    "select * from read_csv('a')", "select * from generate_series(1, x) as g(i)",
    "select * from data full join o on x = t",
    "select * from generate_series(1, 9999999) as g(i)", "select x from data group by all",
    "select t from data, o, o as p",
    "select mad(x) from data", "select x from data limit k", "select x from data group by 7",
    "select * from generate_series(1, 5)",
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"table": "dat", "expression": "x > 1"},
    {"kind": "codelist", "columns": "k", "expression": "oo"},
    {"kind": "codelist", "columns": "k", "expression": "data"},
    {"kind": "type", "columns": "k", "expression": "colour"},
    {"kind": "type", "expression": "number"},
    {"kind": "total", "expression": "x + 1"},
    {"kind": "total", "expression": "x = = 2"},
    {"kind": "total", "expression": "x = x"},
    {"kind": "total", "expression": ";"},
    {"kind": "total", "expression": "x = k"},
    {"kind": "total", "expression": "x = n", "code": "k"},
    {"kind": "required", "expression": "x,"},
    {"kind": "complete", "expression": "x = a..b"},
    {"kind": "complete", "expression": "x = 1..9999999"},
    {"kind": "complete", "expression": "x = o"},
    {"expression": "mode() within group (order by x) > 1", "by": "k"},
    {"expression": "x > 1", "order": "x"},
    {"expression": "x > 1", "tolerance": -1},
    GROWTH | {"columns": []},
    GROWTH,
    GROWTH | {"order": "x", "expression": "x < 1"},
    GROWTH | {"reference": "oo"},
    GROWTH | {"reference": "o"},
    GROWTH | {"reference": "o", "by": "x"},
    {"expression": "x > 1", "level": 9},
    {"expression": "x > 1", "severity": "bad"},
    {"expression": "x > 1", "tolerance": "abc"},
    {"expression": "x > 1", "by": [[1]]},
    {"expression": "x > 1", "nonsense": 1},
    {"expression": "x > 1", "message": 5},
    {"expression": True},
    {"kind": "chek", "expression": "x > 1"},
]
FILES = [
    "rule: []", "rules: [", "rules:\n\t- a", "rules: \x01", "rules: []\ncolumns: 5", "rules: []\ncolumns: {x: nummer}",
    "rules: []\ncolumns: {oo.x: number}", "rules: []\nrows: 1", "rules: [{expression: x > 1}]",
    "rules: [{id: a, expression: 2020-13-45}]", "rules: [{id: a, expression: !!int abc}]", "[" * 60,
    "rules: !!python/object/apply:os.system ['true']", "a: &a [1]\nrules: [" + "*a, " * 30 + "]",
    "rules: []\nrules: []", "rules: [{id: a, expression: x > 1}, {id: a, expression: x > 1}]",
]  # fmt: skip
UNDECIDED = [
    {"expression": "x = (select t from o)"},
    {"expression": "x * 99999999999999999999999999999999999999 > 0"},
    {"kind": "complete", "expression": "x = 1..90000, n = 1..90000"},
    {"kind": "complete", "expression": "x = o.code"},
    {"kind": "sql", "expression": "select d + 99999999 as z from data"},
]
CHANGES: list[dict[str, Any]] = [
    {}, {"form": "a", "more": 1}, {"form": "a", "rules": 1}, {"form": "a", "removed": 1}, {"form": "a"},
]  # fmt: skip
TYPE = {"id": "type", "kind": "type", "level": 0, "expression": "number"}
CHECK = {
    "id": "check",
    "kind": "check",
    "level": 1,
    "expression": "quarter > (select max(a) from nothing)",
}
BEFORE = {"name": "before", "table": "other", "period": "previous"}
OF_BEFORE = CHECK | {"level": 2, "expression": "quarter > (select max(quarter) from before)"}


def part(id_: str, *rows: str) -> dict[str, Any]:
    """A section of a form."""
    section = {"vi": f"Phần {id_}", "en": f"Section {id_}"}
    return {"id": id_, "section": section, "organisation_kinds": ["x"], "rows": list(rows)}


FORMS: list[dict[str, Any]] = [
    {"rules__2__expression": "1 = 2 + 99"},
    {"rules__2__when": "quarter > 0"},
    {"rules__2__code": "code"},
    {"rules__2__table": "other"},
    {"rules__3__id": "total-1"},
    {"rules__0__columns": ["QUARTER", "year_to_date"]},
    {"rules": [TYPE, CHECK]},
    {"rules": [TYPE, CHECK | {"level": 4, "expression": "quarter > 0"}]},
    {"rules": [TYPE, OF_BEFORE], "references": [BEFORE]},
    {"rules": [TYPE], "tables__0__blank": "nothing"},
    {"references": [{"name": "main"}]},
    {"tables__0__blank": None},
    {"tables__0__nil": ["99"]},
    {"tables__0__unit": None},
    {"tables__0__rows": []},
    {"tables__0__rows__1__code": "1"},
    {"tables__0__columns__0__headers": []},
    {"tables__0__columns__1__role": "label"},
    {"tables__0__columns__2__id": "code"},
    {"responsible__0__rows": ["99"]},
    {"responsible": [part("A"), part("A", "1"), part("B", "1"), part("")]},
    {"responsible": [part("A", "1"), part("B", "2")]},
    {"regime": "gift"},
]
LEFT = {
    "form.no_table": "of a program's own making",
    "form.no_field": "of another form",
    "form.no_summed_column": "of another form",
    "form.rows_alike": "of another form",
    "rule.trial.no_form": "of the API, which has a catalogue",
    "rule.kind.null": "what may stand anywhere",
}
"""Messages that nothing here leads to."""


class Table:
    """A folder with a table, another one, and a file of rules."""

    def __init__(self, folder: Path) -> None:
        self.data, self.other = folder / "data.csv", folder / "o.csv"
        self.rules = folder / "rules.yaml"
        self.data.write_text(DATA, encoding="utf-8")
        self.other.write_text(OTHER, encoding="utf-8")

    def by(self, text: str) -> list[Text]:
        """What is said of the rules: errors, or why they are undecided."""
        self.rules.write_text(text, encoding="utf-8")
        try:
            found = validate_table(self.data, self.rules, {"o": self.other}, ())
        except ModelError as error:
            return [error.text]
        return [one.error for one in found.outcomes if one.error is not None]

    def by_rule(self, rule: dict[str, Any]) -> list[Text]:
        """The same, of one rule."""
        return self.by(yaml.safe_dump({"rules": [{"id": "r"} | rule]}, allow_unicode=True))


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def rules() -> Iterator[dict[str, Any]]:
    yield from ({"expression": one} for one in CHECKS)
    yield from ({"kind": "sql", "expression": one} for one in QUERIES)
    yield from OTHERS
    yield from UNDECIDED


def said_of(act: Callable[[], object]) -> list[Text]:
    try:
        act()
    except ModelError as error:
        return [error.text]
    return []


def of_forms() -> Iterator[tuple[object, list[Text]]]:
    whole = shipped_forms()["cv17809-2"].to_dict()
    for changes in FORMS:
        body = copy.deepcopy(whole)
        for path, value in changes.items():
            place: Any = body
            *way, last = (int(part) if part.isdigit() else part for part in path.split("__"))
            for part in way:
                place = place[part]
            place[last] = value
        yield changes, said_of(partial(published, body))


def everything(table: Table) -> Iterator[tuple[object, list[Text]]]:
    for rule in rules():
        yield rule, table.by_rule(rule)
    for text in FILES:
        yield text, table.by(text)
    for change in CHANGES:
        yield change, said_of(partial(Change.of, change))
    body = {"rules": [{"id": "a"}]}
    removing = Change("a", removed=("b",))
    yield removing, said_of(partial(removing.applied, body))
    yield from of_forms()
    table.rules.write_bytes(b"\xff")
    yield "no UTF-8", said_of(partial(load_written_yaml, table.rules))
    yield "no file", said_of(partial(load_written_yaml, table.rules.with_name("nothing")))


def test_every_fault_is_said_in_both_languages(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    told = messages.text

    def noted(message_id: str, lang: Language, **values: object) -> str:
        asked.add(message_id)
        return told(message_id, lang, **values)

    monkeypatch.setattr(messages, "text", noted)
    for fault, said in everything(table):
        assert said, f"nothing is said of {str(fault)[:100]}"
        for one in said:
            assert one.vi != one.en
            vi = QUOTED.sub("", one.vi.removeprefix(str(table.rules.parent)))
            assert not ENGLISH.findall(vi), one.vi
    known = {one for one in messages.catalogue("vi") if one.startswith(("rule.", "form."))}
    assert known - asked == set(LEFT)


def test_a_command_that_speaks_vietnamese_says_nothing_in_english(table: Table) -> None:
    table.rules.write_text("rules:\n  - {id: a, expression: incme > 0}\n", encoding="utf-8")
    arguments = ["--lang", "vi", "validate", str(table.data), "--rules", str(table.rules)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    says = "rules.yaml: quy tắc a: không có cột incme: các tên dùng được: x, n, k, d, m"
    assert result.stderr == f"Quy tắc viết sai: {says}\n"


def test_an_error_comes_whole_from_another_process(table: Table) -> None:
    table.rules.write_text("rules:\n  - {id: a, expression: incme > 0}\n", encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        validate_table(table.data, table.rules, {}, ())
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.text, str(again)) == (raised.value.text, raised.value.text.en)
