"""Worksheet parts for the reader of cells, which gives a whole sheet up for one odd place in it.

A range that names rows alone, as LibreOffice writes it, is left out: the cells have addresses. A value that is no
number in a cell of numbers becomes text, so that the checks name that cell; blanks around a value mean nothing (XML
Schema part 2, 4.3.6: numbers collapse them).
"""

import re

_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^<>]*(?:/>|>\s*</(?:\w+:)?dimension\s*>)")
_CELL = re.compile(
    rb"(<(?:\w+:)?c\b)([^<>]*)(>\s*(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f\s*>)\s*)?<(?:\w+:)?v\b[^<>]*>)"
    rb"([^<]*)(?=</)"
)
_TYPE = re.compile(rb"""\st\s*=\s*["'](\w*)["']""")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBERS = (b"", b"n")
_INDEX = b"s"


def mended(part: bytes) -> bytes:
    """The worksheet part with the same cells, as the reader of cells takes it."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff"):
        part = part.decode("utf-16", "replace").encode()
        part = re.sub(rb"^<\?xml[^>]*\?>", b"", part)
    return _CELL.sub(_cell, _DIMENSION.sub(b"", part))


def _cell(match: re.Match[bytes]) -> bytes:
    start, attributes, between, value = match.groups()
    kind = _TYPE.search(attributes)
    type_ = kind[1] if kind else b""
    if type_ not in (*_NUMBERS, _INDEX):
        return match[0]
    value = value.strip()
    if type_ != _INDEX and value and not _NUMBER.fullmatch(value):
        attributes = _TYPE.sub(b"", attributes) + b' t="str"'
    return start + attributes + between + value
