"""What the chaos tests rely on: leaked figures are found however they are written, and harm is what it says."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import polars as pl
import pytest
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from deploy import state
from services.kernel.codec import codec
from services.model.observation import DIGITS, PLACES
from tests.chaos.damage import damage_batch, flip
from tests.chaos.leaks import leaks, secrets_told
from tests.contract.examples import examples

FIGURES = ("31415926530000", "20261123142857", "99999999999999", "140737488355328")
"""Among them one that ends in zeros, and one whose highest bit would be a sign."""
GREATEST = 2 * 10**14
TOPIC = "grdp.observation-value"


def avro(value: Any, schema: Any) -> bytes:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schema, value)
    return written.getvalue()


def parquet(values: pl.Series) -> bytes:
    written = io.BytesIO()
    pl.DataFrame({"value": values}).write_parquet(written, compression="uncompressed")
    return written.getvalue()


WAYS: dict[str, Callable[[str], bytes]] = {
    "the feed": lambda f: codec().encode(
        TOPIC, examples("grdp.observation")[0] | {"value": Decimal(f)}
    ),
    "an Avro long": lambda f: avro(int(f), "long"),
    "an Avro double": lambda f: avro(float(f), "double"),
    "JSON": lambda f: json.dumps({"found": int(f)}).encode(),
    "JSON of a float": lambda f: json.dumps([float(f)]).encode(),
    "a log": lambda f: f'{{"error": "\'{Decimal(f):.6f}\' is not {f}"}}'.encode(),
    "a metric": lambda f: b"solieu_figures %s\n" % repr(float(f) * 1000).encode(),
    "a message": lambda f: f"trong tệp là {int(f):,}".replace(",", ".").encode(),
    "a page in English": lambda f: f"{Decimal(f):,.2f} found".encode(),
    "scientific": lambda f: f"{Decimal(f):E}".encode(),
    "Parquet": lambda f: parquet(pl.Series([Decimal(f)], dtype=pl.Decimal(DIGITS, PLACES))),
    "Parquet of whole numbers": lambda f: parquet(pl.Series([int(f)])),
    "network order": lambda f: struct.pack(">q", int(f)),
}


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("way", WAYS)
def test_a_planted_figure_is_found(way: str, figure: str) -> None:
    noise = random.Random(7).randbytes(100_000)
    planted = noise[:50_000] + WAYS[way](figure) + noise[50_000:]
    assert leaks({"clean": noise, "topic": planted}, [*FIGURES]) == [("topic", figure)]


def test_other_figures_are_no_leak() -> None:
    rng = random.Random(8)
    others = [str(rng.randrange(10**13, GREATEST)) for _ in range(500)]
    content = b"".join(way(other) for way in WAYS.values() for other in others)
    assert leaks({"topic": content}, FIGURES) == []


def test_a_byte_that_is_turned_twice_is_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "object"
    file.write_bytes(b"abc")
    turn_back = flip(file, -1)
    assert file.read_bytes() == b"ab\x9c"
    turn_back()
    assert file.read_bytes() == b"abc"


def test_a_damaged_batch_is_found_by_its_sum_and_what_follows_it_by_its_offset(
    tmp_path: Path,
) -> None:
    """Of three batches of two records each, from offset 10 on, the second."""
    folder = tmp_path / "submission.cleared-3"
    folder.mkdir()
    segment = folder / f"{10:020}.log"
    for first in (10, 12, 14):
        builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1000, offset=first)
        for number in range(2):
            builder.append(timestamp=number, key=b"k", value=b"v")
        builder.close()
        with segment.open("ab") as log:
            log.write(builder.buffer())
    assert damage_batch(tmp_path, "submission.cleared") == (3, 14)
    records = MemoryRecords(segment.read_bytes())
    sound = []
    while records.has_next():
        sound.append(records.next_batch().validate_crc())
    assert sound == [True, False, True]


def test_secrets_are_found_where_they_stand() -> None:
    made = state.create({})
    token = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJwLTEifQ.c2lnbmF0dXJl_c2lnbmF0dXJl"
    told = {
        "a.log": f'{{"error": "401: Bearer {token}"}}'.encode(),
        "b.log": f"postgresql://policy:{made.passwords['policy']}@127.0.0.1/solieu".encode(),
        "c.log": made.master_key.encode() + made.tokens["operator"].encode(),
        "d.log": f"{next(iter(made.kafka_passwords.values()))} eyJhbGciOiJFZERTQSJ9".encode(),
        "e.log": b"nothing",
    }
    assert secrets_told(told, made) == [
        ("a.log", "a token"),
        ("b.log", "a password"),
        ("c.log", "a token of a program"),
        ("c.log", "the master key"),
        ("d.log", "a password of the broker"),
    ]
