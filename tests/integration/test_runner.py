"""The runner's guarantee, against the real broker and the real database, with real kills."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from services.kernel import replay, topics
from services.kernel.codec import codec
from services.kernel.events import Draft
from services.kernel.wire import Message, encode
from tests.toy.harness import (
    INPUT,
    NOW,
    Toy,
    fresh_topics,
    headers_of,
    identity,
    make_schema,
    received,
)

pytestmark = pytest.mark.stack
KINDS = ("batch", "object")


@pytest.fixture
def toy(bootstrap: str, fresh_database: str, tmp_path: Path) -> Iterator[Toy]:
    fresh_topics(bootstrap)
    toy = Toy(bootstrap, make_schema(fresh_database), tmp_path)
    yield toy
    toy.end()


def handled(toy: Toy) -> int:
    return int(toy.scalar("select count(*) from inbox"))


def of_one_partition(count: int) -> list[UUID]:
    """Submissions that the default partitioner puts together: told by trying (murmur2 as in Kafka)."""
    from kafka.partitioner.default import murmur2

    number = topics.load()[INPUT].partitions
    found: list[UUID] = []
    while len(found) < count:
        candidate = uuid4()
        if (murmur2(str(candidate).encode()) & 0x7FFFFFFF) % number == 0:
            found.append(candidate)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_event_has_one_output_through_kills_and_terminations(toy: Toy, kind: str) -> None:
    rng = random.Random(1)
    sent = [received() for _ in range(1500)]
    with toy.running(kind):
        for index, number in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)):
            toy.send(sent[index * 500 : (index + 1) * 500])
            goal = handled(toy) + rng.randint(1, 200)
            toy.wait_for(lambda goal=goal: handled(toy) >= goal)  # type: ignore[misc]
            toy.signal(number)
        toy.wait_for(lambda: handled(toy) == len(sent))
        toy.wait_for(lambda: len(toy.outputs()) == len(sent))
    outputs = toy.outputs()
    assert set(outputs) == {message.key.decode() for message in sent}
    assert set(outputs.values()) == {1}, "one event id for each, however often it was published"


def test_an_exception_in_mid_handler_loses_nothing(toy: Toy) -> None:
    sent = (
        [received() for _ in range(50)] + [received("bug-once")] + [received() for _ in range(50)]
    )
    with toy.running("batch"):
        toy.send(sent)
        toy.wait_for(lambda: handled(toy) == len(sent))
    assert set(toy.outputs().values()) == {1}
    assert not replay.letters(toy.bootstrap, "validation")
    assert sum(worker.returncode == 70 for worker in toy.workers) == 1


def test_a_slow_first_event_is_not_overtaken_by_the_offset_of_later_ones(toy: Toy) -> None:
    """Issue: finished later ones must not commit past it; after a kill it still gets its verdict."""
    first, second, third = of_one_partition(3)
    with toy.running("object"):
        toy.send([received("slow", first), received("plain", second), received("plain", third)])
        toy.wait_for(lambda: handled(toy) == 2)
        time.sleep(1)
        toy.signal(signal.SIGKILL)
        toy.wait_for(lambda: handled(toy) == 3)
        toy.wait_for(lambda: len(toy.outputs()) == 3)
    assert set(toy.outputs()) == {str(first), str(second), str(third)}


@pytest.mark.parametrize("kind", KINDS)
def test_malformed_messages_are_buried_with_their_reason_and_good_ones_pass(
    toy: Toy, kind: str
) -> None:
    good = [received() for _ in range(20)]
    broken = [_broken(index) for index in range(1000)]
    mixed = [*good, *broken]
    random.Random(2).shuffle(mixed)
    with toy.running(kind):
        toy.send(mixed)
        toy.wait_for(lambda: handled(toy) == len(good))
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) >= len(broken))
    letters = replay.letters(toy.bootstrap, "validation")
    assert {letter.origin for letter in letters} == {
        letter.origin for letter in letters if letter.reason
    }
    assert len({letter.origin for letter in letters}) == len(broken)
    assert {letter.error for letter in letters} == {"Malformed"}
    assert len(toy.outputs()) == len(good)


def _broken(index: int) -> Message:
    message = received()
    return [
        replace(message, value=b"\x00"),
        replace(message, value=message.value[:-1]),
        replace(message, value=message.value + b"x"),
        replace(message, value=b"\x00\x00\x00\x00\xff" + message.value[5:]),
        replace(message, headers=message.headers[2:]),
        replace(message, value=b""),
        replace(
            message, headers=tuple((n, b"\xff" if n == "ce_id" else v) for n, v in message.headers)
        ),
    ][index % 7]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_kills_the_process_is_found_and_its_neighbours_pass(
    toy: Toy, kind: str
) -> None:
    submissions = of_one_partition(7)
    messages = [received("killer" if n == 3 else "plain", s) for n, s in enumerate(submissions)]
    with toy.running(kind):
        toy.send(messages)
        toy.wait_for(lambda: handled(toy) == 6, 120)
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) == 1)
    (letter,) = replay.letters(toy.bootstrap, "validation")
    assert letter.event_id == identity(messages[3])
    assert letter.error == "Poison"
    assert set(toy.outputs()) == {str(s) for n, s in enumerate(submissions) if n != 3}


def test_what_was_buried_is_not_tried_again_when_the_broker_brings_it_back(toy: Toy) -> None:
    """The broker may know less than the database: a kill between a dead letter and the commit of its offset."""
    message = received("bug")
    with toy.running("batch"):
        toy.send([message])
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) == 1, 120)
        time.sleep(2)
    forget_offsets(toy)
    ended = len([worker for worker in toy.workers if worker.returncode == 70])
    with toy.running("batch"):
        toy.send([received()])
        toy.wait_for(lambda: handled(toy) == 1)
    assert len([worker for worker in toy.workers if worker.returncode == 70]) == ended
    assert len(replay.letters(toy.bootstrap, "validation")) == 1


def forget_offsets(toy: Toy) -> None:
    admin = KafkaAdminClient(bootstrap_servers=toy.bootstrap)
    try:
        toy.wait_for(lambda: not admin.describe_groups(["validation"])["validation"]["members"])
        admin.delete_groups(["validation"])
    finally:
        admin.close()


def test_what_the_broker_believes_to_be_read_and_the_database_does_not_know_is_read_again(
    toy: Toy,
) -> None:
    """So it is after a database came back from a backup, and after a consumer that jumped over records."""
    sent = [received(submission=submission) for submission in of_one_partition(11)]
    with toy.running("batch"):
        toy.send(sent[:10])
        toy.wait_for(lambda: handled(toy) == 10)
    with psycopg.connect(toy.url) as connection:
        connection.execute(
            "delete from inbox where event_id = any(%s)",
            [[UUID(identity(message)) for message in sent[4:10]]],
        )
        connection.execute("update partitions set next_offset = 4 where next_offset = 10")
    with toy.running("batch"):
        toy.send(sent[10:])
        toy.wait_for(lambda: handled(toy) == 11)
    assert "rewound" in toy.log()
    assert "offset gap" not in toy.log()


def test_records_that_the_broker_has_no_more_are_an_alarm(toy: Toy) -> None:
    sent = [received(submission=submission) for submission in of_one_partition(11)]
    with toy.running("batch"):
        toy.send(sent[:10])
        toy.wait_for(lambda: handled(toy) == 10)
    with psycopg.connect(toy.url) as connection:
        connection.execute("update partitions set next_offset = 4 where next_offset = 10")
    admin = KafkaAdminClient(bootstrap_servers=toy.bootstrap)
    admin.delete_records({TopicPartition(INPUT, 0): 7})
    admin.close()
    with toy.running("batch"):
        toy.send(sent[10:])
        toy.wait_for(lambda: handled(toy) == 11)
    assert "offset gap" in toy.log()


def test_a_rejected_event_is_buried_and_replay_reaches_its_group_alone(toy: Toy) -> None:
    messages = [received(), received("refused"), received()]
    with toy.running("batch"):
        toy.send(messages)
        toy.wait_for(lambda: handled(toy) == 2)
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) == 1)
        (letter,) = replay.letters(toy.bootstrap, "validation")
        assert (letter.error, letter.replayed) == ("Permanent", False)
        replay.send_back(toy.bootstrap, [letter])
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) == 2)
    first, again = replay.letters(toy.bootstrap, "validation")
    assert first.replayed and again.origin == first.origin
    assert len(toy.read(INPUT)) == 3, "the other groups' topic got nothing"


def test_two_workers_with_one_identity_make_one_output_each(toy: Toy) -> None:
    sent = [received() for _ in range(600)]
    with toy.running("batch"):
        toy.wait_for(
            lambda: toy.scalar("select count(*) from pg_locks where locktype = 'advisory'") >= 0
        )
        twin = toy.start("batch")
        toy.send(sent)
        toy.wait_for(lambda: handled(toy) == len(sent))
        twin.kill()
        toy.workers[0].kill()
        more = [received() for _ in range(100)]
        toy.send(more)
        toy.wait_for(lambda: handled(toy) == len(sent) + len(more))
        toy.wait_for(lambda: len(toy.outputs()) == len(sent) + len(more))
    assert set(toy.outputs().values()) == {1}


def test_an_event_waits_for_its_state_of_the_catalogue(toy: Toy) -> None:
    """A submission that overtakes its form's publication waits; the catalogue behind it is still read."""
    early, later = received(catalogue=1), received(catalogue=0)
    with toy.running("object"):
        toy.send([early])
        time.sleep(6)
        assert handled(toy) == 0
        toy.send([_catalogue_change(1)])
        toy.send([later])
        toy.wait_for(lambda: len(toy.outputs()) == 2)
    assert toy.scalar("select catalogue_version from replica_version") == 1


def _catalogue_change(version: int) -> Message:
    key = {"kind": "form", "id": "f", "version": version}
    data = {
        **key,
        "catalogue_version": version,
        "body": "{}",
        "valid_from": None,
        "valid_to": None,
        "changed_at": NOW,
    }
    return encode(
        Draft("catalogue.changed", key, data, "form/f"), uuid4(), "catalogue", NOW, None, codec()
    )


def test_the_same_id_with_other_bytes_is_an_alarm(toy: Toy) -> None:
    original = received()
    forged = replace(received("other", UUID(original.key.decode())), headers=original.headers)
    with toy.running("batch"):
        toy.send([original])
        toy.wait_for(lambda: handled(toy) == 1)
        toy.send([forged, original])
        toy.wait_for(lambda: len(replay.letters(toy.bootstrap, "validation")) == 1)
    (letter,) = replay.letters(toy.bootstrap, "validation")
    assert letter.error == "IdentityConflict"
    assert headers_of(toy.read("submission.superseded")[0])["ce_source"] == "/validation"
