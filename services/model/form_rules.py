"""The rules of a form as its author wrote them: what is wrong with them, said when the form is read."""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from services.model.cell_rules import Names
from services.model.compiled_rule import compile_rule, refuse_long
from services.model.expression import ColumnType, Kind, Schema
from services.model.expression.compiler import parse
from services.model.expression.values import ROW, nearest
from services.model.messages import texts
from services.model.observation import PLACES
from services.model.rule import CELL_KINDS, CellType, Reference, Rule, RuleKind, names_of
from services.model.table import Role, Table, TableKind
from services.model.text import OR, ModelError, Text, joined

SENDER = "sender"
"""The column of a reference that names who sent the figures."""
_NUMBER = ColumnType(Kind.NUMBER, PLACES)
_TEXT = ColumnType(Kind.TEXT)
_COLUMN_KINDS = {
    CellType.NUMBER: _NUMBER,
    CellType.INTEGER: _NUMBER,
    CellType.DATE: ColumnType(Kind.DATE),
    CellType.TEXT: _TEXT,
}


def schema_of(table: Table) -> dict[str, ColumnType]:
    """The columns that a table of a form has for rules: of figures its codes, labels and values."""
    number_of_row = {ROW: ColumnType(Kind.NUMBER)}
    if table.kind is TableKind.FIGURES:
        values = {column.id: _NUMBER for column in table.of_role(Role.VALUE)}
        return number_of_row | {"code": _TEXT, "label": _TEXT} | values
    return number_of_row | {
        column.id: _COLUMN_KINDS[column.type or CellType.TEXT] for column in table.columns
    }


def rule_problems(
    form: str, tables: Sequence[Table], references: Sequence[Reference], rule: Rule
) -> list[Text]:
    """What is wrong with a rule of the form, in words; empty where nothing is."""
    by_id = {table.id: table for table in tables}
    try:
        problems = _problems(form, by_id, references, rule)
    except ModelError as error:
        problems = [error.text]
    return [texts("rule.of", rule=rule.id, problem=problem) for problem in problems]


def _names(table: Table) -> Names:
    """What rules about cells may name in a table of a form."""
    return Names(tuple(table.by_id), tuple(table.by_code), table.numbers)


def tables_of(rule: Rule) -> frozenset[str]:
    """The tables that a rule names besides its own; raises ModelError for what can't be read."""
    refuse_long(rule)
    named = {rule.reference} if rule.reference else set()
    written = [rule.when] if rule.kind in CELL_KINDS else [rule.expression, rule.when]
    if rule.kind is RuleKind.COMPLETE:
        sources = (part.partition("=")[2].strip() for part in rule.expression.split(","))
        named |= {source.partition(".")[0] for source in sources if source and ".." not in source}
        return frozenset(named)
    for text in filter(None, written):
        tree = parse(text)
        defined = {cte.alias for cte in tree.find_all(exp.CTE)}
        named |= {table.name for table in tree.find_all(exp.Table)} - defined
    return frozenset(named) - {rule.table, ""}


def _problems(
    form: str, tables: Mapping[str, Table], references: Sequence[Reference], rule: Rule
) -> list[Text]:
    if rule.table not in tables:
        near = nearest(rule.table, tables)
        return [texts("rule.no_table", name=rule.table, near=near)]
    named = tables_of(rule)
    by_name = {reference.name: reference for reference in references}
    known = [*tables, *by_name]
    unknown = [
        texts("rule.no_table_or_reference", name=name, near=nearest(name, known))
        for name in sorted(named - set(known))
    ]
    if unknown:
        return unknown
    used = [by_name[name] for name in named & set(by_name)]
    problems = _level_problems(form, used, rule) if used or rule.kind not in CELL_KINDS else []
    schemas: dict[str, Schema] = {name: schema_of(one) for name, one in tables.items()}
    for reference in used:
        if reference.form not in ("", form):
            return problems  # Its columns are known only to that form.
        if reference.table not in tables:
            near = nearest(reference.table, tables)
            given = {"name": reference.name, "table": reference.table, "near": near}
            return [*problems, texts("rule.no_table_of_reference", **given)]
        schemas[reference.name] = {**schema_of(tables[reference.table]), SENDER: _TEXT}
    names = _names(tables[rule.table])
    compile_rule(rule, schemas, names)
    if rule.kind in CELL_KINDS:
        written = {*names.rows, *names.columns}
        cells = (*names_of(rule), *rule.columns)
        problems += [
            texts("rule.written_otherwise", name=cell, table=rule.table)
            for cell in cells
            if cell not in written
        ]
    return problems


def _level_problems(form: str, used: Sequence[Reference], rule: Rule) -> list[Text]:
    """Whether the ESS level can be right: what a rule compares with decides it.

    Level 1 is within the submission. Level 2 is the sender's own other submissions of the form, 2 or
    4 those of another form; with other senders it is 3, and 3 to 5 for another form.
    """
    allowed = {0, 1}
    if used:
        own = all(reference.sender == "own" for reference in used)
        same = all(reference.form in ("", form) for reference in used)
        allowed = ({2} if same else {2, 4}) if own else ({3} if same else {3, 4, 5})
    if rule.level in allowed:
        return []
    names = ", ".join(reference.name for reference in used) or texts("rule.level.alone")
    levels = joined(map(str, sorted(allowed)), OR)
    return [texts("rule.level", level=rule.level, names=names, levels=levels)]
