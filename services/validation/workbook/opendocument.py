"""What a reader of cells doesn't see in an OpenDocument spreadsheet (.ods)."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.validation.workbook.address import address
from services.validation.workbook.archive import Archive, UnreadPart
from services.validation.workbook.datastyles import DataStyles
from services.validation.workbook.markup import elements, feed, local
from services.validation.workbook.sheet import (
    Format,
    Note,
    OversizedWorkbook,
    Place,
    ProtectedWorkbook,
    Range,
    Scan,
    UnreadableWorkbook,
    Where,
)

_CONTENT, _STYLES, _META = "content.xml", "styles.xml", "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
_MOST_CELLS = 4_000_000
_MOST_COLUMNS = 16_384
_MOST_ROWS = 1_048_576
_HIDDEN = ("collapse", "filter")
_MESSAGES = ("help-message", "error-message")
_DEFAULT = "Default"
"""The style of cells that have none, as programs name it."""
_NUMBERS = ("float", "percentage", "currency")
_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|N/V|NV)|Err:\d{3}")


class Document:
    """An .ods as far as it isn't cells; `unread` fills with the parts that can't be read.

    Raises ProtectedWorkbook where it is encrypted, OversizedWorkbook where a sheet spreads too far,
    UnreadableWorkbook without readable content.
    """

    format: Format = "ods"

    def __init__(self, content: bytes) -> None:
        self._archive = Archive(content)
        self.unread: list[str] = []
        try:
            if b"encryption-data" in self._archive.read(_MANIFEST):
                raise ProtectedWorkbook("the workbook is encrypted")
        except UnreadPart:
            self.unread.append(_MANIFEST)
        self._archive.bound(path for path in self._archive.paths if path.endswith(".xml"))
        self._tables = self._walked()
        # The reader of cells unrolls all sheets at once.
        cells = sum(table.rows * table.columns for table in self._tables)
        if cells > _MOST_CELLS or any(table.columns > _MOST_COLUMNS for table in self._tables):
            raise OversizedWorkbook("the sheets spread too far")

    def scans(self, names: list[str]) -> list[Scan]:
        """What each sheet has besides its cells."""
        tables = {table.name: table for table in self._tables}
        return [tables[name].scan() if name in tables else Scan() for name in names]

    def notes(self, names: list[str], scans: list[Scan]) -> list[Note]:
        """All texts outside the cells."""
        notes = [Note(index, *note) for index, one in enumerate(scans) for note in one.notes]
        notes += [Note(0, "", text, "property") for text in self._texts(_META)]
        notes += [Note(0, "", text, "header") for text in self._texts(_STYLES, "p")]
        notes += [Note(0, "", text, "list") for text in self._texts(_CONTENT, *_MESSAGES)]
        return [note for note in notes if note.text]

    def fonts(self, name: str) -> dict[Place, str]:
        """No cell's font is looked up here: the encodings before Unicode were gone by then."""
        return {}

    def _texts(self, path: str, *wanted: str) -> Iterator[str]:
        if path not in self._archive:
            return
        try:
            for element in elements(self._archive.read(path), *wanted):
                yield element.text.strip()
        except UnreadPart:
            self.unread.append(path)

    def _walked(self) -> list["_Table"]:
        styles = DataStyles()
        walker = _Walker(styles)
        try:
            if _STYLES in self._archive:
                feed(styles, self._archive.read(_STYLES))
        except UnreadPart:
            self.unread.append(_STYLES)
        try:
            feed(walker, self._archive.read(_CONTENT))
        except UnreadPart as error:
            raise UnreadableWorkbook(f"no content: {error}") from None
        return walker.tables


@dataclass(frozen=True, slots=True)
class _Block:
    """A cell as often as it and its row are repeated."""

    row: int
    column: int
    rows: int
    columns: int

    def places(self) -> Iterator[Place]:
        for row in range(self.row, self.row + self.rows):
            for column in range(self.column, self.column + self.columns):
                yield row, column


@dataclass
class _Table:
    """A sheet while it is walked over; rows and columns as far as something stands in them."""

    name: str
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    notes: list[tuple[str, str, Where]] = field(default_factory=list)
    errors: list[tuple[_Block, str]] = field(default_factory=list)
    formats: list[tuple[_Block, str]] = field(default_factory=list)
    default_styles: list[tuple[int, str]] = field(default_factory=list)
    """The first column and the style of each run of columns."""
    rows: int = 0
    columns: int = 0

    def scan(self) -> Scan:
        return Scan(
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            notes=tuple(self.notes),
            merged=tuple(self.merged),
            errors=tuple((place, text) for block, text in self.errors for place in block.places()),
            formats={place: code for block, code in self.formats for place in block.places()},
        )

    def style_of(self, column: int) -> str:
        """The style that cells of a column have without one of their own."""
        found = bisect_right(self.default_styles, column, key=lambda style: style[0])
        return self.default_styles[found - 1][1] if found else ""


class _Walker:
    """Takes the parser's events and keeps count of where it is."""

    def __init__(self, styles: DataStyles) -> None:
        self.tables: list[_Table] = []
        self._styles = styles
        self._codes: dict[str, str] = {}
        self._row_style = ""
        self._shown: list[str] | None = None
        self._is_error = False
        self._row = self._column = self._repeat = self._wide = 0
        self._column_of_table = 0
        self._texts: list[str] = []
        self._inside: list[str] = []
        self._cells = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        given = {local(key): value for key, value in attributes.items()}
        match name:
            case "table":
                self.tables.append(_Table(given.get("name", "")))
                self._row = self._column_of_table = 0
            case "table-column":
                self._start_column(given)
            case "table-row":
                self._repeat = _count(given, "number-rows-repeated")
                self._row_style = given.get("default-cell-style-name", "")
                self._column = 0
                seen = not self.tables or self._row >= _MOST_ROWS
                if not seen and given.get("visibility") in _HIDDEN:
                    rows = range(self._row, self._row + min(self._repeat, _MOST_ROWS))
                    self.tables[-1].hidden_rows.update(rows)
            case "table-cell" | "covered-table-cell":
                kinds = {one for key, one in attributes.items() if local(key) == "value-type"}
                self._is_error = "error" in kinds
                self._start_cell(given)
            case "annotation" | "shapes" | "frame" | "custom-shape":
                self._inside.append(name)
                self._texts = []
            case _:
                if not self.tables:
                    self._styles.start(tag, attributes)

    def data(self, text: str) -> None:
        if self._inside:
            self._texts.append(text)
        elif self._shown is not None:
            self._shown.append(text)
        elif not self.tables:
            self._styles.data(text)

    def end(self, tag: str) -> None:
        name = local(tag)
        if name == "table-row":
            self._row += self._repeat
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
            self._column += self._wide
        elif not self.tables:
            self._styles.end(tag)
        elif name == "p" and not self._inside:
            self._fill()
        elif self._inside and name == self._inside[-1]:
            self._inside.pop()
            text = " ".join("".join(self._texts).split())
            cell = address(self._row, self._column) if name == "annotation" else ""
            if text and self.tables:
                self.tables[-1].notes.append((cell, text, "comment" if cell else "drawing"))
            self._texts = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise UnreadPart("a document type")

    def close(self) -> None:
        """All has been told."""

    def _start_column(self, attributes: dict[str, str]) -> None:
        count = _count(attributes, "number-columns-repeated")
        if self.tables and attributes.get("visibility") in _HIDDEN:
            last = min(self._column_of_table + count, _MOST_COLUMNS)
            self.tables[-1].hidden_columns.update(range(self._column_of_table, last))
        if self.tables:
            style = attributes.get("default-cell-style-name", "")
            self.tables[-1].default_styles.append((self._column_of_table, style))
        self._column_of_table += count

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._wide = _count(attributes, "number-columns-repeated")
        self._cells += 1
        if self._cells > _MOST_CELLS:
            raise OversizedWorkbook("more cells than are read")
        if attributes.get("value-type") or attributes.get("formula"):
            self._fill()
        self._shown = [] if self._is_error or attributes.get("formula") else None
        if self.tables and attributes.get("value-type") in _NUMBERS:
            self._note_format(attributes)
        down = _count(attributes, "number-rows-spanned")
        right = _count(attributes, "number-columns-spanned")
        if (down > 1 or right > 1) and self.tables:
            last = (self._row + down - 1, self._column + right - 1)
            self.tables[-1].merged.append(((self._row, self._column), last))

    def _note_format(self, attributes: dict[str, str]) -> None:
        """The number format of a cell, if it shows another number than the stored one."""
        inherited = self._row_style or self.tables[-1].style_of(self._column)
        style = attributes.get("style-name") or inherited or _DEFAULT
        if style not in self._codes:
            self._codes[style] = self._styles.code(style)
        code = self._codes[style]
        if code or attributes["value-type"] == "percentage":
            self.tables[-1].formats.append((self._block(), code or "0%"))

    def _end_cell(self) -> None:
        """What the cell shows, where that is an error; older programs store a nought beside it."""
        text = "".join(self._shown or ()).strip()
        if self._shown is not None and self.tables and (self._is_error or _ERROR.fullmatch(text)):
            self.tables[-1].errors.append((self._block(), text or "#ERROR"))
        self._shown = None

    def _block(self) -> _Block:
        return _Block(self._row, self._column, self._repeat, self._wide)

    def _fill(self) -> None:
        """Something stands in the cell, as often as it and its row are repeated."""
        if self.tables:
            table = self.tables[-1]
            table.rows = max(table.rows, self._row + self._repeat)
            table.columns = max(table.columns, self._column + self._wide)


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 10 else 1
