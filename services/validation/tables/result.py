"""What `solieu validate` says: counts for each rule, and every row that fails."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from services.model.enumerations import Severity
from services.model.expression.values import nearest
from services.model.messages import texts
from services.model.rule import Rule
from services.model.text import ModelError, Text, joined
from services.validation.rules.engine import Frame, run_rules
from services.validation.rules.verdict import Outcome
from services.validation.tables.opening import TableError
from services.validation.tables.reading import PlainTable, read_table, short
from services.validation.tables.rulefile import DATA, RuleFile, load_rules


class Result:
    """The outcomes of a rule file over a table; `key` are the columns that name a row."""

    def __init__(
        self,
        rules: Sequence[Rule],
        outcomes: Sequence[Outcome],
        frames: Mapping[str, Frame],
        key: Sequence[str],
    ) -> None:
        self.rules = rules
        self.outcomes = outcomes
        self._frames = frames
        self._key = tuple(key)

    @property
    def fails(self) -> bool:
        """Whether a rule of severity error failed."""
        pairs = zip(self.rules, self.outcomes, strict=True)
        return any(one.failed and rule.severity is Severity.ERROR for rule, one in pairs)

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it: every failing row, numbered from 1 without the header."""
        pairs = zip(self.rules, self.outcomes, strict=True)
        return {"rules": [self._rule(rule, one) for rule, one in pairs]}

    def _rule(self, rule: Rule, outcome: Outcome) -> dict[str, Any]:
        return {
            "id": rule.id,
            "pass": outcome.passed,
            "fail": outcome.failed,
            "undecided": outcome.undecided,
            "failing": self.failing(rule, outcome),
        }

    def failing(self, rule: Rule, outcome: Outcome) -> list[dict[str, Any]]:
        """The rows that fail by key and number; for what lacks the key says what, and row is null."""
        keys = self.keys(rule.table, outcome.failing)
        rows = [{"key": key, "row": row} for key, row in zip(keys, outcome.failing, strict=True)]
        return rows + [{"key": self._lacking(lack), "row": None} for lack in outcome.lacking]

    def keys(self, table: str, rows: Sequence[int]) -> list[Any]:
        """The key of each row: a value, a list where the key has several columns, null without one."""
        data = self._frames[table].data
        if not self._key or not set(self._key) <= set(data.columns):
            return [None] * len(rows)
        chosen = data[[row - 1 for row in rows]].select(self._key).rows()
        return [_of_columns(values) for values in chosen]

    def _lacking(self, lack: Mapping[str, Any]) -> Any:
        if self._key and set(self._key) <= set(lack):
            return _of_columns([lack[name] for name in self._key])
        if len(lack) == 1:
            return plain(next(iter(lack.values())))
        return {name: plain(value) for name, value in lack.items()}


def _of_columns(values: Sequence[Any]) -> Any:
    return plain(values[0]) if len(values) == 1 else [plain(value) for value in values]


def plain(value: Any) -> Any:
    """A value as JSON has it; a decimal that a float can't hold is text."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def validate_table(
    data: Path, rules: Path, others: Mapping[str, Path], key: Sequence[str]
) -> Result:
    """The rules over the table and those beside it; raises ModelError that says how to mend it."""
    loaded = load_rules(rules)
    read = {
        name: read_table(path, loaded.declared(name), loaded.typed(name))
        for name, path in ({DATA: data} | dict(others)).items()
    }
    frames = {name: one.frame for name, one in read.items()}
    cells = {name: one.cells for name, one in read.items()}
    _check_key(data, frames[DATA], key)
    _check_declared(rules, loaded, frames)
    try:
        outcomes = run_rules(loaded.rules, frames, cells)
    except ModelError as error:
        why = _why_text(str(error), read)
        raise ModelError(joined([f"{rules.name}: ", error.text, *why])) from None
    return Result(loaded.rules, outcomes, frames, key)


def _why_text(problem: str, tables: Mapping[str, PlainTable]) -> list[Text]:
    """The cells for which columns of numbers that the problem names are text."""
    return [
        texts("rule.text_because", column=column, table=name, row=cell[0], shown=short(cell[1]))
        for name, table in tables.items()
        for column in table.frame.data.columns
        if "text" in problem and _names(problem, column) and (cell := table.no_number(column))
    ]


def _names(problem: str, column: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", problem) is not None


def _check_key(data: Path, frame: Frame, key: Sequence[str]) -> None:
    for name in key:
        if name not in frame.data.columns:
            raise TableError(
                "validate.table.no_key", file=data.name, name=name, near=nearest(name, frame.schema)
            )


def _check_declared(rules: Path, loaded: RuleFile, frames: Mapping[str, Frame]) -> None:
    for name in loaded.columns:
        owner, dot, _ = name.partition(".")
        if dot and owner not in frames:
            problem = texts("rule.no_table", name=owner, near=nearest(owner, frames))
            raise ModelError(joined([f"{rules.name}: columns: ", problem]))
