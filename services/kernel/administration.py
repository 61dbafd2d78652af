"""The broker's topics beside the declared ones: an administrator's work, by kafka-python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from services.kernel import access, growing
from services.kernel.topics import Topic


@dataclass(frozen=True)
class Difference:
    """Where the broker and topics.yaml disagree."""

    topic: str
    what: str
    declared: str
    found: str


@dataclass(frozen=True)
class Applied:
    """The topics that `apply` created, gave other settings or more partitions; and those it must not change so."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    refused: list[growing.Refusal] = field(default_factory=list)


def differences(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[Difference]:
    """What `apply` would have to change, and what it can't (a topic that nobody declared)."""
    declared = {topic.name: topic for topic in topics}
    result = _of_access(admin, declared.values())
    existing = {name for name in admin.list_topics() if not name.startswith("__")}
    result += [
        Difference(n, "topic", "present", "absent") for n in sorted(declared.keys() - existing)
    ]
    result += [
        Difference(n, "topic", "absent", "present") for n in sorted(existing - declared.keys())
    ]
    common = sorted(declared.keys() & existing)
    if not common:
        return result
    partitions = _partitions(admin, common)
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
    rows = [(rule, "allowed", "absent") for rule in wanted if rule not in held]
    rows += [(rule, "absent", "present") for rule in held if rule not in wanted]
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


def apply(admin: KafkaAdminClient, topics: Iterable[Topic]) -> Applied:
    """Makes the broker's topics what is declared, as far as nothing is lost by it, and says what it did.

    Creates what is missing, changes settings, adds partitions where `growing.refusal` lets it. Topics that nobody
    declared stay. Safe to run again.
    """
    declared = {topic.name: topic for topic in topics}
    present = set(admin.list_topics())
    missing = [topic for topic in declared.values() if topic.name not in present]
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
    created = [topic.name for topic in missing]
    there = [topic for name, topic in declared.items() if name in present]
    if not there:
        return Applied(created)
    changed = _set(admin, there)
    partitions = _partitions(admin, [topic.name for topic in there])
    looked_at = growing.refusals(admin, there, partitions, declared.keys())
    refused = [refusal for refusal in looked_at.values() if refusal]
    grown = [name for name, refusal in looked_at.items() if not refusal]
    if grown:
        admin.create_partitions({name: declared[name].partitions for name in grown})
    return Applied(created, changed, grown, refused)


def _set(admin: KafkaAdminClient, topics: Iterable[Topic]) -> list[str]:
    """Gives topics the settings that differ; returns their names."""
    wanted = {topic.name: topic.configuration() for topic in topics}
    configurations = _configurations(admin, list(wanted))
    differing = {
        name: {
            one: value for one, value in settings.items() if configurations[name].get(one) != value
        }
        for name, settings in wanted.items()
    }
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)
        for name, settings in differing.items()
        if settings
    ]
    if resources:
        admin.alter_configs(resources)
    return [resource.name for resource in resources]


def _partitions(admin: KafkaAdminClient, names: list[str]) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(names)}
