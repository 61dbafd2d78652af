"""A sheet of cells and the .xlsx of it: with formulas and stored values, which libraries for writing can't do both."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from services.validation.telling.ooxml.package import MAIN, OFFICE
from services.validation.workbook import address

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FIRST_FORMAT = 164
"""Those below are built in."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


@dataclass(frozen=True)
class Formula:
    """A formula and the value that is stored with it."""

    text: str
    stored: Decimal


@dataclass(frozen=True)
class Error:
    """An error value such as #REF!."""

    text: str


Cell = str | Decimal | Formula | Error | None
Place = tuple[int, int]


@dataclass
class Sheet:
    """Cells by place, both counted from 0."""

    name: str
    cells: dict[Place, Cell] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    font: str = "Times New Roman"
    formats: dict[Place, str] = field(default_factory=dict)
    """Number formats of cells that have one."""
    unquoted: Place | None = None
    """In text, a figure with commas between its thousands and without quotes; without one it is an .xlsx."""

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return 1 + max(column for _, column in self.cells)

    def content(self) -> bytes:
        """The file: an .xlsx, or text separated by commas where a cell is unquoted."""
        return self.to_xlsx() if self.unquoted is None else self._to_csv(self.unquoted)

    def _to_csv(self, unquoted: Place) -> bytes:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        for row in range(1 + max(row for row, _ in self.cells)):
            texts: list[str] = []
            for column in range(self.width):
                text = _text(self.cells.get((row, column)))
                if (row, column) == unquoted:
                    texts += f"{int(Decimal(text)):,}".split(",")
                else:
                    texts.append(text)
            writer.writerow(texts)
        return buffer.getvalue().encode()

    def to_xlsx(self) -> bytes:
        """The workbook with this sheet alone."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in self._parts().items():
                archive.writestr(path, _HEAD + text)
        return buffer.getvalue()

    def _parts(self) -> dict[str, str]:
        kinds = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
        types = "".join(
            f'<Override PartName="/xl/{path}.xml" ContentType="{_SPREADSHEET}.{kind}+xml"/>'
            for path, kind in kinds.items()
        )
        default = '<Default Extension="rels" ContentType='
        relation = f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/'
        return {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}">{default}'
            f'"application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
            "_rels/.rels": f'{relation}officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            f'<sheet name={quoteattr(self.name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{relation}worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{self._number_formats()}<fonts count="1"><font><sz val="11"/>'
            f"<name val={quoteattr(self.font)}/></font></fonts><fills><fill/><fill/></fills>"
            "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
            f'<cellXfs><xf fontId="0"/>{self._styles()}</cellXfs></styleSheet>',
            "xl/worksheets/sheet1.xml": self._worksheet(),
        }

    def _codes(self) -> list[str]:
        return sorted(set(self.formats.values()))

    def _number_formats(self) -> str:
        inner = "".join(
            f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
            for number, code in enumerate(self._codes(), _FIRST_FORMAT)
        )
        return f"<numFmts>{inner}</numFmts>" if inner else ""

    def _styles(self) -> str:
        numbers = range(_FIRST_FORMAT, _FIRST_FORMAT + len(self._codes()))
        return "".join(f'<xf numFmtId="{number}" fontId="0"/>' for number in numbers)

    def _worksheet(self) -> str:
        rows: dict[int, list[tuple[int, Cell]]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            if cell is not None:
                rows.setdefault(row, []).append((column, cell))
        codes = self._codes()
        styles = {place: 1 + codes.index(code) for place, code in self.formats.items()}
        lines = "".join(
            f"<row {self._about(row)}>{_cells(row, of, styles)}</row>" for row, of in rows.items()
        )
        ranges = "".join(
            f'<mergeCell ref="{address(*first)}:{address(*last)}"/>' for first, last in self.merged
        )
        merged = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
        return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{merged}</worksheet>'

    def _about(self, row: int) -> str:
        return f'r="{row + 1}"' + (' hidden="1"' if row in self.hidden_rows else "")


def _text(cell: Cell) -> str:
    """A cell as text; figures with six places, so that no point stands where thousands might part."""
    if isinstance(cell, Formula):
        return f"{cell.stored:.6f}"
    if isinstance(cell, Decimal):
        return f"{cell:.6f}" if cell % 1 else f"{cell:.0f}"
    return cell.text if isinstance(cell, Error) else cell or ""


def _cells(row: int, cells: list[tuple[int, Cell]], styles: Mapping[Place, int]) -> str:
    return "".join(
        f'<c r="{address(row, column)}" s="{styles.get((row, column), 0)}"{_inside(cell)}</c>'
        for column, cell in cells
    )


def _inside(cell: Cell) -> str:
    match cell:
        case Formula():
            return f"><f>{escape(cell.text)}</f><v>{cell.stored:f}</v>"
        case Error():
            return f' t="e"><v>{escape(cell.text)}</v>'
        case Decimal():
            return f"><v>{cell:f}</v>"
        case _:
            return f' t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is>'
