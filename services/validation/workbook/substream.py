"""What one sheet of an .xls has besides its cells, from its records."""

import re
import struct
from dataclasses import dataclass, field

from services.validation.workbook import header, records
from services.validation.workbook.address import address
from services.validation.workbook.records import text_at
from services.validation.workbook.sheet import Place, Scan, Where

_MOST_CELLS = 4_000_000
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
# Cells of one kind and length stand in runs; a run is one step, not one a cell.
_RUNS = {
    kind: (re.compile(rb"(?s:(?:%s.{%d})+)" % (re.escape(struct.pack("<HH", kind, size)), size)), size + 4)
    for kind, size in ((records.LABELSST, 10), (records.NUMBER, 14), (records.RK, 10))
}  # fmt: skip


@dataclass
class Substream:
    """One sheet's records as they are walked over."""

    stream: bytes
    wide: bool
    """Whether it is BIFF8, with strings of two bytes a character."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: list[tuple[Place, str]] = field(default_factory=list)
    notes: list[tuple[str, str, Where]] = field(default_factory=list)
    boxes: dict[int, str] = field(default_factory=dict)
    commented: dict[int, str] = field(default_factory=dict)
    styles: dict[Place, int] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0
    box: int = 0

    def walk(self, position: int, styled: tuple[int, ...] = ()) -> Scan:
        """What the sheet that begins at a place has besides its cells; `styles` of the `styled` kinds of them."""
        depth, size = 0, len(self.stream)
        while 0 <= position <= size - 4:
            kind, length = struct.unpack_from("<HH", self.stream, position)
            if kind in _RUNS and depth == 1 and not styled:
                position = self._run(kind, position)
                continue
            depth += (kind == records.BOF) - (kind == records.EOF)
            if depth <= 0:
                break
            if kind in styled:
                self._style(kind, self._data(position, length))
            elif kind in _READERS:
                _READERS[kind](self, self._data(position, length), position)
            position += 4 + length
        return self._scan()

    def _style(self, kind: int, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        self.styles[row, column] = style
        if kind == records.MULRK:
            # Each cell has its style and its number, in 6 bytes.
            for number, place in enumerate(range(4, len(data) - 7, 6)):
                self.styles[row, column + number] = struct.unpack_from("<H", data, place)[0]

    def _data(self, position: int, length: int) -> bytes:
        return self.stream[position + 4 : position + 4 + length].ljust(min(length, 16), b"\0")

    def _run(self, kind: int, position: int) -> int:
        """Where a run of cells ends; how far they reach is noted, rows up to the next 256."""
        pattern, step = _RUNS[kind]
        match = pattern.match(self.stream, position)
        if match is None:
            length = struct.unpack_from("<H", self.stream, position + 2)[0]
            return position + 4 + int(length)
        run = match[0]
        self._reach(256 * (max(run[5::step]) + 1), 256 * max(run[7::step]) + max(run[6::step]) + 1)
        return match.end()

    def _reach(self, rows: int, columns: int) -> None:
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)

    def _cell(self, data: bytes, _: int) -> None:
        row, column = struct.unpack_from("<HH", data)
        self._reach(row + 1, column + 1)

    def _several(self, data: bytes, _: int) -> None:
        row, last = (
            struct.unpack_from("<H", data)[0],
            struct.unpack_from("<H", data, len(data) - 2)[0],
        )
        self._reach(row + 1, last + 1)

    def _formula(self, data: bytes, position: int) -> None:
        self._cell(data, position)
        if data[12:14] == b"\xff\xff" and data[6] == 2:
            self._error(data, data[8])

    def _truth(self, data: bytes, position: int) -> None:
        self._cell(data, position)
        if data[7]:
            self._error(data, data[6])

    def _error(self, data: bytes, code: int) -> None:
        row, column = struct.unpack_from("<HH", data)
        self.errors.append(((row, column), _ERRORS.get(code, "#ERROR")))

    def _row(self, data: bytes, _: int) -> None:
        if struct.unpack_from("<H", data, 12)[0] & 0x20:
            self.hidden_rows.add(struct.unpack_from("<H", data)[0])

    def _column(self, data: bytes, _: int) -> None:
        first, last = struct.unpack_from("<HH", data)
        if struct.unpack_from("<H", data, 8)[0] & 1 and len(self.hidden_columns) < 256:
            self.hidden_columns.update(range(first, min(last, 255) + 1))

    def _object(self, data: bytes, _: int) -> None:
        self.box = struct.unpack_from("<H", data, 6)[0]

    def _box_text(self, data: bytes, position: int) -> None:
        """The text of a text box or comment stands in the records that continue this one."""
        left = struct.unpack_from("<H", data, 10)[0]
        texts = []
        for kind, start, length in records.records(self.stream, position + 4 + len(data)):
            if kind != records.CONTINUE or left <= 0:
                break
            wide = start < len(self.stream) and self.stream[start] & 1
            count = min(left, (length - 1) // (2 if wide else 1))
            texts.append(text_at(self.stream, start, count)[0])
            left -= max(count, 1)
        self.boxes[self.box] = "".join(texts)

    def _note(self, data: bytes, _: int) -> None:
        row, column, _flags, number = struct.unpack_from("<HHHH", data)
        cell = address(row, column)
        if self.wide:
            self.commented[number] = cell
            author, _end = text_at(data, 10, struct.unpack_from("<H", data, 8)[0])
            self.notes.append((cell, author.strip("\0"), "property"))
        else:
            self.notes.append((cell, data[6 : 6 + number].decode("latin-1"), "comment"))

    def _printed(self, data: bytes, _: int) -> None:
        if len(data) > 3 and self.wide:
            text, _end = text_at(data, 2, struct.unpack_from("<H", data)[0])
        else:
            text = data[1:].decode("latin-1")
        self.notes += (("", section, "header") for section in header.sections(text.strip("\0")))

    def _validation(self, data: bytes, _: int) -> None:
        place = 4
        for _number in range(4):
            text, place = text_at(
                data, place + 2, int.from_bytes(data[place : place + 2], "little")
            )
            self.notes.append(("", text.strip("\0"), "list"))
        # The choices, where they are written out: a string token of the formula behind.
        if data[place + 4 : place + 5] == b"\x17":
            text, _end = text_at(data, place + 6, data[place + 5] if place + 5 < len(data) else 0)
            self.notes.append(("", text.replace("\0", ","), "list"))

    def _scan(self) -> Scan:
        if self.rows * self.columns > _MOST_CELLS:
            return Scan(oversized=address(self.rows - 1, self.columns - 1))
        for number, text in self.boxes.items():
            cell = self.commented.get(number, "")
            self.notes.append((cell, text.strip(), "comment" if cell else "drawing"))
        return Scan(
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            errors=tuple(self.errors),
            notes=tuple(self.notes),
        )


_READERS = {
    records.LABEL: Substream._cell,
    records.RSTRING: Substream._cell,
    records.MULRK: Substream._several,
    records.FORMULA: Substream._formula,
    records.BOOLERR: Substream._truth,
    records.ROW: Substream._row,
    records.COLINFO: Substream._column,
    records.OBJ: Substream._object,
    records.TXO: Substream._box_text,
    records.NOTE: Substream._note,
    records.HEADER: Substream._printed,
    records.FOOTER: Substream._printed,
    records.VALIDATION: Substream._validation,
}
