"""Finds figures among bytes, in every form in which the product or a library could write them, and secrets."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from deploy.state import State
from services.model.observation import PLACES

BITS_OF_VARINT = 7
TOKEN = re.compile(rb"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
"""A compact JWS (RFC 7515): who logged in, or what a sender stated."""


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


def secrets_told(haystacks: Mapping[str, bytes], state: State) -> list[tuple[str, str]]:
    """The name of each haystack with each kind of secret that stands in it."""
    kinds = {
        "a password": state.passwords.values(),
        "a password of the broker": state.kafka_passwords.values(),
        "a token of a program": state.tokens.values(),
        "the master key": [state.master_key],
    }
    return sorted(
        (name, kind)
        for name, content in haystacks.items()
        for kind, is_told in [
            ("a token", TOKEN.search(content) is not None),
            *((kind, any(one.encode() in content for one in kinds[kind])) for kind in kinds),
        ]
        if is_told
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
