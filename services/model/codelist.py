"""Code lists as data: areas before and after 1/7/2025, regions, activities.

A code means something only together with its list: 15 is Yên Bái in list 63 and Lào Cai in list 34.
"""

import csv
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic.dataclasses import dataclass

from services.model.messages import texts
from services.model.text import SCHEMAS, STRICT, ModelError, Text, load_yaml, plain, read

FOLDER = SCHEMAS / "codelists"
WHOLE_COUNTRY = "00"


@dataclass(frozen=True, config=STRICT)
class Code:
    """One code of a list; `parent` is a code of the same list."""

    code: str
    name: Text
    kind: str = ""
    parent: str | None = None


@dataclass(frozen=True, config=STRICT)
class Codelist:
    """A list of codes with its source.

    `indicator_system`: whether its codes are the indicators of a statistical indicator system, so that a figure of
    them is under embargo until it is published. None: it doesn't say; then a form that takes indicators from it is
    treated as if they were.
    """

    id: str
    title: Text
    source: str
    licence: str
    codes: tuple[Code, ...]
    indicator_system: bool | None = None

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """The codes by what is written."""
        return {code.code: code for code in self.codes}

    def __contains__(self, code: object) -> bool:
        """Whether the list has this code."""
        return code in self.by_code

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Codelist":
        """A list from plain data; raises ModelError for a wrong place or a repeated code."""
        codelist = read(cls, dict(data), f"codelist {data.get('id', '?')}")
        if len(codelist.by_code) != len(codelist.codes):
            raise ModelError(texts("entry.code_twice", list=codelist.id))
        for code in codelist.codes:
            if code.parent is not None and code.parent not in codelist:
                raise ModelError(
                    texts("entry.no_parent", list=codelist.id, code=code.code, parent=code.parent)
                )
        return codelist

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


def load_codelists(folder: Path = FOLDER) -> dict[str, Codelist]:
    """All lists named in lists.yaml, by id."""
    codelists = {}
    for entry in load_yaml(folder / "lists.yaml"):
        about = dict(entry)
        rows = read_csv(folder / about.pop("file"))
        codelists[about["id"]] = Codelist.from_dict(about | {"codes": [_code(row) for row in rows]})
    return codelists


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a code list's file by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _code(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": {"vi": row["name_vi"], "en": row["name_en"]},
        "kind": row["kind"],
        "parent": row["parent"] or None,
    }
