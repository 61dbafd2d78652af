"""Walks a parsed expression and writes it in the SQL of polars; each function has its handler."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeVar, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.model.expression.scope import Scope
from services.model.expression.values import (
    NUMBERS,
    ROW,
    ExpressionError,
    Kind,
    Schema,
    Value,
    as_kind,
    nearest,
    number,
    quoted,
)
from services.model.messages import texts
from services.model.nesting import deepest
from services.model.text import Text, in_english

DIALECT = "postgres"
MOST_NESTED: Final = 20
"""Parentheses, subqueries, CASEs and NOTs within one another; what people write has five. Polars has a bound at some
more, and takes twice as long for each NOT."""
MOST_SQL: Final = 250_000
"""Characters of what a part is written out as: some parts stand in it more than once, and those within them, too."""
_OPENING = ("(", "CASE")
_CLOSING = (")", "END")
_PREFIXES = ("NOT", "-", "+")
# What can't be read is refused with our words; the parser's own warnings would go to standard error.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Predicate:
    """A condition on the rows of a table, ready for `SELECT <sql> FROM table`.

    `columns` are those of the table that it names, `tables` the others that it reads.
    """

    sql: str
    columns: tuple[str, ...]
    tables: frozenset[str]


@dataclass
class Seen:
    """What a walk met: columns of the table itself, in their order, and other tables."""

    columns: dict[str, None] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Compiler:
    """One walk: where it is, and what holds there.

    `own` is the table whose rows are judged, blank in a query of kind sql. `by` are the columns
    of its groups, None without groups. `tolerance` belongs to the comparisons at this place.
    `defined` are the tables that a WITH defines. `matched` is the condition on which a row is one that
    aggregates see.
    """

    tables: Mapping[str, Schema]
    scope: Scope
    seen: Seen
    own: str = ""
    by: tuple[str, ...] | None = None
    tolerance: Value | None = None
    in_query: bool = False
    defined: frozenset[str] = frozenset()
    matched: str = ""

    def value(self, node: exp.Expr | None) -> Value:
        """The SQL of a node; raises ExpressionError for what the language doesn't have."""
        if node is None:
            raise ExpressionError(texts("rule.operand"))
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise ExpressionError(texts("rule.not_in_language", what=node.sql(DIALECT)))
        here = self if isinstance(node, _CONDITIONS) else replace(self, tolerance=None)
        value = handler(here, node)
        if len(value.sql) + len(value.divisor) > MOST_SQL:
            raise ExpressionError(texts("rule.written_out", most=MOST_SQL))
        return value

    def whole(self, node: exp.Expr | None) -> Value:
        """The value without a divisor."""
        return self.value(node).whole()

    def of_kind(self, node: exp.Expr | None, kind: Kind) -> Value:
        """The value, which has to be of this kind."""
        value = self.whole(node)
        allowed = NUMBERS if kind is Kind.NUMBER else {kind, Kind.NULL}
        if value.kind not in allowed:
            shown = node.sql(DIALECT) if node is not None else ""
            kinds = {"kind": value.kind.words, "expected": kind.words}
            raise ExpressionError(texts("rule.expected", what=shown, **kinds))
        return as_kind(value, kind)

    def condition(self, node: exp.Expr | None) -> str:
        """The SQL of a condition."""
        return self.of_kind(node, Kind.BOOLEAN).sql

    def inside(self, scope: Scope, tables: Mapping[str, Schema]) -> "Compiler":
        """The same walk within a subquery."""
        return replace(
            self, scope=scope, tables=tables, tolerance=None, by=None, in_query=True, matched=""
        )


Node = TypeVar("Node", bound=exp.Expr)


Handler = Callable[[Compiler, Node], Value]


_HANDLERS: dict[type[exp.Expr], Callable[[Compiler, exp.Expr], Value]] = {}


_CONDITIONS = (
    exp.And, exp.Or, exp.Paren, exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between,
)  # fmt: skip


def handles(
    *kinds: type[exp.Expr], parts: Sequence[str] = ()
) -> Callable[[Handler[Node]], Handler[Node]]:
    """Registers the handler of these nodes, and which of their parts it reads besides the usual."""

    def register(handler: Handler[Node]) -> Handler[Node]:
        def checked(compiler: Compiler, node: exp.Expr) -> Value:
            only(node, *parts)
            return handler(compiler, cast(Node, node))

        for kind in kinds:
            _HANDLERS[kind] = checked
        return handler

    return register


_USUAL = frozenset({"this", "expression", "expressions"})


def only(node: exp.Expr, *parts: str) -> None:
    """Raises ExpressionError for a part of a node that nobody reads: none is ignored in silence."""
    for name, part in node.args.items():
        if part and name not in _USUAL and name not in parts:
            given = {"what": node.sql(DIALECT), "part": name.rstrip("_").upper()}
            raise ExpressionError(texts("rule.part", **given))


Named = Callable[[Compiler, Sequence[exp.Expr]], Value]


_NAMED: dict[str, Named] = {}


def named(name: str) -> Callable[[Named], Named]:
    """Registers a function that the parser doesn't know by itself."""

    def register(handler: Named) -> Named:
        _NAMED[name] = handler
        return handler

    return register


@handles(exp.Anonymous)
def _named_function(compiler: Compiler, node: exp.Anonymous) -> Value:
    handler = _NAMED.get(node.name.lower())
    if handler is None:
        known = [name.lower() for kind in _HANDLERS for name in _names(kind)]
        near = nearest(node.name, [*known, *_NAMED])
        raise ExpressionError(texts("rule.no_function", name=node.name, near=near))
    return handler(compiler, node.expressions)


def _names(kind: type[exp.Expr]) -> list[str]:
    return kind.sql_names() if issubclass(kind, exp.Func) else []


@contextmanager
def bounded() -> Iterator[None]:
    """Raises ExpressionError where the interpreter's stack ends: a long chain of signs nests, too."""
    try:
        yield
    except RecursionError:
        raise ExpressionError(texts("rule.too_many_terms")) from None


def parse(text: str) -> exp.Expr:
    """The tree of an expression or a query; raises ExpressionError with the place that is wrong."""
    try:
        with bounded():
            _refuse_nested([token.text.upper() for token in sqlglot.tokenize(text, read=DIALECT)])
            tree = sqlglot.parse_one(text, read=DIALECT)
            if any(_casts_within(cast) > MOST_NESTED for cast in tree.find_all(exp.Cast)):
                raise ExpressionError(texts("rule.too_deep", most=MOST_NESTED))
            return tree
    except SqlglotError as error:
        raise ExpressionError(_where(text, error)) from None


def _refuse_nested(words: Sequence[str]) -> None:
    if "[" in words:  # each level of them takes the parser twice as long as the one within
        raise ExpressionError(texts("rule.brackets"))
    if deepest(words, _OPENING, _CLOSING, _PREFIXES) > MOST_NESTED:
        raise ExpressionError(texts("rule.too_deep", most=MOST_NESTED))


def _casts_within(node: exp.Expr) -> int:
    """How many casts of casts these are, a::text::date; counted as far as the limit goes."""
    count = 0
    while isinstance(node, exp.Cast) and count <= MOST_NESTED:
        count, node = count + 1, node.this
    return count


def _where(text: str, error: SqlglotError) -> Text:
    details = getattr(error, "errors", None)
    if not details:
        return texts("rule.unclosed", text=text, words=in_english(str(error).splitlines()[0]))
    first = details[0]
    near = f"{first.get('start_context') or ''}▶{first.get('highlight') or ''}"[-60:]
    place = {"line": first["line"], "column": first["col"]}
    return texts("rule.unread", text=text, near=near, **place)


def _compiler(
    own: str, tables: Mapping[str, Schema], by: tuple[str, ...] | None
) -> tuple[Compiler, Scope]:
    scope = Scope({own: tables[own]}, tables={own: own})
    return Compiler(tables, scope, Seen(), own, by), scope


def compile_predicate(
    text: str,
    tables: Mapping[str, Schema],
    own: str,
    by: tuple[str, ...] | None = None,
    tolerance: Decimal | None = None,
) -> Predicate:
    """The condition `text` on the rows of the table `own`; raises ExpressionError.

    With `by` its aggregates are of the group of each row; a row without a value in one of these
    columns belongs to no known group. `tolerance` widens the comparisons of numbers.
    """
    compiler, _ = _compiler(own, tables, by)
    allowed = number(tolerance) if tolerance else None
    sql = replace(compiler, tolerance=allowed).condition(parse(text))
    if by:
        keys = [compiler.value(exp.column(name, quoted=True)).sql for name in by]
        lacking = " OR ".join(f"{key} IS NULL" for key in keys)
        sql = f"CASE WHEN {lacking} THEN NULL ELSE {sql} END"
    return Predicate(sql, tuple(compiler.seen.columns), frozenset(compiler.seen.tables))


@handles(exp.Column, parts=("table", "db"))
def _column(compiler: Compiler, node: exp.Column) -> Value:
    if isinstance(node.this, exp.Star) or node.args.get("db"):
        raise ExpressionError(texts("rule.table_and_column", what=node.sql(DIALECT)))
    alias_value = compiler.scope.aliases.get(node.name) if not node.table else None
    if alias_value is not None:
        return alias_value
    value, source, scope = compiler.scope.column(node.name, node.table)
    if scope.outer is None and source == compiler.own:
        name = value.sql.split(".", 1)[1].strip('"').replace('""', '"')
        if name != ROW:
            compiler.seen.columns[name] = None
    return value


def partition(compiler: Compiler, names: Sequence[str]) -> str:
    """The window of the groups by these columns of the own table."""
    if not names:
        return " OVER ()"
    keys = [compiler.scope.column(name, compiler.own)[0].sql for name in names]
    return f" OVER (PARTITION BY {', '.join(keys)})"


def alias(name: str) -> str:
    """`AS "name"`."""
    return f" AS {quoted(name)}"
