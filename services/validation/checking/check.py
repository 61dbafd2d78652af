"""One check of a workbook: bytes in; report, observations and cells out. Pure everywhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from services.model.codelist import Codelist
from services.model.form import Form
from services.model.messages import texts
from services.model.observation import Missing, Observation, to_frame, to_parquet
from services.model.table import Table, TableKind
from services.validation import rules
from services.validation.checks.areas import check_listed_areas, check_printed_area
from services.validation.checks.contents import check_contents, check_unread
from services.validation.checks.formulas import check_formulas
from services.validation.checks.headings import check_columns, check_completeness, check_title_year
from services.validation.checks.missing import find_missing
from services.validation.checks.plausibility import Past, check_plausibility
from services.validation.checks.printed_units import check_unit
from services.validation.checks.row_units import check_row_units
from services.validation.checks.sections import Cover
from services.validation.checks.shrinking import Earlier, check_shrinking
from services.validation.checks.supply import Supply, check_supply
from services.validation.checks.suspicions import check_lost_commas
from services.validation.checks.unasked import check_unasked
from services.validation.checks.widths import check_widths
from services.validation.findings import Context, Notebook, Place
from services.validation.reading import figures, nil
from services.validation.reading.accepted import Accepted
from services.validation.reading.placing.entries import Record
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.records import read_records
from services.validation.reading.placing.searching import find_layouts
from services.validation.reading.placing.structure import Grid, place_rows
from services.validation.reading.statement import Statement
from services.validation.sdmx import is_sdmx, read_sdmx
from services.validation.telling.report import Report
from services.validation.telling.report.picture import outlines
from services.validation.workbook import (
    BrokenQuotes,
    OversizedWorkbook,
    ProtectedWorkbook,
    UnreadableWorkbook,
    Workbook,
    open_workbook,
)
from services.validation.workbook.cells import cells_object, printed
from services.validation.workbook.kind import Kind, kind_of
from services.validation.workbook.numbers import Content


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: its report, the figures that were read, the tables in which they were found, and `cells`
    where it was read.
    """

    report: Report
    figures: tuple[Observation, ...] = field(default=(), repr=False)
    cells: bytes | None = field(default=None, repr=False)
    sheets: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = field(default=(), repr=False)

    @property
    def valid(self) -> bool:
        """Whether no error stands."""
        return self.report.verdict == "valid"

    @cached_property
    def observations(self) -> bytes | None:
        """The figures as Parquet; only where it is valid."""
        return to_parquet(self.figures) if self.valid else None


def check(
    form: Form,
    content: bytes,
    statement: Statement,
    codelists: Mapping[str, Codelist] | None = None,
    accepted: Sequence[Accepted] = (),
    earlier: Earlier | None = None,
    history: Sequence[Past] | None = None,
    supply: Supply | None = None,
) -> Checked:
    """Check the workbook in `content` against the form and what its sender states.

    `accepted` is what stands under the form's references, `earlier` the attempt whose figures this one would replace,
    `history` what the sender had accepted in the form before, `supply` what it supplies by the catalogue; None where
    nobody can know.

    Never raises for what is in the workbook: whatever can't be read or placed is a finding.
    """
    notebook = Notebook()
    try:
        workbook = open_workbook(content)
    except ProtectedWorkbook:
        notebook.find("workbook_protected", Place())
    except OversizedWorkbook:
        notebook.find("workbook_oversized", Place())
    except BrokenQuotes as error:
        notebook.find("quote_unclosed", Place(), row=error.row)
    except UnreadableWorkbook:
        _find_unreadable(kind_of(content), notebook)
    else:
        arguments = (codelists or {}, accepted, earlier, history, supply)
        return _check_workbook(form, workbook, statement, *arguments, notebook)
    return _unread(form, notebook)


def unreadable(form: Form) -> Checked:
    """The outcome for a workbook that can't be read, whatever is the matter with it."""
    notebook = Notebook()
    _find_unreadable(Kind.OTHER, notebook)
    return _unread(form, notebook)


def _find_unreadable(kind: Kind, notebook: Notebook) -> None:
    what = texts(f"validation.kind.{kind}")
    notebook.find("workbook_unreadable", Place(), what=what)


def overran(form: Form) -> Checked:
    """The outcome for a workbook whose reading takes more time or memory than it may."""
    notebook = Notebook()
    notebook.find("workbook_overran", Place())
    return _unread(form, notebook)


def _unread(form: Form, notebook: Notebook) -> Checked:
    tallies = rules.run(form, {}, {}, notebook)
    return Checked(Report.of(form, notebook, tallies, 0, 0))


def _check_workbook(
    form: Form,
    workbook: Workbook,
    statement: Statement,
    codelists: Mapping[str, Codelist],
    accepted: Sequence[Accepted],
    earlier: Earlier | None,
    history: Sequence[Past] | None,
    supply: Supply | None,
    notebook: Notebook,
) -> Checked:
    if not statement.suits(form):
        notebook.find("period_unsuitable", Place(), Context(level=1), found=str(statement.period))
    check_contents(workbook, notebook)
    cover = Cover.of(form, statement, supply)
    if statement.nil is not None:
        nil.check_nil(form, statement.nil, statement.nil_reason, notebook, cover.known)
    found = [
        one
        for table in form.tables
        if (one := _placed(form, table, workbook, statement, cover, notebook)) is not None
    ]
    check_unread(workbook, notebook, is_whole=len(found) == len(form.tables))
    if supply is not None:
        check_supply(form, statement, supply, notebook)
    read = figures.unique([figure for placed in found for figure in placed.figures], notebook)
    if statement.nil is None:
        cover.find_blank(read, notebook)
    asking = cover.asked(form) if statement.nil is None else nil.without_asking(form)
    tables = {placed.table: placed.entries for placed in found}
    tallies = rules.run(asking, tables, codelists, notebook, statement, accepted)
    if not notebook.returns and statement.nil is None:
        _need_figures(read, notebook)
    if (earlier is not None or history is not None) and not notebook.returns:
        frame = to_frame(read)
        if earlier is not None:
            asked = partial(_asked, form, statement, found)
            is_nil = statement.nil is not None
            check_shrinking(form, earlier, frame, asked, notebook, is_nil=is_nil)
        if history is not None:
            check_plausibility(form, statement, frame, history, notebook)
    rounded = sum(figure.rounded for figure in read)
    sheets = outlines(workbook, notebook.findings)
    report = Report.of(form, notebook, tallies, len(read), rounded, sheets)
    names = tuple(sheet.name for sheet in workbook.sheets)
    grids = tuple(placed.grid for placed in found if placed.grid is not None)
    return Checked(report, tuple(read), cells_object(workbook), names, grids)


@dataclass(frozen=True)
class _Placed:
    """A table as the rules see it, and its figures; the grid where it is one of figures."""

    table: str
    entries: rules.Table
    figures: list[Observation]
    grid: Grid | None = None


def _asked(form: Form, statement: Statement, tables: Iterable[_Placed]) -> Iterator[Observation]:
    """What stands for each cell that could hold a figure."""
    for table in tables:
        if table.grid is not None:
            yield from figures.of_grid(form, table.grid, statement, also_blank=True)


def _need_figures(read: Sequence[Observation], notebook: Notebook) -> None:
    """A form without any number but "-" is a mistake, unless its sender states that it is meant so."""
    if all(figure.value is None or figure.missing is Missing.NIL for figure in read):
        notebook.find("no_figures", Place())


def _placed(
    form: Form,
    table: Table,
    workbook: Workbook,
    statement: Statement,
    cover: Cover,
    notebook: Notebook,
) -> _Placed | None:
    """A table of the workbook as the rules see it, and its figures; None where it isn't there."""
    if workbook.format == "csv" and is_sdmx(workbook.sheets[0]):
        if table.sdmx is None:
            notebook.find("sdmx_unexpected", Place())
            return None
        grid = read_sdmx(table, table.sdmx, workbook.sheets[0], statement, notebook)
        return None if grid is None else _of_grid(form, grid, statement, cover, notebook)
    layout = _locate(form, table, workbook, statement, notebook)
    return None if layout is None else _read(form, table, layout, statement, cover, notebook)


def _of_grid(
    form: Form, grid: Grid, statement: Statement, cover: Cover, notebook: Notebook
) -> _Placed:
    if cover.beyond:
        grid = cover.within(grid, notebook)
    if statement.nil is not None:
        grid = nil.filled(grid, statement.nil, notebook)
    read = list(figures.of_grid(form, grid, statement))
    return _Placed(grid.table.id, rules.Table.of_grid(grid), read, grid)


def _of_records(
    form: Form, table: Table, layout: Layout, records: list[Record], statement: Statement
) -> _Placed:
    sheet = layout.sheet.name
    found = figures.of_records(form, table, sheet, records, statement)
    read = list(found) if statement.nil is None else nil.aggregated(table, statement.nil, found)
    return _Placed(
        table.id, rules.Table.of_records(table, sheet, records, layout.absent(table)), read
    )


def _locate(
    form: Form, table: Table, workbook: Workbook, statement: Statement, notebook: Notebook
) -> Layout | None:
    """The one place of a table in the workbook; none or several are findings."""
    layouts = find_layouts(table, workbook, statement.periods(table))
    if not layouts:
        find_missing(form, table, workbook, statement, notebook)
        return None
    if len(layouts) > 1:
        sheets = ", ".join(layout.sheet.name for layout in layouts)
        where = Place(layouts[0].sheet.name)
        if not _are_copies(table, layouts):
            notebook.find("table_ambiguous", where, sheets=sheets)
            return None
        notebook.repair("table_copied", where, sheets=sheets)
    check_columns(table, layouts[0], statement, notebook)
    check_completeness(table, layouts[0], statement, notebook)
    check_unit(table, layouts[0], notebook)
    check_title_year(layouts[0], statement, notebook)
    check_printed_area(layouts[0], statement, notebook)
    check_formulas(layouts[0], workbook, notebook)
    if workbook.format == "csv":
        check_widths(table, layouts[0], notebook)
    if len(form.tables) == 1:
        check_unasked(form, table, layouts[0], workbook, statement, notebook)
    return layouts[0]


def _are_copies(table: Table, layouts: Sequence[Layout]) -> bool:
    """Whether they say the same, as where one sheet is another in an encoding from before Unicode."""
    first, *others = (_said(table, layout) for layout in layouts)
    return bool(first) and all(other == first for other in others)


def _said(table: Table, layout: Layout) -> dict[tuple[str, str], object]:
    """What stands in each cell of the table: numbers as they mean, other values of records as text."""
    if table.kind is TableKind.RECORDS:
        return {
            (str(number), column): printed(entry.raw)
            for number, record in enumerate(read_records(table, layout, Notebook()))
            for column, entry in record.entries.items()
        }
    entries = place_rows(table, layout, Notebook()).entries
    return {
        key: (entry.reading.value, entry.reading.missing)
        for key, entry in entries.items()
        if entry.reading.content is not Content.BLANK
    }


def _read(
    form: Form,
    table: Table,
    layout: Layout,
    statement: Statement,
    cover: Cover,
    notebook: Notebook,
) -> _Placed:
    """The table as the rules see it, and its figures."""
    if table.kind is TableKind.RECORDS:
        name = layout.sheet.name
        records = read_records(table, layout, notebook)
        if not records and statement.nil is None:
            notebook.find("records_missing", Place(name))
        if statement.nil is not None:
            cells = (entry.cell for record in records for entry in record.entries.values())
            nil.contradict(name, cells, statement.nil, notebook)
        placed = _of_records(form, table, layout, records, statement)
        check_listed_areas(form, table.id, name, placed.entries.entries, notebook)
        return placed
    grid = place_rows(table, layout, notebook)
    check_row_units(grid, layout, notebook)
    check_lost_commas(form, grid, notebook)
    _name_text_numbers(grid, notebook)
    return _of_grid(form, grid, statement, cover, notebook)


def _name_text_numbers(grid: Grid, notebook: Notebook) -> None:
    """Numbers that stood as text were read: that is said, once for the sheet."""
    cells = tuple(entry.cell for entry in grid.entries.values() if entry.reading.from_text)
    if cells and grid.sheet != "csv":
        notebook.repair("number_from_text", Place(grid.sheet, cells), count=len(cells))
