"""Rules of the kinds that look at single cells and sums: what they may name, in a form or in any other table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.model.expression import ExpressionError
from services.model.expression.scope import find
from services.model.expression.values import nearest
from services.model.messages import texts
from services.model.rule import (
    CODE,
    Axis,
    CellType,
    Rule,
    RuleKind,
    in_quotes,
    parse_names,
    parse_totals,
    unquoted,
)


@dataclass(frozen=True)
class Names:
    """What the rules about cells of a table may name.

    Figures of a form have `rows` with names, and `values`, the columns that a rule is about where it names none.
    """

    columns: tuple[str, ...]
    rows: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def resolved(rule: Rule, names: Names) -> Rule:
    """The rule with names as its table has them; raises ModelError for what it lacks, naming the nearest."""
    chosen = columns_of(rule.table, rule.columns, names.columns)
    known = ("rule.no_row_in", names.rows) if rule.axis is Axis.ROWS and names.rows else None
    match rule.kind:
        case RuleKind.TOTAL if rule.code:
            if not (chosen or names.values) or rule.by is None:
                raise ExpressionError(texts("rule.total_over_rows"))
            parse_totals(rule.expression)
            (code,) = columns_of(rule.table, (rule.code,), names.columns)
            by = columns_of(rule.table, rule.by, names.columns)
            return replace(rule, columns=chosen, code=code, by=by)
        case RuleKind.TOTAL if known and rule.when:
            raise ExpressionError(texts("rule.total_when"))
        case RuleKind.TOTAL:
            codes = sorted(
                {code for total in parse_totals(rule.expression) for code in total.codes}
            )
            found = _found(rule.table, codes, *(known or (_NO_COLUMN, names.columns)))
            text = re.sub(CODE, lambda name: in_quotes(found[unquoted(name[0])]), rule.expression)
            return replace(rule, columns=chosen, expression=text)
        case RuleKind.REQUIRED:
            wanted = parse_names(rule.expression)
            found = _found(rule.table, wanted, *(known or (_NO_COLUMN, names.columns)))
            return replace(
                rule, columns=chosen, expression=", ".join(map(in_quotes, found.values()))
            )
        case RuleKind.TYPE if rule.expression not in set(CellType):
            near = nearest(rule.expression, CellType)
            raise ExpressionError(texts("rule.no_type", name=rule.expression, near=near))
    if not (chosen or names.values):
        raise ExpressionError(texts("rule.needs_columns", kind=rule.kind))
    return replace(rule, columns=chosen)


def limit_of(rule: Rule) -> Rule:
    """The `when` of a rule as a rule of its own: it holds for the rows that the rule is about."""
    return Rule(rule.id, RuleKind.CHECK, rule.when, rule.level, table=rule.table, by=rule.by)


def columns_of(table: str, names: Iterable[str], columns: Iterable[str]) -> tuple[str, ...]:
    """The columns of these names as the table has them; raises ExpressionError for one that it lacks."""
    return tuple(_found(table, names, _NO_COLUMN, columns).values())


_NO_COLUMN = "rule.no_column_in"


def _found(table: str, names: Iterable[str], lacks: str, known: Iterable[str]) -> dict[str, str]:
    """How the table has each of the names, in their order; `lacks` is the message for one that it hasn't."""
    there: Mapping[str, Any] = dict.fromkeys(known)
    found = {}
    for name in names:
        match = find(name.strip('"'), there)
        if match is None:
            near = nearest(name, there)
            raise ExpressionError(texts(lacks, name=name, table=table, near=near))
        found[name] = match
    return found
