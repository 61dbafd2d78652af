"""The language of rules: SQL expressions and queries, checked and written out for polars.

A predicate says of each row of a table true, false or null, by SQL's logic of three values; a query
returns the rows that offend. Both are parsed, checked against the columns that the tables have, and
written in the SQL of polars so that numbers stay exact decimals: `check_syntax` needs no columns,
`compile_predicate` and `compile_query` do. What the language has is in docs/rules.md.
"""

from services.model.expression.compiler import (
    Predicate,
    Query,
    Scalar,
    compile_predicate,
    compile_query,
    compile_scalar,
)
from services.model.expression.values import ROW, ColumnType, ExpressionError, Kind, Schema, quoted

__all__ = [
    "ROW",
    "ColumnType",
    "ExpressionError",
    "Kind",
    "Predicate",
    "Query",
    "Scalar",
    "Schema",
    "compile_predicate",
    "compile_query",
    "compile_scalar",
    "quoted",
]
