"""Puts the rows of SDMX-CSV into the rows and columns of a table, and names what won't go."""

from collections.abc import Hashable, Iterable
from decimal import Decimal

from services.model.enumerations import Completeness, Severity
from services.model.flags import NONE, FlagError, Flags
from services.model.observation import Missing
from services.model.period import Frequency, Period, PeriodError
from services.model.table import Column, Role, Sdmx, Table, Unit
from services.validation.checks.headings import COMPLETENESS
from services.validation.checks.widths import find_wide
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.entries import Entry
from services.validation.reading.placing.structure import Grid
from services.validation.reading.statement import Statement
from services.validation.sdmx.rows import (
    ACTION,
    STRUCTURE,
    Action,
    Heading,
    Row,
    heading_of,
    rows_of,
    structure_name,
)
from services.validation.sdmx.structure import (
    TIME,
    VALUE,
    Structure,
    UnknownStructure,
    structure_of,
)
from services.validation.workbook import Sheet, address
from services.validation.workbook.numbers import Content, Reading, read_decimal

_ERROR = Context(level=WITHIN)
_WARNING = Context(severity=Severity.WARNING)
_INFORMATION = Context(severity=Severity.INFORMATION)
_SEVERE = Context(severity=Severity.ERROR)
_NO_NUMBER = ("", "NaN")
_FLAGS = ("CONF_STATUS", "CONF_REDIST", "EMBARGO_TIME")
_STRUCTURES = ("dataflow", "datastructure", "dataprovision")
"""What STRUCTURE may say that STRUCTURE_ID is: the field guide of SDMX-CSV 2.0, "Columns"."""
_MIDNIGHT = "T00:00:00"
"""With which a time range may write its first day."""
_FREQUENCIES = {
    Frequency.YEAR: ("", "A"),
    Frequency.HALF_YEAR: ("", "S", "H"),
    Frequency.QUARTER: ("", "Q"),
    Frequency.MONTH: ("", "M"),
    Frequency.DAY: ("", "D", "B"),
}
"""The codes of CL_FREQ 2.1 for a period that is written by its name; H is what was S before."""
# OBS_STATUS of a figure that isn't there: L and O exist but weren't collected, M can't exist.
_STATUSES = {
    "L": Missing.NOT_COLLECTED,
    "O": Missing.NOT_COLLECTED,
    "M": Missing.NOT_APPLICABLE,
}


def read_sdmx(
    table: Table, sdmx: Sdmx, sheet: Sheet, statement: Statement, notebook: Notebook
) -> Grid | None:
    """The table's entries; None where the structure or one of its dimensions isn't there."""
    try:
        structure = structure_of(sdmx.file, sdmx.structure)
    except UnknownStructure:
        notebook.find("sdmx_structure_unknown", Place(), found=f"{sdmx.file}, {sdmx.structure}")
        return None
    heading = heading_of(sheet)
    lacking = [
        dimension
        for dimension in (*structure.dimensions, VALUE)
        if dimension not in heading.columns
    ]
    if lacking:
        where = Place(sheet.name, ("A1",))
        notebook.find("sdmx_column_missing", where, column=", ".join(lacking))
        return None
    known = {*structure.dimensions, *structure.attributes, VALUE, *_FLAGS}
    if twice := [
        name for name in heading.repeated if name in known or name not in heading.components
    ]:
        places = (
            place for name in twice for place in (heading.columns[name], heading.repeated[name])
        )
        where = Place(sheet.name, tuple(address(0, place) for place in places))
        notebook.find("heading_repeated", where, names=", ".join(twice))
        return None
    width = len(sheet.rows[0])
    find_wide(sheet, range(1, len(sheet.rows)), width, width, notebook)
    if other := [component for component in heading.components if component not in known]:
        where = Place(sheet.name, tuple(address(0, heading.columns[name]) for name in other))
        # Identifiers of SDMX have a case: a flag that is written otherwise would be lost, and what it keeps back go on.
        is_misspelt = any(name.upper() in known for name in other)
        severity = _SEVERE if is_misspelt else _INFORMATION
        notebook.find("sdmx_columns_ignored", where, severity, names=", ".join(other))
    reader = _Reader(table, sdmx, structure, sheet, heading, statement, notebook)
    return reader.read()


class _Reader:
    def __init__(
        self,
        table: Table,
        sdmx: Sdmx,
        structure: Structure,
        sheet: Sheet,
        heading: Heading,
        statement: Statement,
        notebook: Notebook,
    ) -> None:
        self._table = table
        self._sdmx = sdmx
        self._structure = structure
        self._sheet = sheet
        self._heading = heading
        self._statement = statement
        self._notebook = notebook
        self._lists = {**structure.dimensions, **structure.attributes}
        self._periods = statement.periods(table)
        self._found: dict[tuple[str, tuple[tuple[str, Hashable], ...]], list[str]] = {}

    def read(self) -> Grid | None:
        """All rows as entries; of a key that comes twice the first. None where what is wrong leaves none.

        What is wrong with many rows in the same way is one finding.
        """
        coded = frozenset(name for name, codes in self._lists.items() if codes is not None)
        entries: dict[tuple[str, str], Entry] = {}
        lines: dict[str, int] = {}
        for row in rows_of(self._sheet, self._heading, coded):
            for key in self._keys(row):
                entry = self._entry(row)
                if key in entries:
                    both = (entries[key].cell, entry.cell)
                    self._find("sdmx_key_repeated", both, found=" × ".join(key))
                    continue
                entries[key] = entry
                lines.setdefault(key[0], row.number)
        for (code, values), cells in self._found.items():
            where = Place(self._sheet.name, tuple(dict.fromkeys(cells)))
            self._notebook.find(code, where, _ERROR, **dict(values))
        if self._found and not entries:
            return None
        self._name_missing(lines)
        heading = address(0, self._heading.columns[VALUE])
        headings = {column.id: heading for column in self._table.of_role(Role.VALUE)}
        return Grid(self._table, self._sheet.name, entries, lines, headings)

    def _keys(self, row: Row) -> list[tuple[str, str]]:
        """The place of a row in the table; a period may be that of two columns."""
        if not self._is_ours(row) or not self._has_codes(row):
            return []
        code = next(
            (one.code for one in self._table.rows if one.code == row.of(self._sdmx.row)), None
        )
        if code is None:
            self._find_at(row, self._sdmx.row, "sdmx_code_unknown", list=self._table.id)
            return []
        columns = self._columns(row)
        for column in columns:
            self._check_unit(row, code, column)
        return [(code, column.id) for column in columns]

    def _is_ours(self, row: Row) -> bool:
        """Whether structure, action, area and completeness are those of this submission."""
        if STRUCTURE in self._heading.columns and row.of(STRUCTURE).lower() not in _STRUCTURES:
            self._find_at(row, STRUCTURE, "sdmx_structure_word", expected=", ".join(_STRUCTURES))
            return False
        name = structure_name(row)
        if name not in self._structure.names:
            self._find("sdmx_structure_differs", (address(row.number, 0),), found=name,
                       expected=self._sdmx.structure)  # fmt: skip
            return False
        if ACTION in self._heading.columns and (code := _refusal(row.of(ACTION))):
            self._find_at(row, ACTION, code)
            return False
        self._check_completeness(row)
        area = self._sdmx.area
        if area is not None and row.of(area) != self._statement.area:
            values = {"expected": self._statement.area, "list": self._statement.area_list}
            self._find_at(row, area, "area_contradicts", **values)
            return False
        return True

    def _has_codes(self, row: Row) -> bool:
        """Whether each coded value is in its list; each that isn't is named."""
        wrong = [
            name
            for name, codes in self._lists.items()
            if codes is not None and name in self._heading.columns
            and (row.of(name) or name in self._structure.dimensions)
            and row.of(name) not in codes
        ]  # fmt: skip
        for name in wrong:
            self._find_at(row, name, "sdmx_code_unknown", list=name)
        return not wrong

    def _columns(self, row: Row) -> list[Column]:
        """The columns of this period, and of this code where a dimension tells the column."""
        written = row.of(TIME).replace(_MIDNIGHT, "")
        try:
            period = Period.parse(written)
        except PeriodError:
            self._find_at(row, TIME, "sdmx_period_unplaced", expected=self._wanted_periods())
            return []
        frequency = row.of("FREQ")
        if "/" not in written and frequency not in _FREQUENCIES.get(
            period.frequency, ("", frequency)
        ):
            self._find_at(row, "FREQ", "sdmx_frequency_contradicts", period=written)
            return []
        wanted = self._sdmx.column
        found = [
            column
            for column in self._table.of_role(Role.VALUE)
            if self._periods[column.id] == period
            and (wanted is None or row.of(wanted).casefold() == column.id.casefold())
        ]
        if not found:
            self._find_at(row, TIME, "sdmx_period_unplaced", expected=self._wanted_periods())
        return found

    def _wanted_periods(self) -> str:
        values = self._table.of_role(Role.VALUE)
        return ", ".join(dict.fromkeys(str(self._periods[value.id]) for value in values))

    def _entry(self, row: Row) -> Entry:
        raw = row.of(VALUE)
        status = row.of("OBS_STATUS")
        if raw not in _NO_NUMBER and status in _STATUSES:
            self._find_at(row, "OBS_STATUS", "sdmx_status_contradicts")
        reading = _reading(raw, status)
        return Entry(self._cell(row, VALUE), raw, reading, self._flags(row))

    def _flags(self, row: Row) -> Flags:
        try:
            return Flags.parse(*(row.of(name) for name in _FLAGS))
        except FlagError as error:
            self._find_at(row, error.component, "sdmx_code_unknown", list=error.component)
            return NONE

    def _check_completeness(self, row: Row) -> None:
        written = row.of("COMPLETENESS").lower()
        if written in set(Completeness) and written != self._statement.completeness:
            values = {
                "expected": COMPLETENESS[self._statement.completeness],
                "found": COMPLETENESS[Completeness(written)],
            }
            self._find("completeness_contradicts", (self._cell(row, "COMPLETENESS"),), **values)

    def _check_unit(self, row: Row, code: str, column: Column) -> None:
        unit = column.unit or self._table.by_code[code].unit or self._table.unit
        if unit is None:
            return
        if (written := row.of("UNIT_MEASURE")) and written != unit.code:
            self._find_at(row, "UNIT_MEASURE", "unit_differs", expected=unit.code)
        elif (power := row.of("UNIT_MULT")) and power != str(unit.multiplier):
            self._check_multiplier(row, power, unit)

    def _check_multiplier(self, row: Row, power: str, unit: Unit) -> None:
        if not power.isdecimal() or len(power) > 2:
            self._find_at(row, "UNIT_MULT", "sdmx_code_unknown", list="UNIT_MULT")
            return
        values = {
            "expected": f"{unit.code} × 10^{unit.multiplier}",
            "factor": Decimal(10) ** (int(power) - unit.multiplier),
        }
        found = f"{unit.code} × 10^{power}"
        cells = (self._cell(row, "UNIT_MULT"),)
        self._find("unit_multiplier_differs", cells, found=found, **values)

    def _name_missing(self, lines: Iterable[str]) -> None:
        present = set(lines)
        if missing := [row.code for row in self._table.rows if row.code not in present]:
            values = {"rows": ", ".join(missing), "count": len(missing)}
            self._notebook.find("row_missing", Place(self._sheet.name), _WARNING, **values)

    def _cell(self, row: Row, component: str) -> str:
        return address(row.number, self._heading.columns.get(component, 0))

    def _find_at(self, row: Row, component: str, code: str, **values: str) -> None:
        self._find(code, (self._cell(row, component),), found=row.of(component), **values)

    def _find(self, code: str, cells: tuple[str, ...], **values: Hashable) -> None:
        alike = code, tuple(sorted(values.items()))
        self._found.setdefault(alike, []).extend(cells)


def _refusal(action: str) -> str:
    """The code of why an action isn't taken; blank where it is."""
    if action == Action.DELETE:
        return "sdmx_action_refused"
    return "" if action in set(Action) else "sdmx_action_unknown"


def _reading(raw: str, status: str) -> Reading:
    """The number of OBS_VALUE, which is written with a point; or why there is none."""
    if raw in _NO_NUMBER:
        missing = _STATUSES.get(status)
        return Reading(Content.MISSING, None, missing) if missing else Reading(Content.BLANK)
    return read_decimal(raw)
