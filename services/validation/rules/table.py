"""A table as rules about cells see it, of a form or any other: its entries by row and column."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.model import table as form_table
from services.model.rule import Axis, Rule
from services.model.table import Role
from services.model.text import Text
from services.validation.findings import in_both
from services.validation.reading.placing.entries import Entry, Record
from services.validation.reading.placing.structure import Grid
from services.validation.workbook.cells import printed


@dataclass(frozen=True)
class Table:
    """Entries by (row, column). `values` are the columns that a rule is about where it names none.

    `named`: rows are called by codes of a form, not by their numbers.
    """

    sheet: str
    entries: Mapping[tuple[str, str], Entry]
    rows: Sequence[str]
    values: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    named: bool = False
    keys: Callable[[Sequence[str]], list[tuple[Any, ...]]] | None = None
    """What each row has in some columns, where that is more than its entries say: in a table with declared types."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """The cell of each column's heading."""
    called: Mapping[str, Text] = field(default_factory=dict)
    """What people call each column: what is printed above it, or which one of the sheet it is."""
    absent: frozenset[str] = frozenset()
    """Columns that aren't there, which other findings say."""
    decimals: int | None = None
    """Places to which its figures may be rounded, where a total says nothing else."""

    @classmethod
    def of_grid(cls, grid: Grid) -> "Table":
        """A figures table: rows are its codes."""
        values = tuple(column.id for column in grid.table.of_role(Role.VALUE))
        titles = {
            row.code: f"{row.code} – {row.label.removeprefix('- ')}" for row in grid.table.rows
        }
        return cls(
            grid.sheet,
            grid.entries,
            tuple(titles),
            values,
            titles,
            named=True,
            headings=grid.headings,
            called={
                column: in_both("validation.heading_at", letters=cell.rstrip("0123456789"))
                for column, cell in grid.headings.items()
            },
            absent=grid.absent,
        )

    @classmethod
    def of_records(
        cls,
        table: form_table.Table,
        sheet: str,
        records: list[Record],
        absent: frozenset[str] = frozenset(),
    ) -> "Table":
        """A record list: rows are the numbers of its lines; `absent` are columns that aren't there."""
        entries = {
            (str(record.row), key): e for record in records for key, e in record.entries.items()
        }
        titles = {column.id: column.headers[0][-1] for column in table.columns}
        called = {column: Text(f"“{title}”", f"“{title}”") for column, title in titles.items()}
        rows = tuple(str(record.row) for record in records)
        return cls(sheet, entries, rows, table.numbers, titles, called=called, absent=absent)

    def columns(self, rule: Rule) -> tuple[str, ...]:
        """The columns that a rule is about."""
        return rule.columns or self.values

    def by_rows(self, rule: Rule) -> bool:
        """Whether the names in a rule's expression are rows."""
        return self.named and rule.axis is Axis.ROWS

    def title(self, name: str) -> str:
        """A row or column as people call it."""
        return self.titles.get(name, name)

    def groups(self, rule: Rule) -> tuple[list[dict[str, list[str]]], list[str]]:
        """The rows of each group of a total over rows, by the code that they hold; and those that belong to none."""
        if not rule.code:
            return [{row: [row] for row in self.rows}], []
        found: dict[tuple[Any, ...], dict[str, list[str]]] = defaultdict(dict)
        without = []
        for row, key in zip(self.rows, self._keys(rule.by or ()), strict=True):
            code = self.written(row, rule.code)
            if None in key or not code:
                without.append(row)
            else:
                found[key].setdefault(code, []).append(row)
        return list(found.values()), without

    def _keys(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        if self.keys is not None:
            return self.keys(columns)
        return [tuple(self._value(row, column) for column in columns) for row in self.rows]

    def _value(self, row: str, column: str) -> Any:
        """What stands in a cell, as a value that others equal; None where it is blank."""
        entry = self.entries.get((row, column))
        if entry is None:
            return None
        return entry.reading.value if entry.reading.value is not None else text_of(entry) or None

    def written(self, row: str, column: str) -> str:
        """What is written in a cell, without the blanks around it."""
        entry = self.entries.get((row, column))
        return text_of(entry) if entry is not None else ""


@dataclass(frozen=True)
class Codes:
    """The codes that a column of a table lists."""

    title: str
    texts: frozenset[str]

    @classmethod
    def of(cls, tables: Mapping[str, Table], table: str, column: str) -> "Codes":
        """Those of a column."""
        texts = (tables[table].written(row, column) for row in tables[table].rows)
        return cls(f"{table}.{column}", frozenset(filter(None, texts)))

    def __contains__(self, code: object) -> bool:
        """Whether the column has this code."""
        return code in self.texts


def text_of(entry: Entry) -> str:
    """What is written in a cell, without the blanks around it."""
    return printed(entry.raw).strip()
