"""What an attacker of `solieu validate` found: verdicts that were wrong, files and rules that broke it."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from tests.unit.workbooks import xlsx


def run(folder: Path, data: str | bytes, rules: str, *options: str, other: str = "") -> Result:
    name = "data.csv" if isinstance(data, str) else "data.xlsx"
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    if other:
        (folder / "other.csv").write_text(other, encoding="utf-8")
        options = (*options, "--with", f"o={folder / 'other.csv'}")
    arguments = ["validate", str(folder / name), "--rules", str(folder / "rules.yaml"), *options]
    return CliRunner().invoke(app, arguments)


def counts(result: Result) -> list[tuple[int, int, int]]:
    """Pass, fail and undecided of each rule."""
    assert result.exit_code in (0, 1), result.output
    rules = json.loads(result.stdout)["rules"]
    return [(one["pass"], one["fail"], one["undecided"]) for one in rules]


def rule(text: str) -> str:
    return f"rules:\n  - {{id: r, {text}}}\n"


NFD = "so\u0302\u0301_ngươ\u0300i"
BOTH = "columns: {Employees: integer}\n" + rule(
    "kind: type, columns: [employees], expression: integer"
)
IN_PART = "columns: {v: number}\n" + rule(
    "kind: type, columns: [v], expression: number, when: k = 'num'"
)
OTHERWISE = "columns: {a: number}\n" + rule("kind: type, columns: [a], expression: text")
TREE = "kind: total, code: c, columns: [v], expression: 1 = 2 + 3"
TEXT_RULE = "  - {id: t, kind: type, columns: [p], expression: text}\n"


@pytest.mark.parametrize(
    ("data", "rules", "wanted"),
    [
        ("p,c,v\n01,1,11\n01,2,4\n01,3,6\n1,1,4\n1,2,2\n1,3,3\n", rule(TREE + ", by: [p]") + TEXT_RULE, (0, 6, 0)),
        ("c,v\n01,10\n02,4\n03,7\n", rule(TREE + ", by: []"), (0, 0, 3)),
        ("c,v\n01,10\n02,4\n03,7\n", rule(TREE + ", by: [], missing: fail"), (0, 3, 0)),
        ("p,c,v\n...,1,10\n...,2,4\n...,3,6\n", "columns: {p: number}\n" + rule(TREE + ", by: [p]"), (0, 0, 3)),
        ("p,c,v\nTRUE,1,10\ntrue,2,4\nTrue,3,6\n", rule(TREE + ", by: [p]"), (3, 0, 0)),
        ("k;v\na;1.234.567\nb;1.225\n", "columns: {v: number}\n" + rule("expression: v > 1000"), (2, 0, 0)),
        ("k;v\na;2.345,5\nb;1.225\n", "columns: {v: number}\n" + rule("expression: v > 1000"), (2, 0, 0)),
        ("k\tv\na\t1,225,000\nb\t1,225\n", "columns: {v: number}\n" + rule("expression: v > 1000"), (2, 0, 0)),
        ("c,v\n1,10\n2,4\n2,3\n3,3\n", rule(TREE + ", by: []"), (4, 0, 0)),
        ("k,v,w\nx,1,1\nx,,1\ny,,1\n,,1\n", rule("kind: required, expression: v, when: k = 'x'"), (2, 1, 1)),
        ("a,b\n1,2\n,\n3,4\n,\n\n,\n", rule("kind: required, expression: a"), (2, 1, 0)),
        (xlsx([["a", "b"], [1, 2], [" ", " "]], sheet="csv"), rule("kind: required, expression: a"), (1, 0, 0)),
        ("a\n1.0000001\n", rule("kind: type, columns: [a], expression: number"), (1, 0, 0)),
        ("số_người\n5\n", f"columns: {{{NFD}: number}}\n" + rule("expression: số_người > 1"), (1, 0, 0)),
        ("Employees\nabc\n5\n", BOTH, (1, 1, 0)),
        ("a\nexp\n", rule("kind: sql, expression: select exp(1000) as z from data"), (1, 1, 0)),
    ],
    ids=["text-keys", "no-code", "no-code-fails", "mark-as-key", "truths-as-keys", "grouped", "decimals", "commas",
         "twice", "of-some-rows", "blank-rows", "sheet-csv", "precise", "nfd", "case", "infinite"],
)  # fmt: skip
def test_a_verdict_that_was_wrong(
    data: str | bytes, rules: str, wanted: tuple[int, int, int], tmp_path: Path
) -> None:
    assert counts(run(tmp_path, data, rules, "--json"))[0] == wanted


@pytest.mark.parametrize(
    ("value", "listed"), [(True, "true"), (datetime(2020, 1, 2), "2020-01-02")]
)
def test_a_code_is_compared_as_it_is_written(value: object, listed: str, tmp_path: Path) -> None:
    rules = rule("kind: codelist, columns: [a], expression: o.code")
    found = counts(
        run(tmp_path, xlsx([["a"], [value]]), rules, "--json", other=f"code\n{listed}\n")
    )
    assert found == [(1, 0, 0)]


@pytest.mark.parametrize(
    ("data", "rules", "words"),
    [
        ("k,v\nnum,5\nother,abc\n", IN_PART, "'abc' is no number"),
        ("a\nabc\n", OTHERWISE, "'abc' is no number"),
        ("a\nmaybe\n", "columns: {a: boolean}\nrules: []\n", "or declare the column as text\n"),
        (f"a\n{'x' * 500}\n", "columns: {a: number}\nrules: []\n", "500 characters, xxxxxxxxxx…"),
        (f"a\n{'9' * 30}\n0.{'1' * 20}\n", "columns: {a: number}\nrules: []\n", "column a needs more than 38 digits"),
        (xlsx([["a", "t"], [1, "=A2*2"]]), rule("expression: t > 1"), "B2 has a formula without its result"),
        ("a,b\n1,2\n3,\"4\n5,6\n", rule("expression: b > 1"), "a quote in row 2"),
        ("a,b\n1,x\n", rule("expression: b > 5"), "compares text with number"),
        ("a\n1\n", rule("expression: a = 5, tolerance: -1"), "no tolerance -1"),
        ("a,t\n1,1\n", rule("kind: total, expression: t = a, tolerance: '1e9999999999'"), "no tolerance 1e+9999999999"),
        ("a\n1\n", "rules:\n  - {id: r, kind: [x], expression: a > 1}\n", "no kind ['x']"),
        ("a\n1\n", "rules:\n  - {id: [r], expression: a > 1}\n", "rule 1 has no id"),
        ("a\n1\n", "rules:\n  - {id: r, expression: 2020-13-45}\n", "(month must be in 1..12): put it in quotes"),
        ("a\n1\n", "rules:\n  - {id: r, expression: !!int abc}\n", "rules.yaml: "),
        ("a\n1\n", "rules:\n  - {id: r, expression: !!bool abc}\n", "rules.yaml: "),
        ("a\n1\n", "rules:\n  - {id: r, expression: !!timestamp abc}\n", "rules.yaml: "),
        ("a\n1\n", "a: &a [1]\nrules: [" + "*a, " * 30 + "]\n", "more than 20 aliases"),
        ("a\n1\n", rule("kind: codelist, columns: [a], expression: o.cod"), "no column cod in o: did you mean code"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(data: str | bytes, rules: str, words: str, tmp_path: Path) -> None:
    result = run(tmp_path, data, rules, "--json", other="code,name\n1,x\n")
    assert result.exit_code == 2, (result.output, result.exception)
    assert words in result.stderr


def test_a_date_that_python_has_not_is_text(tmp_path: Path) -> None:
    data = "a,b\n0000-01-01,1\n2020-01-01,2\n"
    result = run(tmp_path, data, rule("expression: b = 5"), "--json", "--key", "a")
    assert [one["key"] for one in json.loads(result.stdout)["rules"][0]["failing"]] == [
        "0000-01-01",
        "2020-01-01",
    ]


def test_a_query_that_leaves_the_calendar_is_undecided(tmp_path: Path) -> None:
    data = "a\n9999-12-31\n"
    result = run(
        tmp_path, data, rule("kind: sql, expression: select a + 100 as z from data"), "--json"
    )
    assert counts(result) == [(0, 0, 1)]
    assert "year 10000" in result.stderr


def test_what_is_printed_for_people_moves_no_cursor(tmp_path: Path) -> None:
    result = run(tmp_path, "k,a\n\x1b[2Jx,1\n", rule("expression: a > 1"), "--key", "k")
    assert "\x1b[2J" not in result.stdout


def test_a_condition_on_a_long_group_is_about_each_of_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"{1 + row % 3},1,x\n" for row in range(30_000))
    rules = rule(TREE + ", by: [], when: k = 'x'")
    assert counts(run(tmp_path, f"c,v,k\n{rows}", rules, "--json")) == [(0, 30_000, 0)]
