"""The broker's topics beside the declared ones: an administrator's work, by kafka-python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from services.kernel import access
from services.kernel.topics import Topic


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
    result = _of_access(admin, declared.values())
    found = {name for name in admin.list_topics() if not name.startswith("__")}
    result += [Difference(n, "topic", "present", "absent") for n in sorted(declared.keys() - found)]
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


def _of_access(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[Difference]:
    wanted, held = access.declared(topics), access.present(admin)
    rows = [(one, "allowed", "absent") for one in wanted if one not in held]
    rows += [(one, "absent", "present") for one in held if one not in wanted]
    return [
        Difference(one.resource_pattern.resource_name, access.text(one), declared, found)
        for one, declared, found in rows
    ]


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
