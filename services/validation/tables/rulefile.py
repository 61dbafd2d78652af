"""RULES.yaml: the rules of a table, and the types of its columns where they are declared."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from services.model.expression.values import nearest
from services.model.rule import CellType, Rule, RuleKind
from services.model.table import repeated
from services.model.text import ModelError, load_written_yaml, read
from services.validation.tables.reading import ColumnKind

DATA = "data"
"""What the table itself is called in expressions."""
_KEYS = ("rules", "columns")
_LISTS = ("by", "columns", "order")
_CELLS = (RuleKind.REQUIRED, RuleKind.TYPE, RuleKind.CODELIST)


@dataclass(frozen=True)
class RuleFile:
    """Rules with their defaults filled in; `columns` are types by column, or by table.column."""

    rules: tuple[Rule, ...]
    columns: Mapping[str, ColumnKind]

    def declared(self, table: str) -> dict[str, ColumnKind]:
        """The types declared for the columns of a table."""
        found = {}
        for name, kind in self.columns.items():
            owner, dot, column = name.partition(".")
            if dot and owner == table:
                found[column] = kind
            elif not dot and table == DATA:
                found[name] = kind
        return found

    def typed(self, table: str) -> dict[str, tuple[ColumnKind, ...]]:
        """The columns of which rules of kind type list what isn't of their types, and these."""
        found: dict[str, tuple[ColumnKind, ...]] = {}
        for rule in self.rules:
            lists_all = rule.kind is RuleKind.TYPE and rule.table == table and not rule.when
            if lists_all and rule.expression in set(CellType):
                for name in rule.columns:
                    found[name] = (*found.get(name, ()), ColumnKind(rule.expression))
        return found


def load_rules(path: Path) -> RuleFile:
    """The rules of a file; raises ModelError naming the file, the rule and the key that is wrong."""
    try:
        content = load_written_yaml(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ModelError(f"{path.name}: not UTF-8") from None
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise ModelError(
            f"{path.name}: write rules: and below it a list, each with id and expression"
        )
    _known(f"{path.name}", content, _KEYS)
    rules = [_rule(path.name, number, one) for number, one in enumerate(content["rules"], 1)]
    if problems := repeated("rule", (rule.id for rule in rules)):
        raise ModelError(f"{path.name}: {'; '.join(problems)}")
    declared = content.get("columns") or {}
    if not isinstance(declared, dict):
        raise ModelError(f"{path.name}: columns: write name: type, one a line")
    columns = {str(name): _kind(path.name, name, kind) for name, kind in declared.items()}
    return RuleFile(tuple(rules), columns)


def _known(where: str, data: Mapping[Any, Any], names: tuple[str, ...]) -> None:
    for name in data:
        if name not in names:
            raise ModelError(f"{where}: unknown key {name}: {nearest(str(name), names)}")


def _kind(file: str, name: Any, kind: Any) -> ColumnKind:
    try:
        return ColumnKind(kind)
    except ValueError:
        raise ModelError(
            f"{file}: columns: {name}: no type {kind}: {nearest(str(kind), ColumnKind)}"
        ) from None


def _rule(file: str, number: int, given: Any) -> Rule:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str | int):
        raise ModelError(f"{file}: rule {number} has no id")
    where = f"{file}: rule {given['id']}"
    _known(where, given, tuple(field.name for field in fields(Rule)))
    data: dict[str, Any] = (
        {"kind": "check", "table": DATA, "level": None} | given | {"id": str(given["id"])}
    )
    if not isinstance(data["kind"], str) or data["kind"] not in set(RuleKind):
        raise ModelError(f"{where}: no kind {data['kind']}: {nearest(str(data['kind']), RuleKind)}")
    if not isinstance(data.get("expression"), str | int) or isinstance(data["expression"], bool):
        raise ModelError(f"{where}: expression is missing, or no text")
    data["expression"] = unicodedata.normalize("NFC", str(data["expression"]))
    if isinstance(data.get("when"), str):
        data["when"] = unicodedata.normalize("NFC", data["when"])
    for name in _LISTS:
        if isinstance(data.get(name), str):
            data[name] = [column.strip() for column in data[name].split(",")]
    if isinstance(data.get("message"), str):
        data["message"] = {"vi": data["message"], "en": data["message"]}
    if isinstance(data.get("tolerance"), int | float):
        data["tolerance"] = repr(data["tolerance"])
    if data["kind"] == RuleKind.TOTAL and "axis" not in data and "code" not in data:
        data["axis"] = "columns"
    if data["level"] is None:
        data["level"] = 0 if RuleKind(data["kind"]) in _CELLS else 1
    return read(Rule, data, where)
