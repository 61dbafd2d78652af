"""The Avro schema of a frozen dataclass, made from the annotations of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from services.kernel.avro import Mark, fields_of, present_in

NAMESPACE: Final = "vn.solieu"
PLAIN: Final[Mapping[Any, Any]] = {
    str: "string",
    int: "int",
    bool: "boolean",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
}


def _doc(record: type) -> str:
    return " ".join((record.__doc__ or "").split())


def schema(record: type) -> dict[str, Any]:
    """The Avro schema of a frozen dataclass. Raises TypeError for a field that Avro has no type for here."""
    named: set[str] = set()
    head = {"type": "record", "name": record.__name__, "namespace": NAMESPACE, "doc": _doc(record)}
    return {**head, "fields": _written(record, named)}


def _written(record: type, named: set[str]) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    for field in fields_of(record):
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
        return ["null", _type(present_in(hint), (), named)]
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], (), named)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "map", "values": _type(arguments[1], (), named)}
    return PLAIN[hint] if hint in PLAIN else _named(hint, named)


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
