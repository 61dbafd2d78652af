"""Who may write and read which topic: Kafka's access control lists, as schemas/topics.yaml has them.

A topic has one writer, so an event on it is from the service that it says, and a forged one never lands.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError, KafkaTimeoutError

from services.kernel.topics import OPERATOR, Topic, outsiders

USER = "User:"
ANY_HOST = "*"
SETTLED_SECONDS = 30.0
EVERYTHING = ACLFilter(
    None, None, ACLOperation.ANY, ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)  # fmt: skip


def declared(topics: Iterable[Topic]) -> list[ACL]:
    """All that is allowed where these topics are; what is not among it, the broker refuses.

    Leave to write or read a topic is leave to describe it, too.
    """
    found: dict[ACL, None] = {}
    cluster = ResourcePattern(ResourceType.CLUSTER, "kafka-cluster")
    for topic in topics:
        of_topic = ResourcePattern(ResourceType.TOPIC, topic.name)
        found[_allow(topic.owner, ACLOperation.WRITE, of_topic)] = None
        # Who writes a topic compares it with what it has written.
        found[_allow(topic.owner, ACLOperation.READ, of_topic)] = None
        for reader in topic.readers:
            found[_allow(reader, ACLOperation.READ, of_topic)] = None
            found[_allow(reader, ACLOperation.READ, _groups(reader))] = None
        for reader in outsiders(topic):
            # Who feeds programs that are not ours sees how far they are, and how full the disks (infrastructure.py).
            found[_allow(topic.owner, ACLOperation.DESCRIBE, _groups(reader))] = None
            found[_allow(topic.owner, ACLOperation.DESCRIBE, cluster)] = None
    every_topic = ResourcePattern(ResourceType.TOPIC, "*")
    found[_allow(OPERATOR, ACLOperation.DESCRIBE, every_topic)] = None
    found[_allow(OPERATOR, ACLOperation.DESCRIBE_CONFIGS, every_topic)] = None
    found[_allow(OPERATOR, ACLOperation.DESCRIBE, cluster)] = None
    return list(found)


def present(admin: KafkaAdminClient) -> list[ACL]:
    """All that the cluster's lists hold. KafkaError where it has none, and so lets everybody write."""
    found, _ = admin.describe_acls(EVERYTHING)
    return list(found)


def apply(admin: KafkaAdminClient, topics: Iterable[Topic]) -> tuple[list[ACL], list[ACL]]:
    """Allows what is declared and not yet allowed; takes from the declared logins what is declared no more.

    Returns both, as soon as the broker keeps to them: it hears of a change a moment after that is acknowledged, and
    would refuse a service that starts at once. What the lists hold for other logins stays: `topics list` shows it.
    """
    wanted, held = declared(topics), present(admin)
    logins = {rule.principal for rule in wanted}
    new = [rule for rule in wanted if rule not in held]
    old = [rule for rule in held if rule not in wanted and rule.principal in logins]
    failed: list[type[KafkaError]] = []
    if new:
        failed += admin.create_acls(new)["failed"]
    if old:
        failed += [error for _, _, error in admin.delete_acls(old) if error.errno]
    if failed:
        raise failed[0]("an access control list did not change")
    deadline = time.monotonic() + SETTLED_SECONDS
    while not _settled(present(admin), new, old):
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(
                "the broker still knows nothing of its new access control lists"
            )
        time.sleep(0.1)
    return new, old


def _settled(held: Sequence[ACL], new: Iterable[ACL], old: Iterable[ACL]) -> bool:
    return all(rule in held for rule in new) and not any(rule in held for rule in old)


def text(acl: ACL) -> str:
    """Like `policy WRITE`, of what the pattern names."""
    denied = "" if acl.permission_type is ACLPermissionType.ALLOW else "DENY "
    return f"{denied}{acl.principal.removeprefix(USER)} {acl.operation.name}"


def _groups(reader: str) -> ResourcePattern:
    """A service's own group, or those of the compilers' programs: compiler, compiler-quarterly, …"""
    return ResourcePattern(ResourceType.GROUP, reader, ACLResourcePatternType.PREFIXED)


def _allow(username: str, operation: ACLOperation, pattern: ResourcePattern) -> ACL:
    return ACL(USER + username, ANY_HOST, operation, ACLPermissionType.ALLOW, pattern)
