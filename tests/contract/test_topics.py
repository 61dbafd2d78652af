"""The broker's topics are those of schemas/topics.yaml, and the check says so when they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.structs import OffsetAndMetadata

from deploy.supervision import wait_until
from services.kernel import access
from services.kernel.administration import Applied, Difference, apply, differences
from services.kernel.cluster import Cluster
from services.kernel.groups import Lag
from services.kernel.growing import Refusal, Why
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
    assert apply(admin, DECLARED.values()) == Applied()


def test_a_changed_setting_is_found(admin: KafkaAdminClient) -> None:
    changed = Difference("intake.dead", "retention.ms", "10368000000", "1000")
    _set(admin, "intake.dead", "retention.ms", "1000")
    try:
        soon(lambda: own(admin) == {changed}, "the changed setting was not found")
    finally:
        _set(admin, "intake.dead", "retention.ms", "10368000000")
    soon(lambda: not own(admin), "the restored setting still differs")


def test_a_changed_setting_is_set_again(admin: KafkaAdminClient) -> None:
    _set(admin, "intake.dead", "retention.ms", "1000")
    soon(lambda: bool(own(admin)), "the changed setting was not found")
    assert apply(admin, DECLARED.values()) == Applied(changed=["intake.dead"])
    soon(lambda: not own(admin), "the setting that was set again still differs")


def test_a_topic_gets_more_partitions_once_its_readers_have_read_to_the_end(
    admin: KafkaAdminClient, cluster: Cluster
) -> None:
    """A program's own group counts like the readers that are declared, which begin with the first record."""
    name = f"test.growing-{uuid4()}"
    kept = replace(DECLARED["submission.received"], name=name, readers=("policy",), partitions=1)
    more, alone = replace(kept, partitions=3), {**DECLARED, name: kept}
    apply(admin, alone.values())
    try:
        producer = KafkaProducer(**cluster.options(), acks="all")
        for _ in range(3):
            producer.send(name, b"value", b"key")
        producer.close()
        program = f"program-{uuid4()}"
        _read_up_to(cluster, program, name, 2)
        behind = (Lag("policy", 0, 3), Lag(program, 0, 1))
        refusal = Refusal(name, Why.BEHIND, 3, 1, behind)
        assert apply(admin, {**alone, name: more}.values()) == Applied(refused=[refusal])
        admin.alter_group_offsets("policy", {TopicPartition(name, 0): OffsetAndMetadata(3, "", -1)})
        _read_up_to(cluster, program, name, 3)
        assert apply(admin, {**alone, name: more}.values()) == Applied(grown=[name])
        wrong = Difference(name, "partitions", "3", "1")
        soon(lambda: wrong not in found(admin, more), "the partitions were not added")
        fewer = Refusal(name, Why.FEWER, 1, 3)
        assert apply(admin, alone.values()) == Applied(refused=[fewer])
        assert not fewer.passes
    finally:
        admin.delete_topics([name])


def _read_up_to(cluster: Cluster, group: str, topic: str, offset: int) -> None:
    consumer = KafkaConsumer(**cluster.options(), group_id=group, enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(offset, "", -1)})
    consumer.close()


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
