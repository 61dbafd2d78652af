"""One check of a workbook: bytes in; report, observations and cells out. Pure everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.model.codelist import Codelist
from services.model.form import Form
from services.model.observation import Observation, to_parquet
from services.model.table import Table, TableKind
from services.validation import figures, rules
from services.validation.accepted import Accepted
from services.validation.cells import cells_object
from services.validation.findings import Context, Notebook, Place
from services.validation.headings import (
    check_columns,
    check_completeness,
    check_title_year,
    check_unit,
)
from services.validation.layout import Layout, find_layouts
from services.validation.report import Report
from services.validation.statement import Statement
from services.validation.structure import Grid, place_rows, read_records
from services.validation.workbook import (
    ProtectedWorkbook,
    UnreadableWorkbook,
    Workbook,
    open_workbook,
)


@dataclass(frozen=True)
class Checked:
    """The outcome of a check; `observations` only where it is valid, `cells` where it was read."""

    report: Report
    observations: bytes | None = field(repr=False)
    cells: bytes | None = field(repr=False)
    sheets: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether no error stands."""
        return self.report.verdict == "valid"


def check(
    form: Form,
    content: bytes,
    statement: Statement,
    codelists: Mapping[str, Codelist] | None = None,
    accepted: Sequence[Accepted] = (),
) -> Checked:
    """Check the workbook in `content` against the form and what its sender states.

    `accepted` is what stands under the form's references.

    Never raises for what is in the workbook: whatever can't be read or placed is a finding.
    """
    notebook = Notebook()
    try:
        workbook = open_workbook(content)
    except ProtectedWorkbook:
        notebook.find("workbook_protected", Place())
    except UnreadableWorkbook:
        notebook.find("workbook_unreadable", Place())
    else:
        return _check_workbook(form, workbook, statement, codelists or {}, accepted, notebook)
    return _unread(form, notebook)


def unreadable(form: Form) -> Checked:
    """The outcome for a workbook that can't be read, whatever is the matter with it."""
    notebook = Notebook()
    notebook.find("workbook_unreadable", Place())
    return _unread(form, notebook)


def _unread(form: Form, notebook: Notebook) -> Checked:
    tallies = rules.run(form, {}, {}, notebook)
    return Checked(Report.of(form, notebook, tallies, 0, 0), None, None)


def _check_workbook(
    form: Form,
    workbook: Workbook,
    statement: Statement,
    codelists: Mapping[str, Codelist],
    accepted: Sequence[Accepted],
    notebook: Notebook,
) -> Checked:
    if not statement.suits(form):
        notebook.find("period_unsuitable", Place(), Context(level=1), found=str(statement.period))
    read: list[Observation] = []
    tables: dict[str, rules.Table] = {}
    for table in form.tables:
        layout = _locate(table, workbook, statement, notebook)
        if layout is not None:
            tables[table.id], found = _read(form, table, layout, statement, notebook)
            read += found
    read = figures.unique(read, notebook)
    tallies = rules.run(form, tables, codelists, notebook, statement, accepted)
    rounded = sum(one.rounded for one in read)
    report = Report.of(form, notebook, tallies, len(read), rounded)
    parquet = to_parquet(read) if report.verdict == "valid" else None
    names = tuple(sheet.name for sheet in workbook.sheets)
    return Checked(report, parquet, cells_object(workbook), names)


def _locate(
    table: Table, workbook: Workbook, statement: Statement, notebook: Notebook
) -> Layout | None:
    """The one place of a table in the workbook; none or several are findings."""
    layouts = find_layouts(table, workbook, statement.periods(table))
    if not layouts:
        names = ", ".join(column.headers[0][-1] for column in table.columns if not column.optional)
        notebook.find("table_missing", Place(), headings=names)
        return None
    if len(layouts) > 1:
        sheets = ", ".join(layout.sheet.name for layout in layouts)
        notebook.find("table_ambiguous", Place(layouts[0].sheet.name), sheets=sheets)
        return None
    check_columns(table, layouts[0], statement, notebook)
    check_completeness(table, layouts[0], statement, notebook)
    check_unit(table, layouts[0], notebook)
    check_title_year(layouts[0], statement, notebook)
    return layouts[0]


def _read(
    form: Form, table: Table, layout: Layout, statement: Statement, notebook: Notebook
) -> tuple[rules.Table, list[Observation]]:
    """The table as the rules see it, and its figures."""
    if table.kind is TableKind.RECORDS:
        records = read_records(table, layout)
        if not records:
            notebook.find("records_missing", Place(layout.sheet.name))
        name = layout.sheet.name
        found = figures.of_records(form, table, name, records, statement)
        return rules.Table.of_records(table, name, records), list(found)
    grid = place_rows(table, layout, notebook)
    _name_text_numbers(grid, notebook)
    return rules.Table.of_grid(grid), list(figures.of_grid(form, grid, statement))


def _name_text_numbers(grid: Grid, notebook: Notebook) -> None:
    """Numbers that stood as text were read: that is said, once for the sheet."""
    cells = tuple(one.cell for one in grid.entries.values() if one.reading.from_text)
    if cells and grid.sheet != "csv":
        notebook.repair("number_from_text", Place(grid.sheet, cells), count=len(cells))
