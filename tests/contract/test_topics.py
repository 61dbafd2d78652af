"""The broker's topics are those of schemas/topics.yaml, and the check says so when they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from deploy.supervision import wait_until
from services.kernel import access
from services.kernel.administration import Difference, apply, differences
from services.kernel.cluster import Cluster
from services.kernel.topics import Topic, load

DECLARED = load()


@pytest.fixture
def admin(cluster: Cluster) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(**cluster.options())
    apply(client, DECLARED.values())
    access.apply(client, DECLARED.values())
    yield client
    client.close()


def found(admin: KafkaAdminClient, *topics: Topic) -> set[Difference]:
    return set(differences(admin, topics or DECLARED.values()))


def own(admin: KafkaAdminClient) -> set[Difference]:
    """Without the topics that other tests of the session made."""
    return {one for one in found(admin) if one.topic in DECLARED}


def soon(condition: Callable[[], bool], what: str) -> None:
    """Changes reach a broker's metadata a moment after they are acknowledged."""
    wait_until(condition, 60, what)


def test_the_broker_has_what_is_declared(admin: KafkaAdminClient) -> None:
    soon(lambda: not own(admin), "differences remain")
    assert apply(admin, DECLARED.values()) == []


def test_a_changed_setting_is_found(admin: KafkaAdminClient) -> None:
    changed = Difference("intake.dead", "retention.ms", "10368000000", "1000")
    _set(admin, "intake.dead", "retention.ms", "1000")
    try:
        soon(lambda: own(admin) == {changed}, "the changed setting was not found")
    finally:
        _set(admin, "intake.dead", "retention.ms", "10368000000")
    soon(lambda: not own(admin), "the restored setting still differs")


def test_an_undeclared_topic_is_found(admin: KafkaAdminClient) -> None:
    undeclared = Difference("test.undeclared", "topic", "absent", "present")
    admin.create_topics([NewTopic("test.undeclared", 1, 1)])
    try:
        soon(lambda: undeclared in found(admin), "the undeclared topic was not found")
    finally:
        admin.delete_topics(["test.undeclared"])


def test_a_missing_topic_and_a_wrong_number_of_partitions_are_found(
    admin: KafkaAdminClient,
) -> None:
    soon(lambda: not own(admin), "differences remain")
    one = DECLARED["submission.received"]
    more, absent = replace(one, partitions=5), replace(one, name="test.absent")
    assert {
        Difference("submission.received", "partitions", "5", "4"),
        Difference("test.absent", "topic", "present", "absent"),
    } <= found(admin, more, absent)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_topic_says_what_it_is_for(name: str) -> None:
    topic = DECLARED[name]
    assert topic.description and topic.owner and topic.partitions > 0


def _set(admin: KafkaAdminClient, topic: str, name: str, value: str) -> None:
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: value})])
