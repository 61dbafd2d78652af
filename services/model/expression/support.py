"""Whether polars can run what was written: asked of tables without rows, when a rule is read."""

from collections.abc import Mapping

import polars as pl

from services.model.expression.values import DIGITS, ExpressionError, Kind, Schema
from services.model.messages import texts
from services.model.text import in_english

_TYPES: Mapping[Kind, pl.DataType] = {
    Kind.APPROXIMATE: pl.Float64(),
    Kind.TEXT: pl.String(),
    Kind.DATE: pl.Date(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.NULL: pl.Null(),
}


def refuse_unsupported(sql: str, tables: Mapping[str, Schema]) -> None:
    """Raises ExpressionError with polars' words where it can't plan the query."""
    empty = {
        name: pl.DataFrame(
            schema={
                column: _TYPES.get(one.kind, pl.Decimal(DIGITS, one.scale))
                for column, one in schema.items()
            }
        )
        for name, schema in tables.items()
    }
    try:
        pl.SQLContext(empty).execute(sql, eager=True)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        words = str(error).partition("\n")[0].partition(": Query {")[0]
        raise ExpressionError(texts("rule.polars", words=in_english(words))) from None
