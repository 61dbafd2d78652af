"""The property sets of compound documents: title, author, company, … ([MS-OLEPS])."""

import struct
from collections.abc import Iterator

_TEXT, _WIDE_TEXT, _TEXTS, _WORD = 0x1E, 0x1F, 0x101E, 0x02
_CODE_PAGE = 1
_MOST = 1_000
_UTF8 = 65001


def texts_of(stream: bytes) -> Iterator[str]:
    """Every text of a property set's stream; raises struct.error or LookupError where it is broken."""
    if not stream:
        return
    for number in range(min(struct.unpack_from("<I", stream, 24)[0], 2)):
        start = struct.unpack_from("<I", stream, 28 + 20 * number + 16)[0]
        yield from _section(stream[start:])


def _section(section: bytes) -> Iterator[str]:
    count = min(struct.unpack_from("<I", section, 4)[0], _MOST)
    places = dict(struct.unpack_from("<II", section, 8 + 8 * number) for number in range(count))
    encoding = _encoding(section, places.get(_CODE_PAGE))
    for place in places.values():
        kind = struct.unpack_from("<I", section, place)[0]
        if kind == _WIDE_TEXT:
            length = 2 * struct.unpack_from("<I", section, place + 4)[0]
            yield (
                section[place + 8 : place + 8 + length].decode("utf-16-le", "replace").strip("\0 ")
            )
        elif kind in (_TEXT, _TEXTS):
            many = struct.unpack_from("<I", section, place + 4)[0] if kind == _TEXTS else 1
            place += 8 if kind == _TEXTS else 4
            for _ in range(min(many, _MOST)):
                length = struct.unpack_from("<I", section, place)[0]
                raw = section[place + 4 : place + 4 + length]
                yield raw.decode(encoding, "replace").strip("\0 ")
                place += 4 + length


def _encoding(section: bytes, place: int | None) -> str:
    if place is None or struct.unpack_from("<I", section, place)[0] != _WORD:
        return "cp1252"
    page = struct.unpack_from("<H", section, place + 4)[0]
    return "utf-8" if page == _UTF8 else "utf-16-le" if page == 1200 else f"cp{page}"
