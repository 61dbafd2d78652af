"""Figures that come as SDMX-CSV 1.0, 2.0 and 2.1."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.model.enumerations import Completeness
from services.model.flags import MOST, Combination, Flags, combinations
from services.model.form import shipped_forms
from services.model.observation import from_parquet
from services.model.period import Period
from services.model.rule import parse_total
from services.validation.checking.check import Checked, check
from services.validation.findings import Finding
from services.validation.reading.statement import Statement

FORM = shipped_forms()["cv17809-1"]
STATEMENT = Statement("63", "11", Period.parse("2026-Q3"), Completeness.PRELIMINARY)
CODES = [row.code for row in FORM.tables[0].rows]
PERIODS = ("2026-Q3", "2026-01-01/P9M")
HEADING = ["FREQ", "REF_AREA", "INDICATOR", "TIME_PERIOD", "OBS_VALUE", "UNIT_MEASURE", "UNIT_MULT"]
Rows = list[list[str]]


def values() -> dict[str, int]:
    """Each row's figure: leaves 1, wholes the sums that the form's rules say."""
    found: dict[str, int] = {}
    totals = {}
    for rule in FORM.rules:
        if rule.kind == "total":
            total = parse_total(rule.expression)
            totals[total.left] = [(sign, code) for sign, code in total.terms]

    def value(code: str) -> int:
        if code not in found:
            parts = totals.get(code)
            found[code] = sum(s * value(one) for s, one in parts) if parts else 1
        return found[code]

    return {code: value(code) for code in CODES}


def body() -> Rows:
    numbers = values()
    return [
        ["Q", "11", code, period, str(numbers[code]), "VND", "6"]
        for code in CODES
        for period in PERIODS
    ]


def text(heading: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ",") -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(heading)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def first(rows: Rows | None = None) -> bytes:
    """SDMX-CSV 1.0."""
    rows = body() if rows is None else rows
    return text(["DATAFLOW", *HEADING], [["TK11:DF_CV17809_1(1.0)", *row] for row in rows])


def second(rows: Rows | None = None, action: str = "I", separator: str = ",") -> bytes:
    """SDMX-CSV 2.0 and 2.1."""
    rows = body() if rows is None else rows
    heading = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *HEADING]
    about = ["datastructure", "TK11:CV17809_1(1.0)", action]
    return text(heading, [[*about, *row] for row in rows], separator)


def labelled() -> bytes:
    """SDMX-CSV 2.0 with labels=both."""
    names = ("Frequency", "Area", "Item", "Period", "Value", "Unit", "Multiplier")
    heading = [f"{code}: {name}" for code, name in zip(HEADING, names, strict=True)]
    rows = [
        [
            *("dataflow", "TK11:DF_CV17809_1(1.0): Budget", "I", "Q: Quarter", "11: Điện Biên"),
            *(f"{row[2]}: item", row[3], row[4], "VND: Dong", row[6]),
        ]
        for row in body()
    ]
    return text(["STRUCTURE", "STRUCTURE_ID", "ACTION", *heading], rows, ";")


def labelled_everywhere() -> bytes:
    """The same, with a label behind every value, numbers and periods too."""
    heading = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *(f"{name}: {name}" for name in HEADING)]
    about = ["datastructure", "TK11:CV17809_1(1.0): Budget", "I"]
    return text(heading, [[*about, *(f"{one}: {one}" for one in row)] for row in body()])


def with_times() -> bytes:
    """Ranges that name the moment of their first day at which they begin."""
    rows = [[*row[:3], row[3].replace("-01/", "-01T00:00:00/"), *row[4:]] for row in body()]
    return second(rows)


def run(content: bytes, statement: Statement = STATEMENT) -> Checked:
    return check(FORM, content, statement)


def found(checked: Checked, code: str) -> Finding:
    (one,) = [each for each in checked.report.findings if each.code == code]
    return one


@pytest.mark.parametrize(
    "content",
    [
        first(),
        second(),
        second(separator=";"),
        second(separator="\t"),
        labelled(),
        labelled_everywhere(),
        with_times(),
        second(action="R"),
    ],
)
def test_every_version_gives_the_same_figures(content: bytes) -> None:
    checked = run(content)
    assert checked.valid, checked.report.findings
    assert [one.code for one in checked.report.findings] == []
    assert checked.report.figures == 94
    assert checked.observations is not None
    frame = from_parquet(checked.observations)
    assert set(frame["period"]) == set(PERIODS)
    one = frame.filter(indicator="4", period="2026-Q3").row(0, named=True)
    assert (str(one["value"]), one["unit"], one["unit_multiplier"]) == ("1.000000", "VND", 6)


def changed(column: int, value: str, row: int = 6) -> Rows:
    rows = body()
    rows[row][column] = value
    return rows


def everywhere(column: int, value: str) -> Rows:
    return [[*row[:column], value, *row[column + 1 :]] for row in body()]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (everywhere(1, "12"), "area_contradicts"),
        (everywhere(5, "USD"), "sdmx_code_unknown"),
        (everywhere(6, "9"), "unit_multiplier_differs"),
        (everywhere(0, "Z"), "sdmx_code_unknown"),
    ],
)
def test_what_is_wrong_everywhere_is_one_finding_with_all_its_cells(rows: Rows, code: str) -> None:
    checked = run(second(rows))
    assert [one.code for one in checked.report.findings if one.severity == "error"] == [code]
    assert len(found(checked, code).place.cells) == 94
    assert not checked.valid


@pytest.mark.parametrize(
    ("rows", "code", "cell", "said"),
    [
        (changed(2, "99"), "sdmx_code_unknown", "F8", "99"),
        (changed(0, "Z"), "sdmx_code_unknown", "D8", "Z"),
        (changed(1, "12"), "area_contradicts", "E8", "12"),
        (changed(3, "2026-Q2"), "sdmx_period_unplaced", "G8", "2026-Q2"),
        (changed(0, "A"), "sdmx_frequency_contradicts", "D8", "2026-Q3"),
        (changed(3, "2026-01-01T08:00:00/P9M"), "sdmx_period_unplaced", "G8", "T08"),
        (changed(3, "quý 3"), "sdmx_period_unplaced", "G8", "quý 3"),
        (changed(5, "USD"), "sdmx_code_unknown", "I8", "USD"),
        (changed(6, "9"), "unit_multiplier_differs", "J8", "10^9"),
        (changed(4, "1,225"), "not_number", "H8", "1,225"),
        (changed(4, "một"), "not_number", "H8", "một"),
    ],
)
def test_what_is_wrong_is_named_with_its_cell(rows: Rows, code: str, cell: str, said: str) -> None:
    checked = run(second(rows))
    one = found(checked, code)
    assert one.place.cells == (cell,)
    assert said in one.message.vi
    assert not checked.valid


def test_a_point_is_always_that_of_the_fraction() -> None:
    rows = changed(4, "1.225", 6)
    checked = run(second(rows))
    assert "number_ambiguous" not in {one.code for one in checked.report.findings}


@pytest.mark.parametrize(("status", "missing"), [("L", "not_collected"), ("M", "not_applicable")])
def test_a_figure_that_is_not_there_says_why(status: str, missing: str) -> None:
    rows = [[*row, "A"] for row in body()]
    rows[-1][4], rows[-1][7] = "NaN", status
    heading = ["DATAFLOW", *HEADING, "OBS_STATUS"]
    checked = run(text(heading, [["TK11:DF_CV17809_1(1.0)", *row] for row in rows]))
    assert checked.valid, checked.report.findings
    assert checked.observations is not None
    frame = from_parquet(checked.observations)
    one: dict[str, Any] = frame.filter(indicator=CODES[-1], period=PERIODS[1]).row(0, named=True)
    assert (one["value"], one["missing"]) == (None, missing)


def test_a_deletion_is_not_taken() -> None:
    rows = body()
    heading = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *HEADING]
    lines = [["datastructure", "TK11:CV17809_1(1.0)", "I", *row] for row in rows]
    lines[0][2] = "D"
    assert found(run(text(heading, lines)), "sdmx_action_refused").place.cells == ("C2",)


def test_a_key_that_comes_twice_is_an_error() -> None:
    rows = body()
    assert found(run(second([*rows, rows[0]])), "sdmx_key_repeated").place.cells == ("H2", "H96")


def test_a_dimension_must_have_its_column() -> None:
    rows = [row[:1] + row[2:] for row in body()]
    content = text(
        ["DATAFLOW", *HEADING[:1], *HEADING[2:]],
        [["TK11:DF_CV17809_1(1.0)", *row] for row in rows],
    )
    checked = run(content)
    assert "REF_AREA" in found(checked, "sdmx_column_missing").message.vi
    assert checked.report.figures == 0


def test_columns_of_no_component_are_said() -> None:
    content = text(
        ["DATAFLOW", *HEADING, "SOURCE_NOTE"],
        [["TK11:DF_CV17809_1(1.0)", *row, "x"] for row in body()],
    )
    checked = run(content)
    assert checked.valid
    assert found(checked, "sdmx_columns_ignored").place.cells == ("I1",)


def test_another_structure_is_an_error() -> None:
    content = second().replace(b"TK11:CV17809_1(1.0)", b"TK11:OTHER(1.0)")
    checked = run(content)
    assert checked.report.figures == 0
    assert {"sdmx_structure_differs", "row_missing"} >= {
        one.code for one in checked.report.findings if one.rule == ""
    }


@pytest.mark.parametrize("word", [b"metadata", b"", b"dsd"])
def test_a_kind_of_structure_that_there_is_not_is_an_error(word: bytes) -> None:
    checked = run(second().replace(b"datastructure", word))
    assert "sdmx_structure_word" in {one.code for one in checked.report.findings}
    assert not checked.valid


def test_a_form_without_a_structure_says_so() -> None:
    checked = check(shipped_forms()["cv17809-2"], first(), STATEMENT)
    assert found(checked, "sdmx_unexpected").severity == "error"


def test_every_form_names_a_structure_that_is_there() -> None:
    from services.validation.sdmx.structure import structure_of

    for form in shipped_forms().values():
        for table in form.tables:
            if table.sdmx is not None:
                structure = structure_of(table.sdmx.file, table.sdmx.structure)
                codes = structure.dimensions[table.sdmx.row]
                assert codes == frozenset(row.code for row in table.rows)


FLAGS = ("CONF_STATUS", "CONF_REDIST", "EMBARGO_TIME")


def flagged(*flags: str, at: int = 0) -> bytes:
    """One row with these flags, the others with none."""
    rows = [
        ["TK11:DF_CV17809_1(1.0)", *row, *(flags if number == at else ("", "", ""))]
        for number, row in enumerate(body())
    ]
    return text(["DATAFLOW", *HEADING, *FLAGS], rows)


def test_flags_are_those_of_their_figure() -> None:
    checked = run(flagged("C", "bo-tai-chinh", "2026-12-29T09:00:00+07:00"))
    assert checked.valid and not [
        one for one in checked.report.findings if one.code == "sdmx_columns_ignored"
    ]
    time = datetime(2026, 12, 29, 2, tzinfo=UTC)
    assert combinations(checked.figures) == (
        Combination(Flags(), len(checked.figures) - 1),
        Combination(Flags("C", "bo-tai-chinh", time), 1),
    )


@pytest.mark.parametrize(
    ("flags", "component"),
    [
        (("confidential", "", ""), "CONF_STATUS"),
        (("C", "bà Lò Thị Kín", ""), "CONF_REDIST"),
        (("F", "", "2026-12-29"), "EMBARGO_TIME"),
        (("F", "", "soon"), "EMBARGO_TIME"),
        (("F", "", "0001-01-01T00:00:00+07:00"), "EMBARGO_TIME"),
    ],
)
def test_flags_that_are_none_are_found(flags: tuple[str, ...], component: str) -> None:
    one = found(run(flagged(*flags)), "sdmx_code_unknown")
    assert component in str(one)


def test_an_event_names_the_combinations_that_most_figures_have() -> None:
    checked = run(first())
    many = [replace(one, conf_redist=f"x-{n}") for n, one in enumerate(checked.figures)]
    found = combinations([*many, *checked.figures])
    assert len(found) == MOST
    assert found[0] == Combination(Flags(), len(checked.figures))
