"""Topics as data: schemas/topics.yaml is read here, and only here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic. `schema` and `key` name files of schemas/ without ending; key "string" is UTF-8 text."""

    name: str
    owner: str
    description: str
    partitions: int
    replication: int
    retention_days: int | None
    compacted: bool
    key: str
    audit: Literal["leaf", "digest", "none"]
    schema: str | None

    def configuration(self) -> dict[str, str]:
        """The broker's settings of this topic."""
        retention = -1 if self.retention_days is None else self.retention_days * DAY_MS
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            "max.message.bytes": "1048576",
        }


@cache
def load(path: Path = SCHEMAS / "topics.yaml") -> Mapping[str, Topic]:
    """All topics by name, the dead and replay topics of every group among them."""
    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    defaults: dict[str, Any] = source["defaults"]
    topics = {
        name: Topic(name=name, schema=name, **{**defaults, **entry})
        for name, entry in source["topics"].items()
    }
    for group in source["groups"]:
        for suffix, why in (
            ("dead", "What the group could not handle, raw, with the reason."),
            ("replay", "Dead letters sent back to this group alone."),
        ):
            name = f"{group}.{suffix}"
            entry = {
                **defaults,
                "partitions": 1,
                "audit": "none",
                "owner": group,
                "description": why,
            }
            topics[name] = Topic(name=name, schema=None, **entry)
    return topics


def dead(group: str) -> str:
    """The group's dead letters."""
    return f"{group}.dead"


def replay(group: str) -> str:
    """The group's dead letters that an operator sent back."""
    return f"{group}.replay"


@dataclass(frozen=True)
class Difference:
    """Where the broker and topics.yaml disagree."""

    topic: str
    what: str
    declared: str
    found: str


def differences(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[Difference]:
    """What `apply` would have to change, and what it can't (a topic that nobody declared)."""
    declared = {topic.name: topic for topic in topics}
    found = {name for name in admin.list_topics() if not name.startswith("__")}
    result = [Difference(n, "topic", "present", "absent") for n in sorted(declared.keys() - found)]
    result += [Difference(n, "topic", "absent", "present") for n in sorted(found - declared.keys())]
    common = sorted(declared.keys() & found)
    if not common:
        return result
    partitions = {d["name"]: len(d["partitions"]) for d in admin.describe_topics(common)}
    settings = _configurations(admin, common)
    for name in common:
        if partitions[name] != declared[name].partitions:
            result.append(
                Difference(
                    name, "partitions", str(declared[name].partitions), str(partitions[name])
                )
            )
        result += [
            Difference(name, setting, value, settings[name].get(setting, ""))
            for setting, value in declared[name].configuration().items()
            if settings[name].get(setting) != value
        ]
    return result


def _configurations(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: {setting: entry["value"] for setting, entry in described[name].items()}
        for name in names
    }


def apply(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[str]:
    """Creates the topics that are missing and returns their names. Existing ones stay as they are."""
    present = set(admin.list_topics())
    missing = [topic for topic in topics if topic.name not in present]
    if missing:
        admin.create_topics(
            [
                NewTopic(
                    name=topic.name,
                    num_partitions=topic.partitions,
                    replication_factor=topic.replication,
                    topic_configs=topic.configuration(),
                )
                for topic in missing
            ]
        )
    return [topic.name for topic in missing]
