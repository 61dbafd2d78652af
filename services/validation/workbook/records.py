"""The records of an .xls (BIFF5 and BIFF8): their kinds, where each one stands, and its texts.

Sources: the layouts of [MS-XLS] 2.4 (records) and 2.5.293 (strings).
"""

import struct
from collections.abc import Iterator

BOF, EOF, CONTINUE, FILEPASS = 0x809, 0x0A, 0x3C, 0x2F
BOUNDSHEET, FONT, FORMAT, XF, NAME, WRITEACCESS = 0x85, 0x31, 0x41E, 0xE0, 0x18, 0x5C
FORMULA, BOOLERR, MULRK, LABEL, RSTRING = 0x06, 0x205, 0xBD, 0x204, 0xD6
ROW, COLINFO, NOTE, OBJ, TXO = 0x208, 0x7D, 0x1C, 0x5D, 0x1B6
HEADER, FOOTER, VALIDATION = 0x14, 0x15, 0x1BE
LABELSST, NUMBER, RK = 0xFD, 0x203, 0x27E
_BIFF8 = 0x600
STYLE = 0x04
"""The bit of an XF that is a style of its own, which no cell has."""
TEXTS = (LABELSST, LABEL, RSTRING)
NUMBERS = (NUMBER, RK, MULRK, FORMULA)


def records(stream: bytes, position: int = 0) -> Iterator[tuple[int, int, int]]:
    """(kind, where its data begin, how long they are) from a place on, to the end of the stream."""
    last = len(stream) - 4
    while 0 <= position <= last:
        kind, length = struct.unpack_from("<HH", stream, position)
        yield kind, position + 4, length
        position += 4 + length


def text_at(stream: bytes, place: int, count: int) -> tuple[str, int]:
    """A string of BIFF8 whose flags stand at `place`, and where it ends."""
    wide = place < len(stream) and stream[place] & 1
    end = place + 1 + count * (2 if wide else 1)
    return stream[place + 1 : end].decode("utf-16-le" if wide else "latin-1", "replace"), end
