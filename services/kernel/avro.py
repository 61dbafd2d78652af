"""Avro made from classes: the schema of a frozen dataclass, and its values as fastavro takes and gives them.

A field's annotation says all: `Annotated[int, "What it is."]` is an Avro int with that doc. Python has one type for
what Avro has several of, so a mark says which (`Long`, `digits`). A field marked `FLAT` is a dataclass whose fields
stand in the record itself: what many events begin with is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]
NAMESPACE: Final = "vn.solieu"


@dataclass(frozen=True)
class Mark:
    """The Avro type of a field, where the Python type leaves a choice; empty for one that is flat."""

    type: str = ""
    precision: int = 0
    scale: int = 0


FLAT: Final = Mark()
Long = Annotated[int, Mark("long")]
"""An integer of 64 bits; a plain `int` has 32."""
PLAIN: Final[Mapping[Any, Any]] = {
    str: "string",
    int: "int",
    bool: "boolean",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
}


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
def _fields(record: Any) -> tuple[_Field, ...]:
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


def _doc(record: type) -> str:
    return " ".join((record.__doc__ or "").split())


# -- schemas


def schema(record: type) -> dict[str, Any]:
    """The Avro schema of a frozen dataclass. Raises TypeError for a field that Avro has no type for here."""
    named: set[str] = set()
    head = {"type": "record", "name": record.__name__, "namespace": NAMESPACE, "doc": _doc(record)}
    return {**head, "fields": _written(record, named)}


def _written(record: type, named: set[str]) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    for field in _fields(record):
        if field.is_flat:
            written += _written(field.type, named)
            continue
        entry = {"name": field.name, "type": _type(field.type, field.marks, named)}
        if field.default is not MISSING:
            entry["default"] = field.default
        written.append({**entry, "doc": field.doc} if field.doc else entry)
    return written


def _type(hint: Any, marks: tuple[Mark, ...], named: set[str]) -> Any:
    for mark in marks:
        if mark.type != "decimal":
            return mark.type
        digits = {"precision": mark.precision, "scale": mark.scale}
        return {"type": "bytes", "logicalType": "decimal", **digits}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(arguments[0], tuple(m for m in arguments[1:] if isinstance(m, Mark)), named)
    if origin in (Union, UnionType):
        return ["null", _type(_present(hint), (), named)]
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], (), named)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "map", "values": _type(arguments[1], (), named)}
    return PLAIN[hint] if hint in PLAIN else _named(hint, named)


def _present(hint: Any) -> Any:
    return next(argument for argument in get_args(hint) if argument is not NoneType)


def _named(hint: type, named: set[str]) -> Any:
    """A type with a name: written out the first time, named from then on."""
    if hint.__name__ in named:
        return hint.__name__
    named.add(hint.__name__)
    if issubclass(hint, Enum):
        symbols = [symbol.value for symbol in hint]
        return {"type": "enum", "name": hint.__name__, "symbols": symbols}
    if not is_dataclass(hint):
        raise TypeError(f"no Avro type for {hint}")
    schema = {"type": "record", "name": hint.__name__, "doc": _doc(hint)}
    return {**schema, "fields": _written(hint, named)}


# -- values


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
    flat = [(field.name, _to(field.type)) for field in _fields(record) if field.is_flat]
    deep = [
        (field.name, to)
        for field in _fields(record)
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
        return _optional(_to_hint(_present(hint)))
    if origin is tuple:
        return _list_of(_to_hint(arguments[0]))
    if origin is None and is_dataclass(hint):
        return _to(cast(Any, hint))
    return None


@cache
def _from(record: Any) -> Convert:
    """Without the class's own `__init__`, which costs a frozen one more than all of Avro: the schema was its check."""
    names = [field.name for field in _fields(record) if not field.is_flat]
    plain = itemgetter(*names) if len(names) > 1 else lambda data: [data[name] for name in names]
    flat = [(field.name, _from(field.type)) for field in _fields(record) if field.is_flat]
    deep = [
        (field.name, of)
        for field in _fields(record)
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
        return _optional(_from_hint(_present(hint)))
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
