"""Which line of a sheet is which row of the form: by its code, else by its label and its neighbours."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from services.model.enumerations import Severity
from services.model.table import Role, Row, Table
from services.model.text import normalise
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.lines import Line, label_cell, place_of
from services.validation.reading.placing.wording import label, row_code, spelled
from services.validation.workbook import address

_WARNING = Context(severity=Severity.WARNING)
_INFORMATION = Context(severity=Severity.INFORMATION)


def place_lines(
    table: Table, layout: Layout, lines: list[Line], notebook: Notebook
) -> dict[str, Line]:
    """Form row code → line; what was placed otherwise than by its code alone is said."""
    placing = _Placing(table, layout, lines, notebook)
    if table.rows_by == "code":
        placing.by_code()
    placing.by_label()
    placing.name_spellings()
    return placing.placed


class _Placing:
    def __init__(self, table: Table, layout: Layout, lines: list[Line], notebook: Notebook) -> None:
        self.placed: dict[str, Line] = {}
        self._table = table
        self._layout = layout
        self._lines = lines
        self._notebook = notebook
        self._order = {row.code: number for number, row in enumerate(table.rows)}
        self._named: dict[str, list[Row]] = defaultdict(list)
        for row in table.rows:
            for name in _names(row):
                self._named[name].append(row)
        self._labels = Counter(label(line.text) for line in lines)

    def by_code(self) -> None:
        """Lines whose printed code the form knows; a code there twice is one of them or the other."""
        known = {row_code(row.code): row for row in self._table.rows}
        folded: dict[str, list[Row]] = defaultdict(list)
        for code, row in known.items():
            folded[normalise(code)].append(row)
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self._lines:
            alike = folded.get(normalise(line.code), [])
            meant = known.get(line.code) or (alike[0] if len(alike) == 1 else None)
            if meant is not None:
                found[meant.code].append(line)
        repeated: list[tuple[Row, Line]] = []
        left: dict[str, list[Line]] = defaultdict(list)
        for code, lines in found.items():
            row = self._table.by_code[code]
            names = _names(row)
            fitting = [line for line in lines if label(line.text) in names]
            first = fitting[0] if len(fitting) == 1 else lines[0]
            self.placed[code] = first
            repeated += [(row, line) for line in lines if line is not first]
            if first.text and label(first.text) not in names:
                values = {"row": code, "expected": row.label, "found": first.text}
                self._find("row_label_differs", _WARNING, (self._code_cell(first),), values)
        for row, line in repeated:
            if not self._place_repeated(row, line):
                left[row.code].append(line)
        for code, lines in left.items():
            cells = tuple(self._code_cell(line) for line in (self.placed[code], *lines))
            self._find("row_repeated", Context(), cells, {"row": code})

    def by_label(self) -> None:
        """Lines that the form knows by their label, each for one row that no line is yet."""
        taken = {line.number for line in self.placed.values()}
        for line in self._lines:
            if line.number in taken or not line.text:
                continue
            row = self._row_of(line)
            if row is None:
                continue
            self.placed[row.code] = line
            if self._table.rows_by == "code" and not row.unprinted:
                self._name_placed(row, line)

    def name_spellings(self) -> None:
        """Labels that are the form's but for the place of a tone mark."""
        cells = tuple(
            label_cell(self._table, self._layout, line)
            for code, line in self.placed.items()
            if label(line.text) in _names(self._table.by_code[code])
            and spelled(line.text)
            not in {spelled(name) for name in _written(self._table.by_code[code])}
        )
        if cells:
            where = Place(self._layout.sheet.name, cells)
            self._notebook.repair("label_spelled", where, count=len(cells))

    def _place_repeated(self, row: Row, line: Line) -> bool:
        """Whether a line with another one's code is, by its label, a row that no line is yet."""
        own = label(line.text) in _names(row)
        other = self._row_of(line) if line.text and not own else None
        if other is None:
            return False
        self.placed[other.code] = line
        values = {"row": other.code, "found": row.code, "label": line.text}
        self._find("row_code_corrected", _INFORMATION, (self._code_cell(line),), values)
        return True

    def _name_placed(self, row: Row, line: Line) -> None:
        if line.code:
            values = {"row": row.code, "found": line.code, "label": line.text}
            self._find("row_code_corrected", _INFORMATION, (self._code_cell(line),), values)
            return
        where = Place(self._layout.sheet.name, (label_cell(self._table, self._layout, line),))
        self._notebook.repair("row_by_label", where, row=row.code, label=line.text)

    def _row_of(self, line: Line) -> Row | None:
        """The one free row with this label; of several the one that its neighbours leave.

        A line without a code is first of all the row that forms print without one, and another line is not.
        """
        free = [row for row in self._named.get(label(line.text), ()) if row.code not in self.placed]
        free = [row for row in free if row.unprinted == (not line.code)] or free
        name = label(line.text)
        if len(free) > 1 and self._labels[name] <= len(self._named[name]):
            free = list(self._between(line, free))
        return free[0] if len(free) == 1 else None

    def _between(self, line: Line, rows: list[Row]) -> Iterator[Row]:
        order = [(one.number, self._order[code]) for code, one in self.placed.items()]
        above = max((place for place in order if place[0] < line.number), default=(0, -1))[1]
        below = min(
            (place for place in order if place[0] > line.number), default=(0, len(self._order))
        )[1]
        for row in rows:
            if above < self._order[row.code] < below:
                yield row

    def _code_cell(self, line: Line) -> str:
        return address(line.number, place_of(self._table, self._layout, Role.CODE) or 0)

    def _find(
        self, code: str, context: Context, cells: tuple[str, ...], values: dict[str, str]
    ) -> None:
        self._notebook.find(code, Place(self._layout.sheet.name, cells), context, **values)


def _written(row: Row) -> tuple[str, ...]:
    return (row.label, *row.aliases)


def _names(row: Row) -> set[str]:
    return {label(name) for name in _written(row)}
