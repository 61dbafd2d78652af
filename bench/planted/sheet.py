"""A sheet of cells and the .xlsx of it: with formulas and stored values, which libraries for writing can't do both."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from services.validation.ooxml.package import MAIN, OFFICE
from services.validation.workbook import address

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
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
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/>'
            f"<name val={quoteattr(self.font)}/></font></fonts><fills><fill/><fill/></fills>"
            "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
            '<cellXfs><xf fontId="0"/></cellXfs></styleSheet>',
            "xl/worksheets/sheet1.xml": self._worksheet(),
        }

    def _worksheet(self) -> str:
        rows: dict[int, list[tuple[int, Cell]]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            if cell is not None:
                rows.setdefault(row, []).append((column, cell))
        lines = "".join(
            f"<row {self._about(row)}>{_cells(row, of)}</row>" for row, of in rows.items()
        )
        ranges = "".join(
            f'<mergeCell ref="{address(*first)}:{address(*last)}"/>' for first, last in self.merged
        )
        merged = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
        return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{merged}</worksheet>'

    def _about(self, row: int) -> str:
        return f'r="{row + 1}"' + (' hidden="1"' if row in self.hidden_rows else "")


def _cells(row: int, cells: list[tuple[int, Cell]]) -> str:
    return "".join(
        f'<c r="{address(row, column)}" s="0"{_inside(cell)}</c>' for column, cell in cells
    )


def _inside(cell: Cell) -> str:
    match cell:
        case Formula():
            return f"><f>{escape(cell.text)}</f><v>{cell.stored:f}</v>"
        case Error():
            return f' t="e"><v>{escape(cell.text)}</v>'
        case Decimal():
            return f"><v>{cell:f}</v>"
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is>'
