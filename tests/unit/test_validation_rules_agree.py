"""A form and `solieu validate` say the same of the same cells by the same rules: each kind is defined once."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.codelist import Code, Codelist
from services.model.form import Form
from services.model.text import Text
from services.validation.checking.check import check
from services.validation.rules.verdict import Outcome
from services.validation.tables.result import validate_table
from tests.unit.test_validation_check import STATEMENT, small_form
from tests.unit.workbooks import xlsx

CODES = ("A", "B", "1", "2.5")
COLUMNS = {
    "id": "text",
    "a": "number",
    "b": "number",
    "c": "number",
    "t": "text",
    "g": "text",
    "n": "number",
}
"""A record has a number (else a form takes the last ones for signatures): `n` always is one."""
TYPES = [
    {"id": f"type-{name}", "kind": "type", "expression": "number", "columns": [name], "level": 1}
    for name in ("a", "b", "c")
]
NUMBERS = st.one_of(
    st.sampled_from([0, 1, 2, 3, -1, 0.5, 0.1, 0.2, 0.30000000000000004, 1e7]),
    st.sampled_from(["1", "2,5", "1.234,5", "1,234.5", "1.225", "+3", "1e2", "0.5"]),
    st.sampled_from(["-", "...", "…", "x", "n/a", "#", "NaN", "1 2", "01", None, ""]),
)
TEXTS = st.sampled_from(["A", "B", "C", "a", " A ", "1", "2.5", 1, 2.5, "-", "...", None, ""])
MISSING = st.sampled_from(["undecided", "fail", "pass"])
WHEN = st.sampled_from(["", "a > 0", "t = 'A'", "t is null", "b >= a or c is null"])
ROW = st.tuples(NUMBERS, NUMBERS, NUMBERS, TEXTS, TEXTS)


class Kind(StrEnum):
    """What a rule is about; a tree is a total over rows."""

    TOTAL = "total"
    TREE = "tree"
    REQUIRED = "required"
    TYPE = "type"
    CODELIST = "codelist"


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """One rule about cells."""
    rule: dict[str, Any] = {"id": "rule", "level": 1, "when": draw(WHEN), "missing": draw(MISSING)}
    kind: Kind = draw(st.sampled_from(Kind))
    match kind:
        case Kind.TOTAL:
            rule |= {"kind": "total", "axis": "columns"}
            rule["expression"] = draw(st.sampled_from(["c = a + b", "c >= a", "c = a + b\na >= b"]))
        case Kind.TREE:
            rule |= {"kind": "total", "code": "t", "by": draw(st.sampled_from([["g"], []]))}
            rule |= {
                "columns": ["a", "b"],
                "expression": draw(st.sampled_from(["A = B", "A >= B + C"])),
            }
        case Kind.REQUIRED:
            rule |= {"kind": "required", "axis": "columns"}
            rule["expression"] = draw(st.sampled_from(["a", "t", "a, b, t"]))
        case Kind.TYPE:
            rule |= {"kind": "type", "columns": [draw(st.sampled_from(["a", "b"]))]}
            rule["expression"] = draw(st.sampled_from(["number", "integer", "text"]))
        case Kind.CODELIST:
            rule |= {"kind": "codelist", "expression": "codes", "columns": ["t"]}
    if rule["kind"] == "total":
        rule["tolerance"] = draw(st.sampled_from(["0", "0.5", "0.0000001"]))
        rule["decimals"] = draw(st.sampled_from([None, 0, 1, 6]))
    return rule


def form_with(rule: dict[str, Any]) -> Form:
    """A form whose one table is a record list of these columns."""
    columns = [
        {"id": name, "role": "field", "type": kind, "headers": [[name]]}
        for name, kind in COLUMNS.items()
    ]
    table = {"id": "main", "kind": "records", "columns": columns, "rows": []}
    return small_form(tables=[table], rules=[*TYPES, rule])


def by_form(rule: dict[str, Any], content: bytes) -> tuple[int, int, int]:
    """How often the rule passed, failed and was undecided in a form."""
    codes = tuple(Code(one, Text(one, one)) for one in CODES)
    lists = {"codes": Codelist("codes", Text("codes", "codes"), "", "", codes)}
    report = check(form_with(rule), content, STATEMENT, lists).report
    (found,) = [one for one in report.rules if one.id == "rule"]
    return found.passed, found.failed, found.undecided


def by_table(rule: dict[str, Any], content: bytes) -> Outcome:
    """What `solieu validate` says by the same rule of the same file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.xlsx").write_bytes(content)
        (folder / "codes.csv").write_text("code\n" + "\n".join(CODES), encoding="utf-8")
        rules = [one | {"table": "data"} for one in (rule, *TYPES)]
        written = yaml.safe_dump({"columns": COLUMNS, "rules": rules})
        (folder / "rules.yaml").write_text(written, encoding="utf-8")
        paths = folder / "data.xlsx", folder / "rules.yaml"
        return validate_table(*paths, {"codes": folder / "codes.csv"}, ()).outcomes[0]


@settings(max_examples=50, deadline=None)
@given(row=ROW, rule=rules())
def test_of_one_row_a_form_and_a_table_say_the_same(
    row: tuple[object, ...], rule: dict[str, Any]
) -> None:
    """A form counts cells and sums, a table rows: of one row, whether something fails, or is undecided."""
    content = xlsx([list(COLUMNS), ["r1", *row[:4], row[4] or "g", 1]])
    passed, failed, undecided = by_form(rule, content)
    found = by_table(rule, content)
    assert found.error is None
    wanted = (0, 1, 0) if failed else (0, 0, 1) if undecided else (1, 0, 0)
    assert (found.passed, found.failed, found.undecided) == wanted, (passed, failed, undecided)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW, min_size=2, max_size=6), rule=rules())
def test_of_many_rows_they_agree_on_whether_one_fails(
    rows: list[tuple[object, ...]], rule: dict[str, Any]
) -> None:
    lines = [[f"r{number}", *row[:4], row[4] or "g", 1] for number, row in enumerate(rows, 1)]
    content = xlsx([list(COLUMNS), *lines])
    _, failed, undecided = by_form(rule, content)
    found = by_table(rule, content)
    assert (found.failed > 0) == (failed > 0)
    assert (found.failed + found.undecided > 0) == (failed + undecided > 0)
