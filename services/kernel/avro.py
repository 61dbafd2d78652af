"""Avro made from classes: what their fields are, and their values as fastavro takes and gives them.

A field's annotation says all: `Annotated[int, "What it is."]` is an Avro int with that doc. Python has one type for
what Avro has several of, so a mark says which (`Long`, `digits`). A field marked `FLAT` is a dataclass whose fields
stand in the record itself: what many events begin with is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Mark:
    """The Avro type of a field, where the Python type leaves a choice; empty for one that is flat."""

    type: str = ""
    precision: int = 0
    scale: int = 0


FLAT: Final = Mark()
Long = Annotated[int, Mark("long")]
"""An integer of 64 bits; a plain `int` has 32."""


def digits(precision: int, scale: int) -> Mark:
    """The mark of a Decimal of so many digits, of which `scale` stand after the point."""
    return Mark("decimal", precision, scale)


@dataclass(frozen=True)
class _Field:
    name: str
    type: Any
    marks: tuple[Mark, ...]
    doc: str
    default: Any

    @property
    def is_flat(self) -> bool:
        return FLAT in self.marks


@cache
def fields_of(record: Any) -> tuple[_Field, ...]:
    """The fields of a frozen dataclass, with what their annotations say."""
    hints = get_type_hints(record, include_extras=True)
    found = []
    for field in fields(record):
        base, *marks = (
            get_args(hints[field.name]) if _is_annotated(hints[field.name]) else [hints[field.name]]
        )
        doc = next((mark for mark in marks if isinstance(mark, str)), "")
        kept = tuple(mark for mark in marks if isinstance(mark, Mark))
        found.append(_Field(field.name, base, kept, doc, field.default))
    return tuple(found)


def _is_annotated(hint: Any) -> bool:
    return get_origin(hint) is Annotated


def present_in(hint: Any) -> Any:
    """The type of a value that may be lacking, where it is there."""
    return next(argument for argument in get_args(hint) if argument is not NoneType)


def to_avro(value: Any) -> dict[str, Any]:
    """A value of such a class as fastavro writes it."""
    record: Any = type(value)
    found: dict[str, Any] = _to(record)(value)
    return found


def from_avro(record: type[T], data: Mapping[str, Any]) -> T:
    """The value of what fastavro has read with the schema of `record`; `data` may say more, not less."""
    kind: Any = record
    found: T = _from(kind)(data)
    return found


@cache
def _to(record: Any) -> Convert:
    flat = [(field.name, _to(field.type)) for field in fields_of(record) if field.is_flat]
    deep = [
        (field.name, to)
        for field in fields_of(record)
        if not field.is_flat and (to := _to_hint(field.type)) is not None
    ]

    def convert(value: Any) -> dict[str, Any]:
        data: dict[str, Any] = vars(value).copy()
        for name, to in flat:
            data.update(to(data.pop(name)))
        for name, to in deep:
            data[name] = to(data[name])
        return data

    return convert


def _to_hint(hint: Any) -> Convert | None:
    """What makes a field's value fit for fastavro; None where it is already."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional(_to_hint(present_in(hint)))
    if origin is tuple:
        return _list_of(_to_hint(arguments[0]))
    if origin is None and is_dataclass(hint):
        return _to(cast(Any, hint))
    return None


@cache
def _from(record: Any) -> Convert:
    """Without the class's own `__init__`, which costs a frozen one more than all of Avro: the schema was its check."""
    names = [field.name for field in fields_of(record) if not field.is_flat]
    plain = itemgetter(*names) if len(names) > 1 else lambda data: [data[name] for name in names]
    flat = [(field.name, _from(field.type)) for field in fields_of(record) if field.is_flat]
    deep = [
        (field.name, of)
        for field in fields_of(record)
        if not field.is_flat and (of := _from_hint(field.type)) is not None
    ]

    def convert(data: Mapping[str, Any]) -> Any:
        made = object.__new__(record)
        values = vars(made)
        values.update(zip(names, plain(data), strict=True))
        for name, of in flat:
            values[name] = of(data)
        for name, of in deep:
            values[name] = of(values[name])
        return made

    return convert


def _from_hint(hint: Any) -> Convert | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional(_from_hint(present_in(hint)))
    if origin is tuple:
        return _tuple_of(_from_hint(arguments[0]))
    if origin is not None:
        return None
    if is_dataclass(hint):
        return _from(cast(Any, hint))
    return {symbol.value: symbol for symbol in hint}.__getitem__ if issubclass(hint, Enum) else None


def _optional(convert: Convert | None) -> Convert | None:
    return convert and (lambda value: None if value is None else convert(value))


def _list_of(convert: Convert | None) -> Convert:
    return list if convert is None else lambda values: [convert(value) for value in values]


def _tuple_of(convert: Convert | None) -> Convert:
    return tuple if convert is None else lambda values: tuple([convert(value) for value in values])
