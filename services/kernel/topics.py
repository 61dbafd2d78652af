"""Topics as data: schemas/topics.yaml is read here, and only here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
OPERATOR = "operator"
"""The login of who reads dead letters and sends them back, and writes no event."""
DAY_MS = 86_400_000
LARGEST_RECORD = 1_048_576
"""Bytes of a record with its batch, which the broker takes on every topic."""
LETTER_ROOM = 65_536
"""More that it takes on topics of dead letters: a record that came must fit, with the reason why it is there."""
COMPACTION = {
    "segment.ms": str(DAY_MS),
    "max.compaction.lag.ms": str(DAY_MS),
    "delete.retention.ms": str(30 * DAY_MS),
}
"""What a later record of its key took the place of is gone after two days, if the partition gets a record a day: Kafka
never cleans the segment that it writes to, and begins another one with the first record after a day. Whoever reads the
topic once a month yet learns of a key that is gone.
"""


@dataclass(frozen=True)
class Topic:
    """One topic. `schema` and `key` name files of schemas/ without ending; key "string" is UTF-8 text."""

    name: str
    owner: str
    """Who alone writes it: a service, or the operator for what is sent back."""
    readers: tuple[str, ...]
    """Who reads it: services and other logins of the broker."""
    description: str
    partitions: int
    replication: int
    retention_days: int | None
    compacted: bool
    key: str
    audit: Literal["leaf", "digest", "none"]
    schema: str | None

    @property
    def is_dead(self) -> bool:
        """Whether it holds a group's dead letters."""
        return self.name == dead(self.owner)

    def configuration(self) -> dict[str, str]:
        """The broker's settings of this topic."""
        retention = -1 if self.retention_days is None else self.retention_days * DAY_MS
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            # By the broker's clock: by a producer's that is wrong, what is new would be deleted as old, or refused.
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(LARGEST_RECORD + (LETTER_ROOM if self.is_dead else 0)),
            **(COMPACTION if self.compacted else {}),
        }


class TP(NamedTuple):
    """A partition of a topic. Faust has the same, equal to it, but not without all of Faust."""

    topic: str
    partition: int


@dataclass(frozen=True)
class Extent:
    """The first offset that a partition has, and the one that comes next."""

    begin: int
    end: int


@cache
def load(path: Path = SCHEMAS / "topics.yaml") -> Mapping[str, Topic]:
    """All topics by name, the dead and replay topics of every group among them."""
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    defaults: dict[str, Any] = source["defaults"]
    topics = {name: _topic(name, {**defaults, **entry}) for name, entry in source["topics"].items()}
    for group in source["groups"]:
        for suffix, owner, why in (
            ("dead", group, "What the group could not handle, raw, with the reason."),
            ("replay", OPERATOR, "Offsets of dead letters sent back to this group alone."),
        ):
            name = f"{group}.{suffix}"
            entry = {
                **defaults,
                "partitions": 1,
                "audit": "none",
                "owner": owner,
                # The group fetches what is sent back; the operator sees what was sent back already.
                "readers": (group, OPERATOR),
                "description": why,
            }
            topics[name] = Topic(name=name, schema=None, **entry)
    return topics


def _topic(name: str, entry: dict[str, Any]) -> Topic:
    audit = ("audit",) if entry["audit"] == "leaf" else ()
    readers = (*audit, *entry.pop("readers"))
    return Topic(name=name, schema=name, readers=readers, **entry)


def read_by(group: str) -> list[Topic]:
    """The topics whose records a consumer group handles: all that it may read but its own dead letters."""
    return [topic for topic in load().values() if group in topic.readers and not topic.is_dead]


def outsiders(topic: Topic) -> tuple[str, ...]:
    """Who reads a topic and is no service; the names of their consumer groups begin with theirs."""
    return tuple(
        reader for reader in topic.readers if reader != OPERATOR and dead(reader) not in load()
    )


def dead(group: str) -> str:
    """The group's dead letters."""
    return f"{group}.dead"


def replay(group: str) -> str:
    """The offsets of those of the group's dead letters that an operator sent back."""
    return f"{group}.replay"
