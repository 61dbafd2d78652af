"""Rules about single cells and sums, of a form's table or any other: each kind is defined here, once.

A sum is undecided where a cell is blank, marked as not collected or not a number; so are a type and a code where
nothing stands. Sums are exact decimals; a total may be off by what rounding its parts can do.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from services.model.codelist import Codelist
from services.model.observation import PLACES
from services.model.rule import (
    CellType,
    IfMissing,
    Relation,
    Rule,
    RuleKind,
    Total,
    parse_names,
    parse_totals,
)
from services.validation.reading.placing.entries import Entry
from services.validation.rules.table import Codes, Table, text_of
from services.validation.rules.verdict import Outcome, State, Verdict
from services.validation.workbook.dates import read_date
from services.validation.workbook.numbers import Content


def verdicts(
    rule: Rule,
    table: Table,
    lists: Mapping[str, Codelist | Codes],
    when: Mapping[str, bool | None] | None = None,
) -> Iterator[Verdict]:
    """What a rule of a kind about cells says of each cell, or of each sum.

    `lists` are lists of codes by name. `when` says of each row whether the rule is about it; None: nobody knows;
    without it the rule is about all.
    """
    for verdict in _KINDS[rule.kind](rule, table, lists):
        for limited in (verdict,) if when is None else _limited(verdict, when):
            yield _settled(rule, limited)


def limits(rows: Sequence[str], limit: Outcome) -> dict[str, bool | None]:
    """Of each row whether a rule is about it, as the outcome of its `when` says."""
    found: dict[str, bool | None] = dict.fromkeys(rows, True)
    found |= {rows[number - 1]: False for number in limit.failing}
    return found | {rows[number - 1]: None for number in limit.unknown}


def _limited(verdict: Verdict, when: Mapping[str, bool | None]) -> Iterator[Verdict]:
    """The verdict on the rows that the rule is about; the others pass, unless nobody knows and it would not hold."""
    rows: dict[bool | None, list[str]] = defaultdict(list)
    for row in verdict.rows:
        rows[when[row]].append(row)
    if True in rows:
        yield replace(verdict, rows=tuple(rows[True]))
    if None in rows:
        holds = verdict.state is State.PASS
        yield Verdict(State.PASS if holds else State.UNDECIDED, tuple(rows[None]))
    if False in rows:
        yield Verdict(State.PASS, tuple(rows[False]))


def _settled(rule: Rule, verdict: Verdict) -> Verdict:
    """What the rule makes of what is undecided."""
    if verdict.state is not State.UNDECIDED or rule.missing is IfMissing.UNDECIDED:
        return verdict
    if rule.missing is IfMissing.PASS:
        return Verdict(State.PASS, verdict.rows)
    return replace(verdict, state=State.FAIL, quiet=False)


_Kind = Callable[[Rule, Table, Mapping[str, Codelist | Codes]], Iterator[Verdict]]


def _total(rule: Rule, table: Table, _: Mapping[str, Codelist | Codes]) -> Iterator[Verdict]:
    totals = parse_totals(rule.expression)
    if not (rule.code or table.by_rows(rule)):
        for row in table.rows:
            for total in totals:
                entries = {code: _entries(table, [row], code) for code in total.codes}
                yield _sum(rule, table, total, (row,), entries)
        return
    groups, without = table.groups(rule)
    for row in without:
        yield Verdict(State.UNDECIDED, (row,))
    for total in totals:
        if not any(code in group for group in groups for code in total.codes):
            lacking = {"expression": total.text, "lacking": ", ".join(total.codes)}
            yield Verdict(State.UNDECIDED, tuple(table.rows), "undecided", values=lacking)
            continue
        for group in groups:
            rows = tuple(row for code in total.codes for row in group.get(code, ()))
            for column in table.columns(rule) if rows else ():
                entries = {
                    code: _entries(table, group.get(code, ()), column) for code in total.codes
                }
                yield _sum(rule, table, total, rows, entries)


def _entries(table: Table, rows: Iterable[str], column: str) -> list[Entry]:
    return [entry for row in rows if (entry := table.entries.get((row, column))) is not None]


def _sum(
    rule: Rule,
    table: Table,
    total: Total,
    rows: tuple[str, ...],
    found: Mapping[str, Sequence[Entry]],
) -> Verdict:
    numbers = {code: _number(entries) for code, entries in found.items()}
    lacking = [code for code in total.codes if numbers[code] is None]
    if lacking:
        cells = tuple(entry.cell for code in lacking for entry in found[code])
        lack = {"expression": total.text, "lacking": ", ".join(lacking)}
        quiet = len(lacking) == len(total.codes)
        return Verdict(State.UNDECIDED, rows, "undecided", "", cells, lack, quiet)
    values = {code: number for code, number in numbers.items() if number is not None}
    expected = sum((sign * values[code] for sign, code in total.terms), Decimal(0))
    difference = values[total.left] - expected
    tolerance = (len(total.terms) + 1) * _half(rule, table, values.values()) + rule.tolerance
    holds = difference >= -tolerance and (
        total.relation is Relation.AT_LEAST or difference <= tolerance
    )
    if holds:
        return Verdict(State.PASS, rows)
    cells = tuple(entry.cell for code in total.codes for entry in found[code])
    said = "total" if total.relation is Relation.EQUAL else "part"
    given: dict[str, object] = {
        "expression": total.text,
        "cell": cells[0],
        "value": values[total.left],
        "expected": expected,
        "found": values[total.left],
        "difference": difference,
    }
    return Verdict(State.FAIL, rows, said, "", cells, given)


def _number(entries: Sequence[Entry]) -> Decimal | None:
    """What cells of one code come to; None where there is none, or one is no number."""
    if len(entries) == 1:
        return entries[0].reading.value
    values = [entry.reading.value for entry in entries]
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(values) else None


def _half(rule: Rule, table: Table, numbers: Iterable[Decimal]) -> Decimal:
    """What rounding can do to one figure; that to the form's places only where it was done to all of them."""
    if rule.decimals is not None:
        return Decimal("0.5").scaleb(-rule.decimals)
    kept = Decimal("0.5").scaleb(-PLACES)
    if table.decimals is None:
        return kept
    unit = Decimal(1).scaleb(-table.decimals)
    return kept if any(number % unit for number in numbers) else unit / 2


def _required(rule: Rule, table: Table, _: Mapping[str, Codelist | Codes]) -> Iterator[Verdict]:
    names = parse_names(rule.expression)
    of_rows = table.by_rows(rule)
    places = (
        [(row, column) for row in names for column in table.columns(rule)]
        if of_rows
        else [(row, column) for row in table.rows for column in names]
    )
    rowless = set()
    for row, column in places:
        entry = table.entries.get((row, column))
        values = {"what": table.title(row if of_rows else column)}
        if entry is not None:
            state = State.PASS if _says_something(entry) else State.FAIL
            yield Verdict(state, (row,), "required", column, (entry.cell,), values)
        elif column in table.absent or row in rowless:
            yield Verdict(State.FAIL, (row,))  # what lacks was named already
        else:
            rowless.add(row)
            where = tuple(filter(None, (table.headings.get(column),)))
            yield Verdict(State.FAIL, (row,), "row_required", column, where, values)


def _says_something(entry: Entry) -> bool:
    """Whether a cell holds a value: what is read as missing is as good as blank, as is a text of signs alone."""
    if entry.reading.content in (Content.BLANK, Content.MISSING):
        return entry.reading.value is not None
    return any(map(str.isalnum, text_of(entry)))


def _codelist(rule: Rule, table: Table, lists: Mapping[str, Codelist | Codes]) -> Iterator[Verdict]:
    codes = lists.get(rule.expression)
    for row, column, entry in _cells(rule, table):
        if entry is None:
            yield _blank(table, row, column)
        elif codes is None:
            yield Verdict(State.UNDECIDED, (row,))
        elif (text := text_of(entry)) in codes:
            yield Verdict(State.PASS, (row,))
        else:
            values = {"value": text, "list": codes.title}
            yield Verdict(State.FAIL, (row,), "codelist", column, (entry.cell,), values)


_FAULTS = {
    Content.AMBIGUOUS: "number_ambiguous",
    Content.NOT_NUMBER: "not_number",
    Content.TOO_LARGE: "number_too_large",
}


def _type(rule: Rule, table: Table, _: Mapping[str, Codelist | Codes]) -> Iterator[Verdict]:
    wanted = CellType(rule.expression)
    for row, column, entry in _cells(rule, table):
        if entry is None:
            yield _blank(table, row, column)
        elif (fault := _fault(wanted, entry)) is None:
            yield Verdict(State.PASS, (row,))
        else:
            values = {"value": text_of(entry)}
            yield Verdict(State.FAIL, (row,), fault, column, (entry.cell,), values)


def _fault(wanted: CellType, entry: Entry) -> str | None:
    """The code of what is wrong with a cell that should hold the wanted type."""
    reading = entry.reading
    match wanted:
        case CellType.TEXT:
            return None
        case CellType.DATE:
            return None if read_date(entry.raw) is not None else "not_date"
        case CellType.INTEGER if reading.value is not None and reading.value % 1:
            return "not_integer"
    return _FAULTS.get(reading.content)


def _cells(rule: Rule, table: Table) -> Iterator[tuple[str, str, Entry | None]]:
    """The entries of the rule's columns with their places; None where nothing stands."""
    columns = table.columns(rule)
    for row in table.rows:
        for column in columns:
            entry = table.entries.get((row, column))
            yield row, column, entry if entry is not None and text_of(entry) else None


def _blank(table: Table, row: str, column: str) -> Verdict:
    """A cell without anything: said only where the rule fails for what is missing, as one that is required."""
    entry = table.entries.get((row, column))
    cells = (entry.cell,) if entry is not None else ()
    values = {"what": table.title(column)}
    return Verdict(State.UNDECIDED, (row,), "required", column, cells, values, quiet=True)


_KINDS: Mapping[RuleKind, _Kind] = {
    RuleKind.TOTAL: _total,
    RuleKind.REQUIRED: _required,
    RuleKind.CODELIST: _codelist,
    RuleKind.TYPE: _type,
}
