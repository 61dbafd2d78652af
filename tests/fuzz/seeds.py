"""The workbooks that mutants are made of: the demo's files, and the same cells in other formats."""

import io
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from services.model.enumerations import Completeness
from services.model.period import Period
from services.validation.reading.statement import Statement
from tests.fuzz.packages import timeless
from tests.unit.test_examples import FOLDER, SCENARIO, generator
from tests.unit.workbooks import ods, ods_table


@dataclass(frozen=True)
class Seed:
    """A workbook, and what its sender would state."""

    name: str
    form: str
    statement: Statement
    content: bytes


@cache
def seeds() -> tuple[Seed, ...]:
    """Each file of the scenario once, and those with cells of our own as .ods and .csv too."""
    with tempfile.TemporaryDirectory() as folder:
        generator()(Path(folder))
        found = {one["file"]: _seed(one, Path(folder)) for one in SCENARIO}
    others = [
        other
        for one in found.values()
        if one.name.endswith(".xlsx")
        for other in (_other(one, "ods"), _other(one, "csv"))
    ]
    return (*found.values(), *others)


def _seed(one: dict[str, Any], folder: Path) -> Seed:
    path = (FOLDER if one.get("kept") else folder) / one["file"]
    stated = Statement(
        one["area_list"],
        one["area"],
        Period.parse(one["period"]),
        Completeness(one["completeness"]),
    )
    return Seed(one["file"], one["form"], stated, path.read_bytes())


def _other(seed: Seed, kind: str) -> Seed:
    """The first sheet of an .xlsx in another format."""
    sheet = load_workbook(io.BytesIO(seed.content)).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    name = f"{seed.name.removesuffix('.xlsx')}.{kind}"
    if kind == "ods":
        content = timeless(ods(ods_table(rows, sheet.title)))
    else:
        lines = (";".join("" if one is None else str(one) for one in row) for row in rows)
        content = "\r\n".join(lines).encode("utf-8-sig")
    return Seed(name, seed.form, seed.statement, content)
