"""Mutations of a zip's parts, of the XML in them, and of what a sheet says about itself."""

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from random import Random

from tests.fuzz.bytes_ import ANY, Mutation

Parts = dict[str, bytes]
_ADDRESSES = (
    b"A1",
    b"XFD1048576",
    b"ZZZ9999999",
    b"A0",
    b"AAAA1",
    b"a1",
    b"",
    b"1A",
    b"C9",
    b"XFD1",
)
_NUMBERS = (
    b"0", b"-0", b"1e308", b"1E+400", b"NaN", b"INF", b"-1", b"99999999999999999999999999", b"1.5.2",
    b"0x10", b" 7 ", b"1,5", b"4294967296", b"9" * 400, b"\xef\xbc\x95",
)  # fmt: skip
_TYPES = (b"s", b"n", b"str", b"b", b"e", b"d", b"inlineStr", b"x", b"")
_FORMULAS = (
    b"C10", b"SUM(A1:XFD1048576)", b"SUM(C10:C60)", b"'" * 300, b"(" * 3000 + b"1" + b")" * 3000, b"1/0",
    b"+".join([b"C10"] * 4000), b"ROUND(1e308*10,2)", b"-" * 5000 + b"1", b"SUM(" * 200, b"ROUND(C10,1e9)",
    b"9" * 350, b"'Bi\xe1\xbb\x83u 1'!C10", b"INDIRECT(C10)", b"C10:C12",
)  # fmt: skip
_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
_DOCTYPE = (
    b'<!DOCTYPE a [<!ENTITY l0 "ha">' + _LAUGHS + b'<!ENTITY f SYSTEM "file:///etc/passwd">]>'
)


def _of_parts(change: Callable[[Parts, Random], None]) -> Mutation:
    def mutated(content: bytes, chance: Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        change(parts, chance)
        return _zipped(parts, chance)

    mutated.__name__ = change.__name__.lstrip("_")
    return mutated


def _zipped(parts: Parts, chance: Random) -> bytes:
    buffer = io.BytesIO()
    kind = zipfile.ZIP_STORED if chance.random() < 0.1 else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(_entry(name), content, _packing(name, kind), 1)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def _packing(name: str, usual: int = zipfile.ZIP_DEFLATED) -> int:
    """An .ods says what it is in the clear."""
    return zipfile.ZIP_STORED if name == "mimetype" else usual


def timeless(content: bytes) -> bytes:
    """A zip without the hour of its making, so that a mutant is the same each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = re.sub(
                rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", old.read(name)
            )
            new.writestr(_entry(name), part, _packing(name))
    return buffer.getvalue()


def _part_bytes(parts: Parts, chance: Random) -> None:
    name = chance.choice([one for one in parts if parts[one]])
    parts[name] = chance.choice(ANY)(parts[name], chance)


def _part_gone(parts: Parts, chance: Random) -> None:
    for name in chance.sample(list(parts), chance.choice((1, 2))):
        del parts[name]


def _parts_swapped(parts: Parts, chance: Random) -> None:
    first, second = chance.sample(list(parts), 2)
    parts[first], parts[second] = parts[second], parts[first]


def _part_odd(parts: Parts, chance: Random) -> None:
    odd = (
        b"",
        b"\0",
        b"<a/>",
        b"<a>" * 5000,
        b"\xff\xfe<\0a\0",
        b"<a b='1' b='2'/>",
        b"<?xml?>",
        b"PK\3\4",
    )
    parts[chance.choice(list(parts))] = chance.choice(odd)


def _bomb(parts: Parts, chance: Random) -> None:
    name = chance.choice([one for one in parts if one.endswith(".xml")])
    size = chance.choice((1, 40, 140)) << 20
    parts[name] = parts[name][: chance.randrange(len(parts[name]) + 1)] + b" " * size + b"</a>"


def _entities(parts: Parts, chance: Random) -> None:
    name = chance.choice([one for one in parts if one.endswith(".xml")])
    body = re.sub(rb"^<\?xml[^>]*\?>", b"", parts[name])
    body = re.sub(
        rb">([^<]+)<", lambda _: chance.choice((b">&l9;<", b">&f;<", b">&#0;<")), body, count=3
    )
    parts[name] = b"<?xml version='1.0'?>" + _DOCTYPE + body


def _deep(parts: Parts, chance: Random) -> None:
    name = chance.choice([one for one in parts if one.endswith(".xml")])
    place, depth = parts[name].rfind(b"</"), chance.choice((300, 20_000, 200_000))
    parts[name] = parts[name][:place] + b"<x>" * depth + b"</x>" * depth + parts[name][place:]


def _sheet_edit(parts: Parts, chance: Random) -> None:
    """Several edits of the XML of the cells."""
    name = _sheet(parts)
    for _ in range(chance.choice((1, 3, 12))):
        parts[name] = chance.choice(_EDITS)(parts[name], chance)


def _sheet(parts: Parts) -> str:
    return next(
        (one for one in parts if re.search(r"worksheets/sheet1|content\.xml", one)),
        next(iter(parts)),
    )


def _somewhere(pattern: bytes, replacements: tuple[bytes, ...]) -> Mutation:
    """Puts one of the replacements where the pattern's first group is, at one place of many."""

    def edit(content: bytes, chance: Random) -> bytes:
        found = list(re.finditer(pattern, content))
        if not found:
            return content
        one = chance.choice(found)
        return content[: one.start(1)] + chance.choice(replacements) + content[one.end(1) :]

    return edit


def _inserted(pattern: bytes, pieces: tuple[bytes, ...]) -> Mutation:
    return _somewhere(pattern + rb"()", pieces)


_EDITS: tuple[Mutation, ...] = (
    _somewhere(rb'<dimension ref="([^"]*)"', (b"A1:XFD1048576", b"A1", b"", b"B2:A1", b"A1:ZZZZ9")),
    _somewhere(rb'<c r="([^"]*)"', _ADDRESSES),
    _somewhere(rb'<row r="([^"]*)"', (b"0", b"1", b"1048576", b"99999999999", b"-3", b"x", b"")),
    _somewhere(rb'<row (r=)"', (b"s=",)),
    _somewhere(rb"<v>([^<]*)</v>", _NUMBERS),
    _somewhere(rb' t="([^"]*)"', _TYPES),
    _somewhere(rb' s="([^"]*)"', (b"0", b"99999", b"-1", b"4294967295", b"x")),
    _somewhere(rb'mergeCell ref="([^"]*)"', (b"A1:XFD1048576", b"A7:D9", b"B7:A1", b"C8", b"", b"A1:A1048576")),
    _inserted(rb"<mergeCells[^>]*>", tuple(b'<mergeCell ref="A%d:D%d"/>' % (n, n + 40) * 500 for n in (1, 7))),
    _inserted(rb"<c [^>/]*>", tuple(b"<f>" + one + b"</f>" for one in _FORMULAS)),
    _inserted(rb"<c [^>/]*>", (b'<f t="shared" si="0" ref="A1:XFD9999">C10+1</f>', b'<f t="shared" si="7"/>')),
    _inserted(rb"</row>", (b'<row r="900000"><c r="XFD900000"><v>1</v></c></row>', b"<row/>" * 20_000)),
    _inserted(rb"<cols>", (b'<col min="1" max="16384" hidden="1"/>', b'<col min="9" max="-1"/>' * 500)),
    _inserted(rb"<sheetData>", (b"<row><c><v>1</v></c></row>" * 30_000, b"<c><c><c>", b"<!--", b"<![CDATA[")),
    _somewhere(rb'number-columns-repeated="(\d+)"', (b"16384", b"99999999", b"-1")),
    _inserted(rb"<table:table-cell", (b' table:number-columns-repeated="16384"', b' table:number-rows-spanned="9999"')),
    _inserted(rb"<table:table-row", (b' table:number-rows-repeated="1048576"', b' table:number-rows-repeated="x"')),
    _somewhere(rb'office:value="([^"]*)"', _NUMBERS),
    _somewhere(rb'value-type="([^"]*)"', (b"date", b"time", b"boolean", b"percentage", b"", b"x")),
    _somewhere(rb'xmlns="([^"]*)"', (b"urn:x", b"")),
    _somewhere(rb"<(sheetData|worksheet|row|c)\b", (b"x:row", b"SheetData", b"r\xc3\xb6w")),
)  # fmt: skip


def twice(content: bytes, chance: Random) -> bytes:
    """Two parts have one name."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(_entry(chance.choice(archive.namelist())), b"<a/>")
    return buffer.getvalue()


def many(content: bytes, chance: Random) -> bytes:
    """There are very many parts."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(chance.choice((10, 1500, 4000))):
            name = f"xl/worksheets/sheet{number + 9}.xml"
            archive.writestr(_entry(name), b"<worksheet/>")
    return buffer.getvalue()


PACKAGE: tuple[Mutation, ...] = (
    *(
        _of_parts(one)
        for one in (
            _part_bytes, _part_gone, _parts_swapped, _part_odd, _bomb, _entities, _deep,
            _sheet_edit, _sheet_edit, _sheet_edit, _sheet_edit, _sheet_edit,
        )
    ),
    twice,
    many,
)  # fmt: skip
