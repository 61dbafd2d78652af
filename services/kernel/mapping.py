"""Between a value and the row that keeps it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlmodel import SQLModel

from services.kernel.events import Row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

V = TypeVar("V", bound="DataclassInstance")


@dataclass(frozen=True)
class Mapped(Generic[V]):
    """That a table keeps a value's fields in columns of the same names, or of those that `names` gives.

    What stands in a column as it is in the value: text, numbers, times, and lists that are neither changed nor sorted.
    """

    value: type[V]
    table: type[SQLModel]
    names: Mapping[str, str] = field(default_factory=dict)

    def row(self, value: V, **more: Any) -> Row:
        """The row of a value; `more` are columns that are none of its fields."""
        columns = {self.names.get(name, name): kept for name, kept in vars(value).items()}
        return Row(self.table, columns | more)

    def of(self, row: SQLModel) -> V:
        """Back from `row`."""
        return self.value(
            **{
                one.name: getattr(row, self.names.get(one.name, one.name))
                for one in fields(self.value)
            }
        )
