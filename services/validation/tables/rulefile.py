"""RULES.yaml: the rules of a table, and the types of its columns where they are declared."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from services.model.expression.values import nearest
from services.model.messages import texts
from services.model.rule import CellType, Rule, RuleKind
from services.model.table import repeated
from services.model.text import ModelError, joined, read
from services.model.written import load_written_yaml
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
    content = load_written_yaml(path)
    try:
        return _rule_file(content)
    except ModelError as error:
        raise ModelError(joined([f"{path.name}: ", error.text])) from None


def _rule_file(content: Any) -> RuleFile:
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise ModelError(texts("rule.file.rules"))
    _known(content, _KEYS)
    rules = [_rule(number, one) for number, one in enumerate(content["rules"], 1)]
    if problems := repeated("rule.twice", (rule.id for rule in rules)):
        raise ModelError(joined(problems, "; "))
    declared = content.get("columns") or {}
    if not isinstance(declared, dict):
        raise ModelError(texts("rule.file.columns"))
    columns = {str(name): _kind(name, kind) for name, kind in declared.items()}
    return RuleFile(tuple(rules), columns)


def _known(data: Mapping[Any, Any], names: tuple[str, ...]) -> None:
    for name in data:
        if name not in names:
            near = nearest(str(name), names)
            raise ModelError(texts("rule.unknown_key", name=name, near=near))


def _kind(name: Any, kind: Any) -> ColumnKind:
    try:
        return ColumnKind(kind)
    except ValueError:
        problem = texts("rule.no_type", name=kind, near=nearest(str(kind), ColumnKind))
        raise ModelError(joined([f"columns: {name}: ", problem])) from None


def _rule(number: int, given: Any) -> Rule:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str | int):
        raise ModelError(texts("rule.no_id", number=number))
    try:
        _known(given, tuple(field.name for field in fields(Rule)))
        return read(Rule, _filled(given), "")
    except ModelError as error:
        raise ModelError(texts("rule.of", rule=given["id"], problem=error.text)) from None


def _filled(given: dict[Any, Any]) -> dict[str, Any]:
    """What is written of a rule, with the defaults of a file; raises ModelError."""
    data: dict[str, Any] = (
        {"kind": "check", "table": DATA, "level": None} | given | {"id": str(given["id"])}
    )
    if not isinstance(data["kind"], str) or data["kind"] not in set(RuleKind):
        near = nearest(str(data["kind"]), RuleKind)
        raise ModelError(texts("rule.no_kind", name=data["kind"], near=near))
    if not isinstance(data.get("expression"), str | int) or isinstance(data["expression"], bool):
        raise ModelError(texts("rule.no_expression"))
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
    return data
