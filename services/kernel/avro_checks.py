"""What is looked at in data before they are written: what Avro alone would let pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

Check = Callable[[Any, str], None]


def check_of(schema: Any, named: dict[str, Check | None]) -> Check | None:
    """What has to be looked at in data of this schema before it is written; None where nothing can go wrong."""
    if isinstance(schema, str):
        return PRIMITIVES.get(schema) or named.get(schema)
    if isinstance(schema, list):
        return _check_of_union([check_of(branch, named) for branch in schema])
    logical = schema.get("logicalType")
    if logical == "timestamp-micros":
        return _check_time
    if logical == "decimal":
        return _check_of_decimal(schema["precision"], schema.get("scale", 0))
    if schema["type"] == "array":
        return _check_of_items(check_of(schema["items"], named))
    if schema["type"] == "record":
        check = _check_of_record(schema, named)
        named[schema["name"]] = check
        return check
    return PRIMITIVES.get(schema["type"]) if logical is None else None


def _check_of_union(checks: list[Check | None]) -> Check | None:
    present = [check for check in checks if check]
    if not present:
        return None

    def check(value: Any, where: str) -> None:
        if value is not None:
            present[0](value, where)

    return check


def _check_of_items(item: Check | None) -> Check | None:
    if item is None:
        return None

    def check(values: Any, where: str) -> None:
        for index, value in enumerate(values):
            item(value, f"{where}[{index}]")

    return check


def _check_of_record(schema: Mapping[str, Any], named: dict[str, Check | None]) -> Check:
    fields = {field["name"] for field in schema["fields"]}
    pairs = [(field["name"], check_of(field["type"], named)) for field in schema["fields"]]
    checks = [(name, check) for name, check in pairs if check]

    def check(data: Any, where: str) -> None:
        unknown = data.keys() - fields
        if unknown:
            _refuse(where, f"unknown fields {sorted(unknown)}")
        for name, check_field in checks:
            if name in data:
                check_field(data[name], f"{where}.{name}")

    return check


def _check_time(value: Any, where: str) -> None:
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        _refuse(where, "not a time in UTC")


def _check_float(value: Any, where: str) -> None:
    if value != value:
        _refuse(where, "not a number")


def _check_of_range(bits: int) -> Check:
    limit = 1 << (bits - 1)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, int) or not -limit <= value < limit:
            _refuse(where, f"not an integer of {bits} bits")

    return check


def _check_of_decimal(precision: int, scale: int) -> Check:
    limit = Decimal(10) ** (precision - scale)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, Decimal) or not value.is_finite():
            _refuse(where, "not a finite decimal")
        exponent = value.as_tuple().exponent
        if abs(value) >= limit or (isinstance(exponent, int) and exponent < -scale):
            _refuse(where, f"does not fit decimal({precision}, {scale})")

    return check


PRIMITIVES: Mapping[str, Check] = {
    "float": _check_float,
    "double": _check_float,
    "int": _check_of_range(32),
    "long": _check_of_range(64),
}


def _refuse(where: str, why: str) -> NoReturn:
    raise ValueError(f"{where}: {why}")
