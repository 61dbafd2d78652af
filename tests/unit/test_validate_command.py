"""`solieu validate`: any table by rules, for programs and for people."""

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from services.cli import app
from tests.unit.workbooks import saved, xlsx

CSV = "id,region,year,income\n1,HN,2024,10.5\n2,HN,2025,\n3,DN,2024,-3\n"
RULES = "rules:\n  - {id: positive, expression: income >= 0}\n"


def run(
    folder: Path, *options: str, data: bytes | str = CSV, rules: str = RULES, name: str = "data.csv"
) -> Result:
    content = data.encode() if isinstance(data, str) else data
    (folder / name).write_bytes(content)
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    arguments = ["validate", str(folder / name), "--rules", str(folder / "rules.yaml"), *options]
    return CliRunner().invoke(app, arguments)


def answer(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code in (0, 1), result.output
    rules: list[dict[str, Any]] = json.loads(result.stdout)["rules"]
    return rules


def test_the_answer_for_programs_is_exactly_this(tmp_path: Path) -> None:
    result = run(tmp_path, "--json", "--key", "id")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "rules": [
            {
                "id": "positive",
                "pass": 1,
                "fail": 1,
                "undecided": 1,
                "failing": [{"key": 3, "row": 3}],
            }
        ]
    }


def test_keys_of_several_columns_and_without_any(tmp_path: Path) -> None:
    (rule,) = answer(run(tmp_path, "--json", "--key", "region, year"))
    assert rule["failing"] == [{"key": ["DN", 2024], "row": 3}]
    (rule,) = answer(run(tmp_path, "--json"))
    assert rule["failing"] == [{"key": None, "row": 3}]


def test_people_read_rows_and_keys_in_words(tmp_path: Path) -> None:
    assert "dòng 3 · row 3" in run(tmp_path).stdout
    assert "dòng 3, khóa DN, 2024 · row 3, key DN, 2024" in (
        run(tmp_path, "--key", "region,year").stdout
    )
    (tmp_path / "regions.csv").write_text("code\nHN\nHP\n")
    rules = "rules:\n  - {id: all, kind: complete, expression: 'region = regions.code, year'}\n"
    with_ = ("--with", f"regions={tmp_path / 'regions.csv'}")
    assert "region = HP, year = 2024" in run(tmp_path, *with_, rules=rules).stdout


def test_what_lacks_has_no_row(tmp_path: Path) -> None:
    (tmp_path / "regions.csv").write_text("code\nHN\nHP\n")
    rules = "rules:\n  - {id: all, kind: complete, expression: 'region = regions.code, year'}\n"
    with_ = ("--with", f"regions={tmp_path / 'regions.csv'}", "--json")
    (rule,) = answer(run(tmp_path, *with_, "--key", "year,region", rules=rules))
    assert (rule["pass"], rule["fail"]) == (2, 2)
    assert rule["failing"] == [
        {"key": [2024, "HP"], "row": None},
        {"key": [2025, "HP"], "row": None},
    ]


def test_only_errors_make_the_exit_code_1(tmp_path: Path) -> None:
    warning = RULES.replace("}", ", severity: warning}")
    assert run(tmp_path, "--json", rules=warning).exit_code == 0
    assert run(tmp_path, rules=warning).exit_code == 0


def test_every_failing_row_is_listed_for_programs_and_the_first_for_people(tmp_path: Path) -> None:
    data = "x\n" + "-1\n" * 500
    rules = "rules:\n  - {id: r, expression: x > 0, message: Phải dương}\n"
    assert len(answer(run(tmp_path, "--json", data=data, rules=rules))[0]["failing"]) == 500
    shown = run(tmp_path, data=data, rules=rules)
    assert shown.exit_code == 1
    assert "Phải dương" in shown.stdout
    assert "490" in shown.stdout


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("rules:\n  - {id: a, expression: incme > 0}", "rules.yaml: rule a: no column incme: did you mean income"),
        ("rules:\n  - {id: a, expresion: income > 0}", "unknown key expresion: did you mean expression"),
        ("rules:\n  - {id: a}", "rule a: expression is missing"),
        ("rules:\n  - {expression: income > 0}", "rule 1 has no id"),
        ("rules:\n  - {id: a, kind: chek, expression: income > 0}", "no kind chek: did you mean check"),
        ("rules:\n  - {id: a, expression: 'true'}\n  - {id: a, expression: 'true'}", "rule a is there twice"),
        ("rule:\n  - {id: a, expression: 'true'}", "write rules:"),
        ("rules: [", "rules.yaml"),
        ("columns: {incom: number}\nrules: []", "no column incom: did you mean income"),
        ("columns: {income: nummer}\nrules: []", "no type nummer: did you mean number"),
        ("columns: {region: number}\nrules: []", "row 1, column region: 'HN' is no number"),
        ("columns: {other.x: number}\nrules: []", "no table other"),
        ("rules:\n  - {id: a, expression: income > 0, severity: bad}", "severity"),
        ("rules:\n  - {id: a, kind: change, columns: income, expression: growth < 1}", "needs order"),
        ("rules:\n  - {id: a, expression: income > 0, by: regio}", "no column regio"),
        ("rules:\n  - {id: a, table: dat, expression: income > 0}", "no table dat: did you mean data"),
    ],
)  # fmt: skip
def test_wrong_rules_say_where_and_how_to_mend(rules: str, words: str, tmp_path: Path) -> None:
    result = run(tmp_path, "--json", rules=rules)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        ("", "data.csv", "first line has to name the columns"),
        ("a,a\n1,2\n", "data.csv", "column a is there 2 times"),
        ("a,\n1,2\n", "data.csv", "column 2 has no name"),
        ("a,b\n1,2,3\n", "data.csv", "data.csv"),
        (b"a\n\xff\xfe\xfa\n", "data.csv", "save it as .xlsx, or as text in UTF-8"),
        ("a\n1\n", "data.pdf", "no table is read from .pdf"),
        (b"PK\x03\x04nothing", "data.xlsx", "data.xlsx: can't be read"),
        ("_row\n1\n", "data.csv", "taken"),
    ],
)  # fmt: skip
def test_a_table_that_can_not_be_read_is_named(
    data: bytes | str, name: str, words: str, tmp_path: Path
) -> None:
    result = run(tmp_path, data=data, name=name, rules="rules: []")
    assert result.exit_code == 2, result.output
    assert words in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--with", "x"), "--with x không đúng: phải là TÊN=TỆP"),
        (("--with", "data=x.csv"), "tên data đã dùng"),
        (("--with", "x=/nowhere/x.csv"), "không mở được (không có tệp hoặc thư mục này)"),
        (("--key", "nothing"), "--key: data.csv has no column nothing"),
    ],
)  # fmt: skip
def test_wrong_options_are_named(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = run(tmp_path, *options)
    assert result.exit_code == 2, result.output
    assert words in result.stderr


ROWS = [
    ["mã", "số", "ngày", "đúng"],
    ["01", "1,5", "2026-01-02", "true"],
    ["a;b", "2", "", "false"],
]


@pytest.mark.parametrize(
    "content",
    [
        ("mã,số,ngày,đúng\n01,1.5,2026-01-02,true\n\"a,b\",2,,false\n".encode(), "data.csv"),
        ("\ufeffmã;số;ngày;đúng\r\n01;1.5;2026-01-02;TRUE\r\na;2;;False\r\n".encode(), "data.csv"),
        ("mã\tsố\tngày\tđúng\n01\t1.5\t2026-01-02\ttrue\nx\t2\t\tfalse\n".encode("utf-16"), "data.tsv"),
        ("mã|số|ngày|đúng\r01| 1.5 |2026-01-02|true\r\"x\ny\"|2|  |false\r".encode(), "data.csv"),
        (xlsx([["mã", "số", "ngày", "đúng"], ["01", 1.5, "2026-01-02", True], ["x", 2, None, False]]), "data.xlsx"),
    ],
    ids=["commas", "semicolons", "utf-16", "bars", "xlsx"],
)  # fmt: skip
def test_tables_of_every_form_read_the_same(content: tuple[bytes, str], tmp_path: Path) -> None:
    rules = """rules:
  - {id: code, expression: "mã = '01'"}
  - {id: number, expression: số * 2 = 3}
  - {id: day, expression: "ngày + 1 = '2026-01-03'"}
  - {id: truth, expression: đúng}
"""
    found = answer(run(tmp_path, "--json", data=content[0], name=content[1], rules=rules))
    states = [(one["pass"], one["fail"], one["undecided"]) for one in found]
    assert states == [(1, 1, 0), (1, 1, 0), (1, 0, 1), (1, 1, 0)]


def test_a_rule_of_type_lists_what_is_no_number_and_the_others_go_on(tmp_path: Path) -> None:
    rules = """columns: {x: number}
rules:
  - {id: type, kind: type, expression: number, columns: x}
  - {id: positive, expression: x > 0}
"""
    found = answer(run(tmp_path, "--json", data="x\n1\nn/a\n+2\n-1\n", rules=rules))
    assert [one["failing"] for one in found] == [
        [{"key": None, "row": 2}],
        [{"key": None, "row": 4}],
    ]
    assert found[1]["undecided"] == 1


@pytest.mark.parametrize(
    ("type_", "rows", "undecided"),
    [
        ("number", [2, 3, 6], 1),
        ("integer", [2, 3, 4, 6], 1),
        ("date", [1, 2, 4, 6], 1),
        ("text", [], 1),
    ],
)
def test_types_of_cells_as_they_are_written(
    type_: str, rows: list[int], undecided: int, tmp_path: Path
) -> None:
    data = "x,y\n1,\n01/02/2026,\n2026-11-20,\n1.5,\n,\n2026-02-30,\n"
    rules = f"rules:\n  - {{id: r, kind: type, expression: {type_}, columns: [x]}}\n"
    (rule,) = answer(run(tmp_path, "--json", data=data, rules=rules))
    assert [one["row"] for one in rule["failing"]] == rows
    assert rule["undecided"] == undecided


def sheets(*rows: list[object]) -> bytes:
    """A workbook whose first worksheet has these rows, behind a chart sheet and a hidden worksheet."""
    workbook = Workbook()
    shown = workbook.active
    assert shown is not None
    for row in rows:
        shown.append(row)
    workbook.create_chartsheet("biểu đồ", 0)
    hidden = workbook.create_sheet("ẩn", 1)
    hidden.append(["b"])
    hidden.sheet_state = "hidden"
    return saved(workbook)


NUMBER = "rules:\n  - {id: t, kind: type, columns: [a], expression: number}\n"


@pytest.mark.parametrize(
    ("data", "rule", "states"),
    [
        (sheets(["a"], [1], [-1]), "expression: a > 0", (1, 1, 0)),
        (sheets(["a"], [1], [None], [2], [None]), "expression: a > 0", (2, 0, 1)),
        (sheets(["a", "b", "c"], [0.1, 0.2, 0.1 + 0.2]), "expression: a + b = c", (1, 0, 0)),
        (sheets(["a", "b", "c"], [0.1, 0.2, 0.1 + 0.2]), "kind: total, expression: c = a + b", (1, 0, 0)),
        (sheets(["a"], [1e-7]), "expression: a > 0", (1, 0, 0)),
        (sheets(["a"], ["1"], ["1.234.567,5"]), "kind: type, columns: [a], expression: number", (2, 0, 0)),
        (sheets(["a"], [1], ["1.225"]), "kind: type, columns: [a], expression: number", (1, 1, 0)),
        (sheets(["a"], ["-"], ["..."]), "kind: required, expression: a", (0, 2, 0)),
    ],
    ids=["first-visible", "rows-below", "noise", "noise-in-total", "small", "grouped", "ambiguous", "signs"],
)  # fmt: skip
def test_a_workbook_is_read_by_the_reader_of_forms(
    data: bytes, rule: str, states: tuple[int, int, int], tmp_path: Path
) -> None:
    rules = f"rules:\n  - {{id: r, {rule}}}\n"
    (found,) = answer(run(tmp_path, "--json", data=data, name="data.xlsx", rules=rules))
    assert (found["pass"], found["fail"], found["undecided"]) == states


def test_an_error_in_a_cell_is_listed_by_a_rule_of_type_and_null_to_others(tmp_path: Path) -> None:
    rules = (
        NUMBER
        + "  - {id: positive, expression: a > 0}\n  - {id: r, kind: required, expression: a}\n"
    )
    data = sheets(["a", "b"], [5, 1], ["#DIV/0!", 1], [None, 1])
    type_, positive, required = answer(
        run(tmp_path, "--json", data=data, name="data.xlsx", rules=rules)
    )
    assert [one["row"] for one in type_["failing"]] == [2]
    assert (positive["pass"], positive["undecided"]) == (1, 2)
    assert [one["row"] for one in required["failing"]] == [3]


def test_numbers_of_a_declared_column_are_read_as_forms_read_them(tmp_path: Path) -> None:
    rules = "columns: {a: number}\nrules:\n  - {id: r, expression: a >= 1234567.5}\n"
    data = "id;a\n1;1.234.567,5\n2;-\n3;...\n4;12,5\n"
    (found,) = answer(run(tmp_path, "--json", data=data, rules=rules))
    assert [one["row"] for one in found["failing"]] == [2, 4]
    assert (found["pass"], found["undecided"]) == (1, 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,2\n3,none\n", "is of numbers, and column b is text; b of data is text because row 2 has 'none'"),
        (sheets(["a", "b"], [1, 2], [3, "1.225"]), "column b is text; b of data is text because row 2 has '1.225'"),
        (sheets(["a", "b"], [1, 2], [3, 1.5e300]), "column b is text; b of data is text because row 2 has 301 ch"),
    ],
    ids=["word", "ambiguous", "huge"],
)  # fmt: skip
def test_a_total_over_what_is_no_number_says_so(data: bytes, words: str, tmp_path: Path) -> None:
    rules = "rules:\n  - {id: r, kind: total, expression: b = a}\n"
    name = "data.csv" if data[:2] != b"PK" else "data.xlsx"
    result = run(tmp_path, "--json", data=data, name=name, rules=rules)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_rule_that_can_not_be_computed_is_said_on_standard_error(tmp_path: Path) -> None:
    rules = "rules:\n  - {id: over, expression: x * 1000 > 0}\n"
    result = run(tmp_path, "--json", data=f"x\n{'9' * 37}\n", rules=rules)
    assert result.exit_code == 0
    assert answer(result)[0]["undecided"] == 1
    assert "overflow" in result.stderr


@pytest.mark.parametrize(
    ("data", "vi", "en"),
    [
        ("a,b\n1\n", "data.csv: hàng 1 có 1 ô, dòng đầu nêu 2 cột", "data.csv: row 1 has 1 cells"),
        ("a,a\n1,2\n", "data.csv: cột a có 2 lần", "data.csv: column a is there 2 times"),
        ("", "data.csv: dòng đầu phải là tên các cột", "data.csv: the first line has to name"),
    ],
)
def test_what_is_the_matter_with_a_table_is_said_in_both_languages(
    data: str, vi: str, en: str, tmp_path: Path
) -> None:
    result = run(tmp_path, data=data)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"Không kiểm tra được: {vi}")
    assert second.startswith(f"Can't be checked: {en}")


def test_what_is_the_matter_with_rules_is_said_in_both_languages(tmp_path: Path) -> None:
    result = run(tmp_path, rules="rules:\n  - {id: one, expression: nothing > 0}\n")
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    says = "quy tắc one: không có cột nothing: các tên dùng được: "
    assert first.startswith(f"Quy tắc viết sai: rules.yaml: {says}")
    says = "rule one: no column nothing: there are "
    assert second.startswith(f"The rules are wrong: rules.yaml: {says}")
