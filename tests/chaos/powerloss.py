"""A broker's disk after a loss of power: the ends of its logs, which it had not flushed, are gone.

https://kafka.apache.org/documentation/#recordbatch: a batch begins with its base offset (8 bytes) and the length of
what follows (4 bytes); its number of records is 57 bytes in.
"""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path
from random import Random

HEAD = 12
COUNT_AT = 57
SPARED = ("__cluster_metadata",)
"""The controller flushes its own log before it answers."""


def lose_tails(data: Path, rng: Random, most: int) -> Counter[str]:
    """Cuts up to `most` of the last batches from each partition's log of a broker that does not run, where they are
    beyond what it flushed; returns how many records of each topic are gone.
    """
    flushed = _flushed(data / "recovery-point-offset-checkpoint")
    lost: Counter[str] = Counter()
    for folder in sorted(data.glob("*-*/")):
        topic, _, number = folder.name.rpartition("-")
        if topic in SPARED or not number.isdigit():
            continue
        segment = max(folder.glob("*.log"))
        content = segment.read_bytes()
        starts = batches(content, flushed.get((topic, int(number)), 0))
        if cut := starts[-rng.randint(1, most) :] if rng.random() < 0.7 else []:
            lost[topic] += sum(_records(content, start) for start in cut)
            segment.write_bytes(content[: cut[0]])
    return +lost


def batches(content: bytes, flushed: int = 0) -> list[int]:
    """Where the batches of a segment begin that the broker has not flushed: from this offset on."""
    found, place = [], 0
    while place + HEAD <= len(content):
        offset, length = struct.unpack_from(">qi", content, place)
        if length <= 0:  # space that was set aside
            break
        if offset >= flushed:
            found.append(place)
        place += HEAD + length
    return found


def _records(content: bytes, start: int) -> int:
    (count,) = struct.unpack_from(">i", content, start + COUNT_AT)
    return int(count)


def _flushed(checkpoint: Path) -> dict[tuple[str, int], int]:
    """The offsets below which everything is on the disk: version, number of lines, then topic, partition, offset."""
    if not checkpoint.exists():
        return {}
    lines = [line.split() for line in checkpoint.read_text().splitlines()[2:]]
    return {(topic, int(number)): int(offset) for topic, number, offset in lines}
