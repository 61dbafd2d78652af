"""Which columns a name can mean at a place of an expression."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.model.expression.values import (
    ROW,
    ColumnType,
    ExpressionError,
    Schema,
    Value,
    nearest,
    quoted,
)
from services.model.messages import texts
from services.model.text import OR, joined


@dataclass(frozen=True)
class Scope:
    """The tables of one query by alias; what they lack is looked for in the query around.

    `tables` are the names of those that are tables themselves, no subqueries.
    """

    sources: Mapping[str, Schema]
    outer: "Scope | None" = None
    aliases: Mapping[str, Value] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str, source: str = "") -> tuple[Value, str, "Scope"]:
        """The column, its table's alias, and the scope that has it; raises ExpressionError."""
        if source:
            return self._of_source(name, source)
        scope: Scope | None = self
        while scope is not None:
            matches = [
                (alias, match)
                for alias, schema in scope.sources.items()
                if (match := _match(name, schema)) is not None
            ]
            if len(matches) > 1:
                columns = joined((f"{alias}.{match}" for alias, match in matches), OR)
                raise ExpressionError(texts("rule.ambiguous", name=name, columns=columns))
            if matches:
                alias, match = matches[0]
                return _value(alias, match, scope.sources[alias][match]), alias, scope
            scope = scope.outer
        near = nearest(name, self._names())
        raise ExpressionError(texts("rule.no_column", name=name, near=near))

    def _of_source(self, name: str, source: str) -> tuple[Value, str, "Scope"]:
        scope: Scope | None = self
        while scope is not None:
            alias = _match(source, scope.sources)
            if alias is not None:
                schema = scope.sources[alias]
                match = _match(name, schema)
                if match is None:
                    near = nearest(name, schema)
                    given = {"name": name, "table": alias, "near": near}
                    raise ExpressionError(texts("rule.no_column_in", **given))
                return _value(alias, match, schema[match]), alias, scope
            scope = scope.outer
        near = nearest(source, self.sources)
        raise ExpressionError(texts("rule.no_table", name=source, near=near))

    def _names(self) -> list[str]:
        names = [name for schema in self.sources.values() for name in schema if name != ROW]
        return names + (self.outer._names() if self.outer is not None else [])


def find(name: str, known: Mapping[str, object]) -> str | None:
    """The known name that is meant: the same, or the only one that differs by case or Unicode form."""
    return _match(name, known)


def _match(name: str, known: Mapping[str, object]) -> str | None:
    if name in known:
        return name
    folded = _folded(name)
    matches = [name for name in known if _folded(name) == folded]
    return matches[0] if len(matches) == 1 else None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _value(alias: str, name: str, column: ColumnType) -> Value:
    sql = f"{quoted(alias)}.{quoted(name)}"
    return Value(sql, column.kind, column.scale)
