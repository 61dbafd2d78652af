"""One table of a form as a sheet: title block, header, rows. What is printed is locked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Final

from services.model.form import Form
from services.model.messages import text
from services.model.rule import CellType, RuleKind
from services.model.table import Column, Role, TableKind
from services.model.text import Language
from services.validation.telling.ooxml.sheets import Cell, Page, Validation, fitted
from services.validation.telling.ooxml.styles import Look, Styles
from services.validation.telling.template.plan import HEADER_ROW, Line, Plan, column_numbers
from services.validation.workbook import address

Cells = list[Cell | None]

_ACROSS: Final = range(HEADER_ROW - 1)
"""Rows that run over all columns: all of the title block but the unit's."""
_WIDTHS: Final = {Role.LABEL: 60.0, Role.CODE: 9.0, Role.UNIT: 14.0, Role.VALUE: 20.0}
_FIELD_WIDTHS: Final = {CellType.TEXT: 28.0, CellType.NUMBER: 20.0}
_NARROW: Final = 13.0
_FORMATS: Final = {
    CellType.TEXT: "",
    CellType.NUMBER: "#,##0.00",
    CellType.INTEGER: "#,##0",
    CellType.DATE: "dd/mm/yyyy",
}
_MARKS: Final = ("-", "–", "...", "…", "x")
"""What may stand for a number; programs turn - and ... into – and … while one types."""

_PLAIN: Final = Look(is_text=True, wrap=True, vertical="center")
_BOLD: Final = replace(_PLAIN, bold=True)
_TITLE: Final = replace(_BOLD, size=14, horizontal="center")
_CENTRED: Final = replace(_PLAIN, italic=True, horizontal="center")
_BOXED: Final = replace(_PLAIN, border=True)
_HEADING: Final = replace(_BOXED, bold=True, horizontal="center")
_NUMBERING: Final = replace(_HEADING, bold=False, is_text=False)


def page(
    form: Form,
    plan: Plan,
    types: Mapping[str, CellType],
    stated: str,
    language: Language,
    styles: Styles,
    lists: Mapping[str, str],
) -> Page:
    """The sheet; `stated` is its line of period and area, `lists` the cells with the codes of each list."""
    numbers = column_numbers(plan.table, types)
    numbering: Cells = [Cell(number, styles.of(_NUMBERING)) for number in numbers]
    rows = _above(form, plan, stated, language, styles)
    rows += [*_header(plan, styles), numbering]
    rows += [_body(line, plan, types, styles) for line in plan.lines]
    widths = {place: _width(one, types[one.id]) for place, one in enumerate(plan.columns)}
    return Page(
        rows,
        widths,
        [
            *(((row, 0), (row, plan.last_column)) for row in _ACROSS if plan.last_column),
            *(
                (heading.first, heading.last)
                for heading in plan.headings
                if heading.first != heading.last
            ),
        ],
        _heights(rows, widths),
        frozen=plan.numbers_row + 1,
        wide=True,
        protected=True,
        validations=list(_validations(form, plan, types, language, lists)),
    )


def _heights(rows: list[Cells], widths: Mapping[int, float]) -> dict[int, float]:
    """Heights of rows whose text needs more than a line; the title block runs across all columns."""
    across = {0: sum(widths.values())}
    block = {row: fitted([rows[row][:1]], across).get(0) for row in _ACROSS}
    below = fitted(rows[HEADER_ROW:], widths)
    return {row: height for row, height in block.items() if height} | {
        row + HEADER_ROW: height for row, height in below.items()
    }


def _above(form: Form, plan: Plan, stated: str, language: Language, styles: Styles) -> list[Cells]:
    """The title block: which form, whose, what about, and in which unit."""

    def line(shown: str, look: Look, column: int = 0) -> Cells:
        return [*([None] * column), Cell(shown, styles.of(look))]

    def say(message: str, **values: object) -> str:
        return text(f"validation.template.{message}", language, **values)

    title, basis = form.title.vi.upper(), f"({form.legal_basis.vi})"
    if language == "en":
        title, basis = f"{title}\n{form.title.en}", f"{basis}\n({form.legal_basis.en})"
    unit = plan.table.unit.labels[0] if plan.table.unit else None
    right = replace(_PLAIN, italic=True, horizontal="right", wrap=False)
    return [
        line(say("form", form=form.symbol or form.id, id=form.id, version=form.version), _BOLD),
        line(say("sender"), replace(_PLAIN, locked=False)),
        line(title, _TITLE),
        line(basis, _CENTRED),
        line(stated, _CENTRED),
        line(say("marks"), _CENTRED),
        # The reader knows a unit by these words, whatever the language of the rest.
        line(f"Đơn vị tính: {unit}", right, plan.last_column) if unit else [],
    ]


def _header(plan: Plan, styles: Styles) -> list[Cells]:
    heading = styles.of(_HEADING)
    rows: list[Cells] = [
        [Cell("", heading) for _ in plan.columns] for _ in range(HEADER_ROW, plan.numbers_row)
    ]
    for one in plan.headings:
        row, column = one.first
        rows[row - HEADER_ROW][column] = Cell(one.text, heading)
    return rows


def _body(line: Line, plan: Plan, types: Mapping[str, CellType], styles: Styles) -> Cells:
    return [_cell(line, column, types[column.id], styles) for column in plan.columns]


def _cell(line: Line, column: Column, kind: CellType, styles: Styles) -> Cell:
    if column.role is Role.FIELD or (column.role is Role.VALUE and line.row):
        is_text = kind is CellType.TEXT
        look = Look(border=True, locked=False, is_text=is_text, number_format=_FORMATS[kind])
        return Cell("", styles.of(replace(look, wrap=is_text, vertical="center")))
    if line.row is None:
        shown = line.section if column.role is Role.LABEL else ""
        return Cell(shown, styles.of(replace(_BOXED, bold=True, italic=True)))
    shown = ""
    match column.role:
        case Role.LABEL:
            shown = line.row.label
        case Role.CODE if not line.row.unprinted:
            shown = line.row.code
        case Role.UNIT if line.row.unit:
            shown = line.row.unit.labels[0]
    centred = "" if column.role is Role.LABEL else "center"
    return Cell(shown, styles.of(replace(_BOXED, horizontal=centred)))


def _width(column: Column, kind: CellType) -> float:
    if column.role is Role.FIELD:
        return _FIELD_WIDTHS.get(kind, _NARROW)
    return _WIDTHS[column.role]


def _validations(
    form: Form,
    plan: Plan,
    types: Mapping[str, CellType],
    language: Language,
    lists: Mapping[str, str],
) -> Iterator[Validation]:
    """What each column takes: codes of its list, else numbers and marks, whole numbers, dates."""
    records = plan.table.kind is TableKind.RECORDS
    numbers = [line.number for line in plan.lines if records or line.row]
    for place, column in enumerate(plan.columns):
        kind = types[column.id]
        cells = " ".join(_ranges(numbers, place))
        codes = lists.get(_list_of(form, plan, column))
        title = column.headers[0][-1]
        if codes:
            error = text("validation.template.only_codes", language)
            yield Validation(cells, codes, title, error, is_list=True)
        elif column.role in (Role.VALUE, Role.FIELD) and kind is not CellType.TEXT:
            error = text(f"validation.template.only_{kind.value}", language)
            yield Validation(cells, _formula(kind, address(numbers[0], place)), title, error)


def _list_of(form: Form, plan: Plan, column: Column) -> str:
    """The code list that a rule asks of a column; blank where none does."""
    asked = (
        rule.expression
        for rule in form.rules
        if (rule.kind, rule.table) == (RuleKind.CODELIST, plan.table.id)
        and column.id in rule.columns
    )
    return next(asked, "")


def _ranges(numbers: list[int], column: int) -> Iterator[str]:
    """The cells of a column in these rows, neighbours together: C11:C57."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        rows = [number for _, number in group]
        first, last = address(rows[0], column), address(rows[-1], column)
        yield first if first == last else f"{first}:{last}"


def _formula(kind: CellType, cell: str) -> str:
    """True for what the cell may hold: a date; or a number, whole where it must be, or a mark."""
    if kind is CellType.DATE:
        return f"ISNUMBER({cell})"
    number = f"{cell}=INT({cell})" if kind is CellType.INTEGER else "TRUE"
    marks = ",".join(f'{cell}="{mark}"' for mark in _MARKS)
    return f"IF(ISNUMBER({cell}),{number},OR({marks}))"
