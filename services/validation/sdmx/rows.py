"""The rows of SDMX-CSV 1.0, 2.0 and 2.1 as values by component.

1.0 begins with the column DATAFLOW; 2.0 and 2.1 begin with STRUCTURE, STRUCTURE_ID and may have
ACTION. With labels=both a heading is "ID: name" and a coded value "CODE: name", or every value "VALUE: name"; with
labels=name the names have columns of their own, which are no components.

Sources: SDMX-CSV field guides of SDMX 2.1 (version 1.0) and SDMX 3.0, 3.1 (versions 2.0, 2.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.validation.workbook import Sheet
from services.validation.workbook.cells import printed

FLOW, STRUCTURE, STRUCTURE_ID, ACTION = "DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "ACTION"
_OWN = frozenset((FLOW, STRUCTURE, STRUCTURE_ID, "STRUCTURE_NAME", ACTION))
_HEADING = re.compile(r"([A-Za-z_@$][\w@$-]*)(\[[^\]]*\])?(?:\s*:\s*(.*))?")
_NAME = re.compile(r"([\w.-]+:[\w@$-]+\([\d.*+]+\))(?::.*)?")


class Action(StrEnum):
    """What is to be done with a row; one letter, in capitals.

    An attempt is the whole of its form, so the figures of all that aren't deleted are those of the
    attempt, whatever was sent before. Without the column rows are merged. Deleting isn't taken from a
    file: figures are replaced by the next attempt, or taken back by their sender.
    Source: the field guide of SDMX-CSV 2.0 and 2.1, "Columns", where `I` and `A` mean `M` for a store.
    """

    INFORMATION = "I"
    APPEND = "A"
    MERGE = "M"
    REPLACE = "R"
    DELETE = "D"


@dataclass(frozen=True)
class Heading:
    """The first row: the sheet's column of each component, and whether values carry their names.

    `repeated` are the columns of components that are there already.
    """

    columns: dict[str, int]
    labelled: bool
    version: str
    repeated: dict[str, int]

    @property
    def components(self) -> dict[str, int]:
        """The columns that are dimensions, attributes or measures, or claim to be."""
        return {name: column for name, column in self.columns.items() if name not in _OWN}


def is_sdmx(sheet: Sheet) -> bool:
    """Whether the first cell is one with which SDMX-CSV begins."""
    return _id(printed(sheet.value(0, 0))) in (FLOW, STRUCTURE)


def heading_of(sheet: Sheet) -> Heading:
    """What the first row says; a name without the form of an identifier is no component."""
    columns: dict[str, int] = {}
    repeated: dict[str, int] = {}
    labelled = False
    for column, cell in enumerate(sheet.rows[0]):
        text = printed(cell).strip()
        if not (name := _id(text)):
            continue
        if columns.setdefault(name, column) != column:
            repeated[name] = column
        labelled |= ":" in text
    version = "1.0" if FLOW in columns else "2"
    return Heading(columns, labelled, version, repeated)


def _id(text: str) -> str:
    match = _HEADING.fullmatch(text.strip().lstrip("\ufeff"))
    return match[1] if match else ""


@dataclass(frozen=True)
class Row:
    """One row of data: its number in the sheet, and the values by component."""

    number: int
    values: dict[str, str]

    def of(self, component: str) -> str:
        """The value of a component; blank where it has none."""
        return self.values.get(component, "")


def rows_of(sheet: Sheet, heading: Heading, coded: frozenset[str]) -> Iterator[Row]:
    """The rows below the heading in which something stands; of values with labels the values alone."""
    for number in range(1, len(sheet.rows)):
        values = {
            name: printed(sheet.value(number, column)).strip()
            for name, column in heading.columns.items()
        }
        if any(values.values()):
            if heading.labelled:
                values = {
                    name: value.partition(":" if name in coded else ": ")[0].strip()
                    for name, value in values.items()
                }
            yield Row(number, values)


def structure_name(row: Row) -> str:
    """The structure that a row says it is of, without a label behind it."""
    text = row.of(FLOW) or row.of(STRUCTURE_ID)
    match = _NAME.fullmatch(text)
    return match[1] if match else text
