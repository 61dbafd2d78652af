"""Finds figures among bytes, in every form in which the product or a library could write them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from services.model.observation import PLACES

BITS_OF_VARINT = 7


def leaks(haystacks: Mapping[str, bytes], figures: Iterable[str]) -> list[tuple[str, str]]:
    """The name of each haystack with each figure that stands in it. Figures are whole numbers of 13 or more digits.

    Aho and Corasick's search, in one pass for all figures. Latin-1 gives each byte a character of its own.
    """
    needles = {form.decode("latin-1"): figure for figure in set(figures) for form in forms(figure)}
    texts = pl.Series(
        [content.decode("latin-1") for content in haystacks.values()], dtype=pl.String
    )
    found = texts.str.extract_many(list(needles), overlapping=True)
    return sorted(
        {(name, needles[hit]) for name, hits in zip(haystacks, found, strict=True) for hit in hits}
    )


def forms(figure: str) -> Iterator[bytes]:
    """The figure as digits (JSON, logs, reports), as an Avro decimal and long, and as a number of a machine."""
    value = int(figure)
    scaled = value * 10**PLACES
    yield figure.encode()
    yield from (f"{value:,}".replace(",", mark).encode() for mark in (",", ".", " ", "_"))
    yield f"{figure[0]}.{figure[1:].rstrip('0')}".encode()  # of 1.2E+13
    yield _big_endian(scaled)
    yield scaled.to_bytes(16, "little")
    yield from (_varint(value), _varint(scaled))
    yield from (struct.pack(form, value) for form in (">q", "<q", ">d", "<d"))


def _big_endian(value: int) -> bytes:
    """Two's complement in as few bytes as hold it: an Avro decimal, and the end of any longer one."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _varint(value: int) -> bytes:
    """An Avro long: zigzag, then seven bits a byte from the lowest on."""
    rest = value << 1
    found = bytearray()
    while rest >> BITS_OF_VARINT:
        found.append(rest & 0x7F | 0x80)
        rest >>= BITS_OF_VARINT
    found.append(rest)
    return bytes(found)
