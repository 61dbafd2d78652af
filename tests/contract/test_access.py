"""Who may write and read which topic: a forged event never lands, and no login reads what isn't its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ACLOperation, KafkaAdminClient, NewTopic, ResourceType
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from deploy.local import Stack
from deploy.programs import KAFKA_LOGINS, SERVICES
from services.audit.worker import STAGE as AUDIT
from services.kernel import access
from services.kernel.administration import differences
from services.kernel.cluster import Cluster
from services.kernel.topics import load
from tests.integration.test_flow import INPUTS

DECLARED = load()
OTHERS = [login for login in KAFKA_LOGINS if login not in ("broker", "administrator")]


@pytest.fixture
def admin(stack: Stack) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(**stack.kafka().options())
    access.apply(client, DECLARED.values())
    yield client
    access.apply(client, DECLARED.values())
    client.close()


def test_the_readers_of_a_topic_are_those_whose_stages_take_it() -> None:
    found = {(name, reader) for name, topic in DECLARED.items() for reader in topic.readers}
    stages = {(name, service) for service, names in INPUTS.items() for name in names}
    of_letters = {
        (f"{group}.{suffix}", reader)
        for group in INPUTS
        for suffix in ("dead", "replay")
        for reader in (group, "operator")
    }
    assert found == stages | of_letters | {("grdp.observation", "compiler")}
    of_audit = {name for name, reader in found if reader == "audit"}
    assert of_audit == {*AUDIT.topics, "audit.dead", "audit.replay"}


def test_a_group_alone_writes_its_dead_letters_and_the_operator_alone_sends_back() -> None:
    """What a group takes from its dead letters is what it buried itself."""
    writers = {
        (one.resource_pattern.resource_name, one.principal.removeprefix(access.USER))
        for one in access.declared(DECLARED.values())
        if one.operation is not ACLOperation.READ
        and one.resource_pattern.resource_name.endswith((".dead", ".replay"))
    }
    assert writers == {
        pair
        for group in INPUTS
        for pair in ((f"{group}.dead", group), (f"{group}.replay", "operator"))
    }


def test_each_topic_has_one_writer_and_each_writer_has_a_login() -> None:
    writers = [
        (one.resource_pattern.resource_name, one.principal.removeprefix(access.USER))
        for one in access.declared(DECLARED.values())
        if one.operation is ACLOperation.WRITE
    ]
    assert dict(writers) == {name: topic.owner for name, topic in DECLARED.items()}
    assert len(writers) == len(DECLARED)
    assert {writer for _, writer in writers} <= set(OTHERS)
    assert {reader for topic in DECLARED.values() for reader in topic.readers} <= set(OTHERS)


def test_nobody_but_who_makes_the_topics_may_change_them_or_the_lists() -> None:
    harmless = {
        ACLOperation.READ, ACLOperation.WRITE, ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS,
    }  # fmt: skip
    found = access.declared(DECLARED.values())
    assert {one.operation for one in found} == harmless
    everywhere = [one for one in found if one.resource_pattern.resource_name == "*"]
    assert {one.operation for one in everywhere} == {
        ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS,
    }  # fmt: skip


def test_who_writes_a_topic_reads_it_to_compare_it_with_its_tables() -> None:
    readers = {
        (one.resource_pattern.resource_name, one.principal.removeprefix(access.USER))
        for one in access.declared(DECLARED.values())
        if one.operation is ACLOperation.READ
        and one.resource_pattern.resource_type is ResourceType.TOPIC
    }
    assert readers == {
        (name, who) for name, topic in DECLARED.items() for who in (*topic.readers, topic.owner)
    }


def test_who_feeds_the_compilers_alone_sees_how_far_their_groups_are() -> None:
    seeing = {
        (one.resource_pattern.resource_name, one.principal.removeprefix(access.USER))
        for one in access.declared(DECLARED.values())
        if one.operation is ACLOperation.DESCRIBE
        and one.resource_pattern.resource_type is not ResourceType.TOPIC
    }
    assert seeing == {
        ("compiler", "grdp"), ("kafka-cluster", "grdp"), ("kafka-cluster", "operator"),
    }  # fmt: skip


@pytest.mark.parametrize("login", OTHERS)
def test_a_forged_event_is_refused_by_the_broker(stack: Stack, login: str) -> None:
    """On every topic of another's, with the very bytes that a service would send: the login alone counts."""
    producer = KafkaProducer(**stack.kafka(login).options(), acks="all", retries=0)
    own = {name for name, topic in DECLARED.items() if topic.owner == login}
    before = _ends(stack.kafka(), sorted(DECLARED.keys() - own))

    def forge(name: str) -> None:
        with pytest.raises(TopicAuthorizationFailedError):
            producer.send(name, b"forged", b"key").get(timeout=30)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(forge, DECLARED.keys() - own))
    producer.close()
    assert _ends(stack.kafka(), sorted(DECLARED.keys() - own)) == before


@pytest.mark.parametrize("login", OTHERS)
def test_what_is_not_for_a_login_it_can_not_read(stack: Stack, login: str) -> None:
    others = [
        name
        for name, topic in DECLARED.items()
        if login not in topic.readers and login != topic.owner
    ]
    assert _refused(stack.kafka(login), others) == set(others)


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody"}, {"username": ""}]
)
def test_a_wrong_login_gets_nowhere(stack: Stack, change: dict[str, Any]) -> None:
    wrong = replace(stack.kafka("policy"), **change)
    with pytest.raises(KafkaError):
        KafkaProducer(**wrong.options(), bootstrap_timeout_ms=1_000)


def test_without_a_login_neither_the_broker_nor_its_controller_answers(stack: Stack) -> None:
    controller = stack.kafka().servers.split(":")[0] + f":{stack.state.ports['kafka-controller']}"
    for servers in (stack.kafka().servers, controller):
        with pytest.raises(KafkaError):
            KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=1_000)


def test_a_service_can_not_give_itself_leave(stack: Stack, admin: KafkaAdminClient) -> None:
    mine = [one for one in access.declared(DECLARED.values()) if one.principal == "User:policy"]
    for service in (*SERVICES, "operator", "compiler"):
        forger = KafkaAdminClient(**stack.kafka(service).options())
        try:
            assert len(forger.create_acls(mine)["failed"]) == len(mine)
            with pytest.raises(KafkaError):
                forger.create_topics([NewTopic(f"of.{service}", 1, 1)])
        finally:
            forger.close()


def test_what_is_declared_no_more_is_taken_away_and_what_differs_is_shown(
    admin: KafkaAdminClient,
) -> None:
    topic = DECLARED["submission.cleared"]
    wider = {**DECLARED, topic.name: replace(topic, readers=(*topic.readers, "compiler"))}
    new, old = access.apply(admin, wider.values())
    # The second and third: who feeds it sees how far it is.
    assert [(access.text(one), one.resource_pattern.resource_type) for one in new] == [
        ("compiler READ", ResourceType.TOPIC),
        ("policy DESCRIBE", ResourceType.GROUP),
        ("policy DESCRIBE", ResourceType.CLUSTER),
    ]
    assert old == []
    (shown,) = [one for one in differences(admin, DECLARED.values()) if "compiler" in one.what]
    assert (shown.topic, shown.what) == ("submission.cleared", "compiler READ")
    assert (shown.declared, shown.found) == ("absent", "present")
    added, removed = access.apply(admin, DECLARED.values())
    assert (added, set(removed)) == ([], set(new))
    assert access.apply(admin, DECLARED.values()) == ([], [])
    assert not [one for one in differences(admin, DECLARED.values()) if "READ" in one.what]


def _refused(cluster: Cluster, names: list[str]) -> set[str]:
    """Those that the login may not even see, and those that it may not read though it sees them."""
    admin = KafkaAdminClient(**cluster.options())
    refused = {
        topic["name"]
        for topic in admin.describe_topics(names)
        if topic["error_code"] == TopicAuthorizationFailedError.errno
    }
    admin.close()
    consumer = KafkaConsumer(**cluster.options(), group_id=None)
    for name in set(names) - refused:
        consumer.assign([TopicPartition(name, 0)])
        consumer.seek(TopicPartition(name, 0), 0)
        try:
            for _ in range(20):
                consumer.poll(timeout_ms=500)
        except TopicAuthorizationFailedError:
            refused.add(name)
    consumer.close()
    return refused


def _ends(cluster: Cluster, names: list[str]) -> dict[TopicPartition, int]:
    consumer = KafkaConsumer(**cluster.options(), group_id=None)
    partitions = [
        TopicPartition(name, number)
        for name in names
        for number in range(DECLARED[name].partitions)
    ]
    ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    consumer.close()
    return ends
