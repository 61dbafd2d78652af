"""Rules about single cells and sums of a form's table: pass, fail, or undecided, which never looks like a pass.

A cell that is blank, marked as not collected or not a number leaves every rule that needs it
undecided. Sums are exact decimals; a total may be off by what rounding its parts can do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.model import table as form_table
from services.model.codelist import Codelist
from services.model.enumerations import Severity
from services.model.rule import (
    Axis,
    CellType,
    IfMissing,
    Relation,
    Rule,
    RuleKind,
    Total,
    parse_names,
    parse_totals,
)
from services.model.table import Role
from services.validation.findings import Notebook, Place
from services.validation.reading.placing.entries import Entry, Record
from services.validation.reading.placing.structure import Grid
from services.validation.rules.crowd import Crowd, context_of
from services.validation.workbook.cells import printed
from services.validation.workbook.numbers import Content

HALF_UNIT = Decimal("0.0000005")


class State(StrEnum):
    """What a rule says of one cell or group of cells."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass
class Tally:
    """How often a rule passed, failed and was undecided."""

    id: str
    passed: int = 0
    failed: int = 0
    undecided: int = 0

    def count(self, state: State) -> None:
        """One more cell or group in this state."""
        match state:
            case State.PASS:
                self.passed += 1
            case State.FAIL:
                self.failed += 1
            case State.UNDECIDED:
                self.undecided += 1


@dataclass(frozen=True)
class Table:
    """A table as the rules see it: entries by (row, column) and where they stand."""

    sheet: str
    entries: Mapping[tuple[str, str], Entry]
    rows: tuple[str, ...]
    values: tuple[str, ...]
    titles: Mapping[str, str]
    decimals: int | None = None
    """Places to which its figures may be rounded, where a total says nothing else."""

    @classmethod
    def of_grid(cls, grid: Grid) -> "Table":
        """A figures table: rows are its codes."""
        values = tuple(column.id for column in grid.table.of_role(Role.VALUE))
        titles = {row.code: f"{row.code} – {row.label}" for row in grid.table.rows}
        return cls(grid.sheet, grid.entries, tuple(titles), values, titles)

    @classmethod
    def of_records(cls, table: form_table.Table, sheet: str, records: list[Record]) -> "Table":
        """A record list: rows are the numbers of its lines."""
        entries = {(str(one.row), key): e for one in records for key, e in one.entries.items()}
        titles = {column.id: column.headers[0][-1] for column in table.columns}
        return cls(sheet, entries, tuple(str(one.row) for one in records), (), titles)

    def columns(self, rule: Rule) -> tuple[str, ...]:
        """The columns that a rule is about."""
        return rule.columns or self.values


Check = Callable[[Rule, Table, Notebook, Mapping[str, Codelist]], Iterator[State]]


def _check_total(
    rule: Rule, table: Table, notebook: Notebook, _: Mapping[str, Codelist]
) -> Iterator[State]:
    across = rule.axis is Axis.COLUMNS
    for total in parse_totals(rule.expression):
        for other in table.rows if across else table.columns(rule):
            found = {
                code: table.entries.get((other, code) if across else (code, other))
                for code in total.codes
            }
            yield _one_total(rule, table, total, found, notebook)


def _one_total(
    rule: Rule, table: Table, total: Total, found: Mapping[str, Entry | None], notebook: Notebook
) -> State:
    sheet = table.sheet
    values = {code: one.reading.value for code, one in found.items() if one is not None}
    if any(values.get(code) is None for code in total.codes):
        return _lacking(rule, sheet, total, found, notebook)
    numbers = {code: value for code, value in values.items() if value is not None}
    expected = sum((sign * numbers[code] for sign, code in total.terms), Decimal(0))
    difference = numbers[total.left] - expected
    tolerance = (len(total.terms) + 1) * _half(rule, table, numbers.values()) + rule.tolerance
    holds = difference >= -tolerance and (
        total.relation is Relation.AT_LEAST or difference <= tolerance
    )
    if holds:
        return State.PASS
    cells = tuple(one.cell for code in total.codes if (one := found[code]) is not None)
    notebook.find(
        "total" if total.relation is Relation.EQUAL else "part",
        Place(sheet, cells),
        context_of(rule),
        expression=total.text,
        cell=cells[0],
        value=numbers[total.left],
        expected=expected,
        found=numbers[total.left],
        difference=difference,
    )
    return State.FAIL


def _half(rule: Rule, table: Table, numbers: Iterable[Decimal]) -> Decimal:
    """What rounding can do to one figure; that to the form's places only where it was done to all of them."""
    if rule.decimals is not None:
        return Decimal("0.5").scaleb(-rule.decimals)
    if table.decimals is None:
        return HALF_UNIT
    unit = Decimal(1).scaleb(-table.decimals)
    return HALF_UNIT if any(number % unit for number in numbers) else unit / 2


def _lacking(
    rule: Rule, sheet: str, total: Total, found: Mapping[str, Entry | None], notebook: Notebook
) -> State:
    """What the rule says where figures lack; named where something of the total is there at all."""
    if rule.missing is IfMissing.PASS:
        return State.PASS
    fails = rule.missing is IfMissing.FAIL
    state = State.FAIL if fails else State.UNDECIDED
    filled = any(one is not None and one.reading.value is not None for one in found.values())
    if not filled and not fails:
        return state
    lacking = [code for code in total.codes if not (e := found[code]) or e.reading.value is None]
    cells = tuple(one.cell for code in lacking if (one := found[code]) is not None)
    context = context_of(rule, None if fails else Severity.INFORMATION)
    given = {"expression": total.text, "lacking": ", ".join(lacking)}
    notebook.find("undecided", Place(sheet, cells), context, **given)
    return state


def _check_required(
    rule: Rule, table: Table, notebook: Notebook, _: Mapping[str, Codelist]
) -> Iterator[State]:
    names = parse_names(rule.expression)
    of_rows = rule.axis is Axis.ROWS and table.values
    places = (
        [(row, column) for row in names for column in table.columns(rule)]
        if of_rows
        else [(row, column) for row in table.rows for column in names]
    )
    crowd = Crowd(rule, table.sheet, notebook)
    for place in places:
        entry = table.entries.get(place)
        if entry is not None and _says_something(entry):
            yield State.PASS
            continue
        cells = (entry.cell,) if entry is not None else ()
        what = table.titles[place[0] if of_rows else place[1]]
        crowd.find("required", place[1], cells, what=what)
        yield State.FAIL
    crowd.close()


def _says_something(entry: Entry) -> bool:
    """Whether a cell holds a value: what is read as missing is as good as blank, as is a text of signs alone."""
    if entry.reading.content in (Content.BLANK, Content.MISSING):
        return entry.reading.value is not None
    return any(map(str.isalnum, printed(entry.raw)))


def _check_codelist(
    rule: Rule, table: Table, notebook: Notebook, codelists: Mapping[str, Codelist]
) -> Iterator[State]:
    codes = codelists.get(rule.expression)
    crowd = Crowd(rule, table.sheet, notebook)
    for column, entry in _filled(rule, table):
        text = printed(entry.raw).strip()
        if codes is None:
            yield State.UNDECIDED
        elif text in codes:
            yield State.PASS
        else:
            crowd.find("codelist", column, (entry.cell,), value=text, list=codes.title)
            yield State.FAIL
    crowd.close()


_FAULTS = {
    Content.AMBIGUOUS: "number_ambiguous",
    Content.NOT_NUMBER: "not_number",
    Content.TOO_LARGE: "number_too_large",
}


def _check_type(
    rule: Rule, table: Table, notebook: Notebook, _: Mapping[str, Codelist]
) -> Iterator[State]:
    crowd = Crowd(rule, table.sheet, notebook)
    wanted = CellType(rule.expression)
    for column, entry in _filled(rule, table):
        fault = _fault(wanted, entry)
        if fault is None:
            yield State.PASS
            continue
        crowd.find(fault, column, (entry.cell,), value=printed(entry.raw))
        yield State.FAIL
    crowd.close()


def _fault(wanted: CellType, entry: Entry) -> str | None:
    """The code of what is wrong with a cell that should hold the wanted type."""
    reading = entry.reading
    match wanted:
        case CellType.TEXT:
            return None
        case CellType.DATE:
            return None if isinstance(entry.raw, date) else "not_date"
        case CellType.INTEGER if reading.value is not None and reading.value % 1:
            return "not_integer"
    return _FAULTS.get(reading.content)


def _filled(rule: Rule, table: Table) -> Iterator[tuple[str, Entry]]:
    """The entries of the rule's columns in which something stands, with their column."""
    wanted = set(table.columns(rule))
    for (_, column), entry in table.entries.items():
        if column in wanted and printed(entry.raw).strip():
            yield column, entry


CELL_CHECKS: Mapping[RuleKind, Check] = {
    RuleKind.TOTAL: _check_total,
    RuleKind.REQUIRED: _check_required,
    RuleKind.CODELIST: _check_codelist,
    RuleKind.TYPE: _check_type,
}
"""The kinds that look at cells one by one; the engine runs the others."""
