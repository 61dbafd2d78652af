"""The language of rules: SQL expressions and queries, checked and written out for polars.

A predicate says of each row of a table true, false or null, by SQL's logic of three values; a query
returns the rows that offend. Both are parsed, checked against the columns that the tables have, and
written in the SQL of polars so that numbers stay exact decimals: `check_syntax` needs no columns,
`compile_predicate` and `compile_query` do. What the language has is in docs/rules.md.
"""

from services.model.expression import (
    aggregates,
    choices,
    dates,
    numbers,
    operators,
    subqueries,
    texts,
    windows,
)
from services.model.expression.compiler import Predicate, compile_predicate
from services.model.expression.queries import Query, compile_query
from services.model.expression.values import ROW, ColumnType, ExpressionError, Kind, Schema, quoted

__all__ = [
    "ROW",
    "ColumnType",
    "ExpressionError",
    "Kind",
    "Predicate",
    "Query",
    "Schema",
    "compile_predicate",
    "compile_query",
    "quoted",
]

HANDLERS = (aggregates, choices, dates, numbers, operators, subqueries, texts, windows)
"""The modules whose functions register themselves as parts of the language when they are imported."""
