"""The list of all codes that a report may hold: `schemas/findings.yaml`, which says what its fields mean."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from services.model.enumerations import Severity
from services.model.text import SCHEMAS, STRICT, Text, load_yaml, plain, read

RULE = "rule"
"""Stands for the level or severity of the rule that found it."""
_Level = Literal["rule"] | Annotated[int, Field(ge=0, le=5)]


class Family(StrEnum):
    """What is looked at, in the words of Eurostat's structural validation; the last is ours."""

    FORMAT = "format"
    STRUCTURE = "structure"
    COMPLETENESS = "completeness"
    DATA_FORMAT = "data_format"
    CONSISTENCY = "consistency"
    CONSTRAINT = "constraint"
    UNDERSTOOD = "understood"


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


@dataclass(frozen=True, config=STRICT)
class Code:
    """A code and what it means; `struval` is the nearest message of STRUVAL, where a source confirms one."""

    code: str
    meaning: Text
    family: Family
    level: _Level = 0
    severity: Annotated[tuple[Severity | Literal["rule"], ...], BeforeValidator(_several)] = (
        Severity.INFORMATION,
    )
    struval: Annotated[str, BeforeValidator(str)] = ""
    undecided: bool = False
    repaired: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return plain(self)


@cache
def codes() -> Mapping[str, Code]:
    """All codes of findings, then all of repairs, by name; raises ModelError for a wrong entry."""
    loaded = load_yaml(SCHEMAS / "findings.yaml")
    listed = [
        read(Code, entry | {"code": name, "repaired": section == "repairs"}, f"code {name}")
        for section in ("findings", "repairs")
        for name, entry in loaded[section].items()
    ]
    return {codelist.code: codelist for codelist in listed}
