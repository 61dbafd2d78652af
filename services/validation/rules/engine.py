"""Runs compiled rules over frames with polars: pass, fail, or undecided, for each row.

Rules of one table run in one query. One that raises is undecided for all its rows, with polars' own
words, and doesn't stop the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import polars as pl

from services.model.cell_rules import limit_of
from services.model.combinations import Combinations, Part
from services.model.compiled_rule import (
    CompiledRule,
    OfCells,
    OfQuery,
    OfRows,
    OfTable,
    compile_rule,
)
from services.model.expression import ROW, ColumnType, ExpressionError, Kind, Schema, quoted
from services.model.expression.values import DIGITS
from services.model.messages import texts
from services.model.rule import IfMissing, Rule
from services.model.text import AND, ModelError, Text, in_english, joined
from services.validation.rules.cells import limits, verdicts
from services.validation.rules.table import Codes, Table
from services.validation.rules.verdict import Outcome, by_row

MOST_COMBINATIONS = 5_000_000
_ONE_BY_ONE = 1
_SEVERAL_ROWS = "aggregation 'item' expected"
"""How polars begins to say that a subquery gave more than one value."""


@dataclass(frozen=True)
class Frame:
    """A table for rules. Its rows are numbered from 1 in the column `_row`."""

    data: pl.DataFrame = field(repr=False)

    @classmethod
    def of(cls, data: pl.DataFrame) -> "Frame":
        """The frame of a table without row numbers."""
        return cls(data.with_row_index(ROW, offset=1))

    def keys(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """What each row has in these columns, as conditions see it."""
        return self.data.select(columns).rows() if columns else [()] * self.data.height

    @cached_property
    def schema(self) -> Schema:
        """The columns by name."""
        return {name: column_type(dtype) for name, dtype in self.data.schema.items()}


def column_type(dtype: pl.DataType) -> ColumnType:
    """What a column of polars is to the language; raises ValueError for what it can't be."""
    if isinstance(dtype, pl.Decimal):
        return ColumnType(Kind.NUMBER, dtype.scale)
    if dtype.is_integer():
        return ColumnType(Kind.NUMBER)
    if dtype.is_float():
        return ColumnType(Kind.APPROXIMATE)
    kinds = {pl.String: Kind.TEXT, pl.Date: Kind.DATE, pl.Boolean: Kind.BOOLEAN, pl.Null: Kind.NULL}
    for one, kind in kinds.items():
        if dtype == one:
            return ColumnType(kind)
    raise ValueError(f"a column of {dtype} is nothing that rules know")


def run_rules(
    rules: Sequence[Rule], frames: Mapping[str, Frame], tables: Mapping[str, Table] | None = None
) -> list[Outcome]:
    """The outcome of each rule, in their order. Raises ExpressionError, naming the rule, before any runs.

    Rules about cells need the `tables` of the frames, by the same names.
    """
    schemas = tuple((name, tuple(frame.schema.items())) for name, frame in frames.items())
    compiled = [(rule, compile_for(rule, schemas)) for rule in rules]
    engine = _Engine(frames)
    outcomes: dict[int, Outcome] = {}
    by_table: dict[str, list[int]] = {}
    for index, (rule, one) in enumerate(compiled):
        if isinstance(one, OfRows):
            by_table.setdefault(rule.table, []).append(index)
        elif isinstance(one, OfCells):
            outcomes[index] = _of_cells(one, frames, tables or {})
        else:
            outcomes[index] = engine.of_table(rule, one)
    for table, indices in by_table.items():
        found = engine.of_rows(table, [compiled[index] for index in indices])
        outcomes |= dict(zip(indices, found, strict=True))
    return [outcomes[index] for index in range(len(rules))]


def _of_cells(
    compiled: OfCells, frames: Mapping[str, Frame], tables: Mapping[str, Table]
) -> Outcome:
    """A rule about cells, for each row."""
    table = tables[compiled.rule.table]
    when = None
    if compiled.rule.when:
        (limit,) = run_rules([limit_of(compiled.rule)], frames)
        if limit.error:
            return limit
        when = limits(table.rows, limit)
    lists = (
        {compiled.rule.expression: Codes.of(tables, *compiled.listed)} if compiled.listed else {}
    )
    return by_row(table.rows, verdicts(compiled.rule, table, lists, when))


@lru_cache(maxsize=1024)
def compile_for(
    rule: Rule, schemas: tuple[tuple[str, tuple[tuple[str, ColumnType], ...]], ...]
) -> CompiledRule:
    """The rule over tables of these columns; forms come again and again, so it is kept."""
    try:
        return compile_rule(rule, {name: dict(columns) for name, columns in schemas})
    except ModelError as error:
        raise ExpressionError(texts("rule.of", rule=rule.id, problem=error.text)) from None
    except ValueError as error:
        problem = texts("rule.unforeseen", words=in_english(str(error)))
        raise ExpressionError(texts("rule.of", rule=rule.id, problem=problem)) from None


class NotComputed(Exception):
    """What a rule asks can't be computed of these figures; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text

    @classmethod
    def by_polars(cls, words: str) -> "NotComputed":
        """With the library's own words, but where they can be said better."""
        if words.startswith(_SEVERAL_ROWS):
            return cls(texts("rule.several_rows"))
        return cls(texts("rule.not_computed", words=in_english(words)))


class _Engine:
    """One SQL context over the frames."""

    def __init__(self, frames: Mapping[str, Frame]) -> None:
        self._frames = frames
        self._context = pl.SQLContext({name: frame.data for name, frame in frames.items()})

    def of_rows(self, table: str, rules: Sequence[tuple[Rule, CompiledRule]]) -> list[Outcome]:
        """All rules of the table at once; where that raises, one by one."""
        predicates = [one.predicate for _, one in rules if isinstance(one, OfRows)]
        try:
            verdicts = self._verdicts(table, [predicate.sql for predicate in predicates])
        except NotComputed as error:
            if len(rules) == _ONE_BY_ONE:
                height = self._frames[table].data.height
                rows = tuple(range(1, height + 1))
                return [Outcome(0, 0, height, (), rows, (), predicates[0].columns, error.text)]
            return [outcome for rule in rules for outcome in self.of_rows(table, [rule])]
        return [
            _outcome(verdict, rule, one.columns)
            for verdict, (rule, _), one in zip(verdicts, rules, predicates, strict=True)
        ]

    def _verdicts(self, table: str, predicates: Sequence[str]) -> list[pl.Series]:
        listed = ", ".join(f"{sql} AS {quoted(str(n))}" for n, sql in enumerate(predicates))
        key = f"{quoted(table)}.{quoted(ROW)}"
        frame = self._query(f"SELECT {key} AS {quoted(ROW)}, {listed} FROM {quoted(table)}")
        height = self._frames[table].data.height
        if frame.height != height or frame[ROW].n_unique() != height:
            raise NotComputed(texts("rule.several_rows"))
        # A subquery is a join to polars, and a join may change the order of rows.
        ordered = frame.sort(ROW).drop(ROW)
        return [column.cast(pl.Boolean) for column in ordered.get_columns()]

    def _query(self, sql: str) -> pl.DataFrame:
        """The answer of polars; raises NotComputed for whatever it raises, its panics included."""
        try:
            return self._context.execute(sql, eager=True)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:
            words = str(error).partition("\n")[0] or type(error).__name__
            raise NotComputed.by_polars(words) from None

    def of_table(self, rule: Rule, compiled: CompiledRule) -> Outcome:
        """A rule that isn't of rows."""
        try:
            if isinstance(compiled, OfTable):
                return self._exists(rule, compiled)
            if isinstance(compiled, Combinations):
                return self._combinations(rule, compiled)
            assert isinstance(compiled, OfQuery)
            return self._offenders(rule, compiled)
        except NotComputed as error:
            return Outcome(undecided=1, error=error.text)

    def _exists(self, rule: Rule, compiled: OfTable) -> Outcome:
        (verdicts,) = self._verdicts(rule.table, [compiled.predicate.sql])
        rows = tuple((verdicts.fill_null(False).arg_true() + 1).to_list())
        certain, possible = len(rows), len(rows) + verdicts.null_count()
        wanted = compiled.exactly
        if wanted is None:
            state = True if certain else None if possible else False
        elif certain == possible:
            state = certain == wanted
        else:
            state = None if certain <= wanted <= possible else False
        state = _decided(state, rule.missing)
        columns = compiled.predicate.columns
        if state is False:
            too_many = wanted is not None and certain > wanted
            lacking = () if too_many else ({"expression": rule.expression},)
            return Outcome(0, 1, 0, rows if too_many else (), (), lacking, columns)
        return Outcome(int(state is True), 0, int(state is None), columns=columns)

    def _combinations(self, rule: Rule, compiled: Combinations) -> Outcome:
        data = self._frames[rule.table].data
        names = [part.column for part in compiled.parts]
        wanted = pl.DataFrame({ROW: [0]})
        for part in compiled.parts:
            values = self._values(part, data)
            if wanted.height * values.height > MOST_COMBINATIONS:
                raise NotComputed(texts("rule.combinations", most=MOST_COMBINATIONS))
            wanted = wanted.join(values, how="cross")
        wanted, present = _aligned(wanted.drop(ROW), data.select(names).unique())
        lacking = wanted.join(present, on=names, how="anti", maintain_order="left")
        rows = tuple(lacking.to_dicts())
        return Outcome(wanted.height - len(rows), len(rows), 0, lacking=rows, columns=tuple(names))

    def _values(self, part: Part, data: pl.DataFrame) -> pl.DataFrame:
        if part.numbers is not None:
            first, last = part.numbers
            numbers = pl.Series(part.column, range(first, last + 1), dtype=pl.Int64)
            text = data.schema[part.column] == pl.String
            series = numbers.cast(pl.String() if text else pl.Decimal(DIGITS, 0))
        elif part.table:
            series = self._frames[part.table].data[part.source].alias(part.column)
        else:
            series = data[part.column]
        return series.drop_nulls().unique(maintain_order=True).to_frame()

    def _offenders(self, rule: Rule, compiled: OfQuery) -> Outcome:
        try:
            return self._rows_of(rule, self._query(compiled.query.sql))
        # A date before the year 1, or after 9999; far beyond them the library panics.
        except (ValueError, OverflowError, pl.exceptions.PanicException) as error:
            raise NotComputed.by_polars(str(error)) from None

    def _rows_of(self, rule: Rule, found: pl.DataFrame) -> Outcome:
        """The rows that a query returned, and what it made up."""
        data = self._frames[rule.table].data
        if ROW in found.columns:
            rows = sorted(set(found[ROW].drop_nulls().to_list()))
            return Outcome(data.height - len(rows), len(rows), 0, tuple(rows))
        found = found.unique(maintain_order=True)
        rows = []
        if found.width and set(found.columns) <= set(data.columns):
            shared = found.columns
            found, own = _aligned(found, data)
            rows = own.join(found, on=shared, how="semi", nulls_equal=True)[ROW].sort().to_list()
            found = found.join(own, on=shared, how="anti", nulls_equal=True, maintain_order="left")
        lacking = tuple(found.to_dicts())
        failed = len(rows) + len(lacking)
        return Outcome(data.height - len(rows), failed, 0, tuple(rows), (), lacking)


def _aligned(rows: pl.DataFrame, data: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with the same type in the columns of the first; raises NotComputed where none would do."""
    types: dict[str, pl.DataType] = {}
    for name, dtype in rows.schema.items():
        other = data.schema[name]
        kinds = {column_type(dtype).kind, column_type(other).kind}
        if kinds == {Kind.NUMBER}:
            scale = max(column_type(kind).scale for kind in (dtype, other))
            types[name] = pl.Decimal(DIGITS, scale)
        elif len(kinds - {Kind.NULL}) <= 1:
            types[name] = dtype if other == pl.Null else other
        else:
            shown = joined((kind.words for kind in sorted(kinds)), AND)
            raise NotComputed(texts("rule.column_of_kinds", column=name, kinds=shown))
    try:
        casts = [pl.col(name).cast(dtype) for name, dtype in types.items()]
        return rows.with_columns(casts), data.with_columns(casts)
    except pl.exceptions.PolarsError as error:
        raise NotComputed.by_polars(str(error).partition("\n")[0]) from None


def _decided(state: bool | None, missing: IfMissing) -> bool | None:
    if state is not None or missing is IfMissing.UNDECIDED:
        return state
    return missing is IfMissing.PASS


def _outcome(verdict: pl.Series, rule: Rule, columns: Iterable[str]) -> Outcome:
    if rule.missing is not IfMissing.UNDECIDED:
        verdict = verdict.fill_null(rule.missing is IfMissing.PASS)
    failing = tuple(((~verdict).fill_null(False).arg_true() + 1).to_list())
    unknown = tuple((verdict.is_null().arg_true() + 1).to_list())
    passed = len(verdict) - len(failing) - len(unknown)
    return Outcome(passed, len(failing), len(unknown), failing, unknown, (), tuple(columns))
