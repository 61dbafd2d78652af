"""Between values and the rows that keep them: field by field, or whole in a column of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
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
                field.name: getattr(row, self.names.get(field.name, field.name))
                for field in fields(self.value)
            }
        )


class Json(sa.types.TypeDecorator[Any]):
    """A column of JSON whose values are `kind`: a dataclass, or a tuple of such. Null is None.

    What a row of before does not say gets the field's default.
    """

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Ready for JSON: times as ISO 8601 writes them."""
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """The value; raises pydantic's ValidationError for what is none."""
        return None if value is None else self._adapter.validate_python(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """What stands beside it in a condition is a name or a path within it, as for JSONB."""
        return self.impl_instance.coerce_compared_value(op, value)
