"""The units of single rows, where a table has a column for them."""

from services.model.enumerations import Severity
from services.model.table import Role
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.structure import Grid
from services.validation.reading.placing.units import compare, is_ditto
from services.validation.workbook import address
from services.validation.workbook.cells import printed

_WARNING = Context(severity=Severity.WARNING)


def check_row_units(grid: Grid, layout: Layout, notebook: Notebook) -> None:
    """Each unit cell must name its row's unit; ditto marks stand for the unit above, and are listed."""
    for column in grid.table.of_role(Role.UNIT):
        if column.id in layout.columns:
            _check(grid, layout, layout.columns[column.id], notebook)


def _check(grid: Grid, layout: Layout, column: int, notebook: Notebook) -> None:
    above = ""
    dittos: list[str] = []
    for code, number in sorted(grid.lines.items(), key=lambda line: line[1]):
        written = printed(layout.sheet.spread(number, column)).strip()
        where = Place(layout.sheet.name, (address(number, column),))
        if is_ditto(written):
            if not above:
                notebook.find("ditto_unresolved", where, _WARNING, found=written)
                continue
            dittos += where.cells
            written = above
        if not written:
            continue
        above = written
        row = grid.table.by_code[code]
        if unit := row.unit or grid.table.unit:
            compare(written, unit, where, notebook)
    if dittos:
        notebook.repair("ditto", Place(layout.sheet.name, tuple(dittos)), count=len(dittos))
