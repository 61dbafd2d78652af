"""Codes of provinces that are of the other list: before 1/7/2025 there were 63, since then 34."""

import re
from collections.abc import Iterator, Mapping

from services.model.codelist import WHOLE_COUNTRY
from services.model.crosswalk import BEFORE, SINCE, Area, provinces
from services.model.enumerations import Severity
from services.model.form import Form
from services.model.rule import RuleKind
from services.model.text import ModelError, normalise
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.entries import Entry
from services.validation.reading.placing.layout import Layout
from services.validation.reading.statement import Statement
from services.validation.workbook import address
from services.validation.workbook.cells import printed

_ERROR = Context(level=WITHIN)
_INFORMATION = Context(level=WITHIN, severity=Severity.INFORMATION)
_PRINTED = re.compile(
    r"mã(?: số)? (?:tỉnh|địa phương|đơn vị hành chính|đvhc)[^:]{0,30}:\s*(?P<code>\d{2})\b.*"
)
# As our own blank forms print it.
_OF_TEMPLATE = re.compile(r".*\bkhu vực: [^()]{1,100}\((?P<code>\d{2})\).*")


def check_printed_area(layout: Layout, statement: Statement, notebook: Notebook) -> None:
    """A province's code above the table must be that of the statement, in the statement's list."""
    for number, row in enumerate(layout.sheet.rows[: layout.header_row]):
        for column, cell in enumerate(row):
            code = _printed_code(normalise(cell)) if isinstance(cell, str) else None
            if code is None or code == statement.area:
                continue
            where = Place(layout.sheet.name, (address(number, column),))
            values = {"found": code, "expected": statement.area, "list": statement.area_list}
            if _is_same_area(code, statement):
                notebook.find("area_of_other_list", where, _ERROR, **values)
            else:
                notebook.find("area_contradicts", where, _ERROR, **values)


def _printed_code(text: str) -> str | None:
    match = _PRINTED.fullmatch(text) or _OF_TEMPLATE.fullmatch(text)
    return match["code"] if match else None


def _is_same_area(code: str, statement: Statement) -> bool:
    """Whether a code of the other list is the statement's province."""
    try:
        if statement.area_list == SINCE:
            return provinces().successor(Area(BEFORE, code)).code == statement.area
        return provinces().successor(Area(BEFORE, statement.area)).code == code
    except ModelError:
        return False


def check_listed_areas(
    form: Form, table: str, sheet: str, entries: Mapping[tuple[str, str], Entry], notebook: Notebook
) -> None:
    """Where a rule wants codes of one list of provinces, names those of the other, with what they are there."""
    for rule in form.rules:
        if rule.kind is not RuleKind.CODELIST or rule.table != table:
            continue
        if rule.expression not in (BEFORE, SINCE):
            continue
        for (_, column), entry in entries.items():
            code = printed(entry.raw).strip()
            if column in rule.columns and (others := list(_elsewhere(code, rule.expression))):
                values = {"found": code, "expected": ", ".join(others), "list": rule.expression}
                where = Place(sheet, (entry.cell,))
                notebook.find("area_of_other_list", where, _INFORMATION, **values)


def _elsewhere(code: str, wanted: str) -> Iterator[str]:
    """The codes in the wanted list of a province whose code is only in the other list."""
    old, new = set(provinces().targets), {target for target, _ in provinces().targets.values()}
    if code == WHOLE_COUNTRY:
        return
    if wanted == SINCE and code in old - new:
        yield provinces().targets[code][0]
    if wanted == BEFORE and code in new - old:
        yield from (area.code for area in provinces().predecessors(code))
