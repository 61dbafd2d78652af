"""What the runner can't handle: buried with its reason, found when it kills, sent back to its group alone."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from services.kernel import replay
from services.kernel.wire import Message
from tests.toy.harness import INPUT, Toy, headers_of, identity, of_one_partition, received

pytestmark = pytest.mark.stack
KINDS = ("batch", "object")


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
        toy.wait_for(lambda: toy.handled() == len(good))
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) >= len(broken))
    letters = replay.letters(toy.cluster, "validation")
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
        replace(message, value=b"\x00\x7f\xff\xff\xff" + message.value[5:]),
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
        toy.wait_for_letter()
        neighbours = {str(s) for n, s in enumerate(submissions) if n != 3}
        toy.wait_for(lambda: neighbours <= set(toy.outputs()))
    (letter,) = replay.letters(toy.cluster, "validation")
    assert letter.event_id == identity(messages[3])
    assert letter.error == "Poison"
    assert str(submissions[3]) not in toy.outputs()


def test_while_nothing_succeeds_nothing_is_buried(toy: Toy) -> None:
    """Every event ends its process: a library is broken, say. When it is mended, all are handled."""
    sent = [received("ill", one) for n in range(2) for one in of_one_partition(1, partition=n)]
    with toy.running("batch"):
        toy.send(sent)
        toy.wait_for(lambda: "nothing of the stage succeeds" in toy.log(), 120)
        assert not replay.letters(toy.cluster, "validation")
        toy.get_well()
        toy.wait_for(lambda: toy.handled() == len(sent), 120)
    assert not replay.letters(toy.cluster, "validation")
    assert set(toy.outputs().values()) == {1}


def test_what_was_buried_is_not_tried_again_when_the_broker_brings_it_back(toy: Toy) -> None:
    """The broker may know less than the database: a kill between a dead letter and the commit of its offset."""
    bad, good = of_one_partition(2)
    with toy.running("batch"):
        toy.send([received("bug", bad)])
        toy.wait_for_letter()
    forget_offsets(toy)
    ended = len([worker for worker in toy.workers if worker.returncode == 70])
    with toy.running("batch"):
        toy.send([received(submission=good)])
        toy.wait_for(lambda: str(good) in toy.outputs())
    assert len([worker for worker in toy.workers if worker.returncode == 70]) == ended
    assert len(replay.letters(toy.cluster, "validation")) == 1


def forget_offsets(toy: Toy) -> None:
    admin = KafkaAdminClient(**toy.cluster.options())
    try:
        toy.wait_for(lambda: not admin.describe_groups(["validation"])["validation"]["members"])
        admin.delete_groups(["validation"])
    finally:
        admin.close()


def test_a_rejected_event_is_buried_and_replay_reaches_its_group_alone(toy: Toy) -> None:
    messages = [received(), received("refused"), received()]
    with toy.running("batch"):
        toy.send(messages)
        toy.wait_for(lambda: toy.handled() == 2)
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 1)
        (letter,) = replay.letters(toy.cluster, "validation")
        assert (letter.error, letter.replayed) == ("Permanent", False)
        replay.send_back(toy.cluster, [letter])
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 2)
    first, again = replay.letters(toy.cluster, "validation")
    assert first.replayed and again.origin == first.origin
    assert len(toy.read(INPUT)) == 3, "the other groups' topic got nothing"


def test_nothing_is_forged_by_the_topic_of_replays(toy: Toy) -> None:
    """Whoever has the operator's login may have a letter handled again, and can say neither what it is nor whose."""
    dead, wanted = received("refused"), received()
    forged = received("forged")
    at_home = [*forged.headers, *_origin(INPUT)]
    with toy.running("batch"):
        toy.send([dead])
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 1)
        (letter,) = replay.letters(toy.cluster, "validation")
        toy.send(
            [
                _sent_back(forged.value, forged.key, at_home),
                _sent_back(forged.value, forged.key, [*at_home, ("dead-offset", b"0")]),
                _sent_back(forged.value, forged.key, [*forged.headers, *_origin("nowhere")]),
                _sent_back(forged.value, forged.key, list(forged.headers)),
                _sent_back(b"0", b"", at_home),
                _sent_back(b"9", b"", []),
                _sent_back(b"{}", b"", []),
            ]
        )
        replay.send_back(toy.cluster, [letter])
        toy.send([wanted])
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 2)
        toy.wait_for(lambda: toy.handled() == 1)
    first, again = replay.letters(toy.cluster, "validation")
    assert (first.replayed, again.replayed) == (True, False)
    assert (again.origin, again.event_id) == (letter.origin, identity(dead))
    assert set(toy.outputs()) == {wanted.key.decode()}
    assert toy.log().count("replay refused") == 7
    assert not [worker for worker in toy.workers if worker.returncode == 70]


def test_a_letter_is_compared_with_its_source_and_is_good_without(toy: Toy) -> None:
    def letters() -> list[replay.Letter]:
        return replay.letters(toy.cluster, "validation")

    with toy.running("batch"):
        toy.send([received("refused", submission) for submission in of_one_partition(2)])
        toy.wait_for(lambda: len(letters()) == 2)
        # As if somebody had the group's own login: a letter that says other than what came.
        toy.send([replace(letters()[0].message, value=received("forged").value)])
        replay.send_back(toy.cluster, letters()[2:])
        toy.wait_for(lambda: toy.log().count("replay refused") == 1)
        origin = letters()[1].origin
        admin = KafkaAdminClient(**toy.cluster.options())
        admin.delete_records({TopicPartition(INPUT, origin.partition): origin.offset + 1})
        admin.close()
        replay.send_back(toy.cluster, letters()[1:2])
        toy.wait_for(lambda: len(letters()) == 4)
    assert letters()[3].origin == origin
    assert letters()[3].message.value == letters()[1].message.value
    assert toy.log().count("replay refused") == 1
    assert toy.handled() == 0


def _sent_back(value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Message:
    return Message("validation.replay", key, value, tuple(headers))


def _origin(topic: str) -> list[tuple[str, bytes]]:
    place = (("topic", topic), ("partition", "0"), ("offset", "0"))
    return [(f"origin-{name}", text.encode()) for name, text in place]


def test_the_same_id_with_other_bytes_is_an_alarm(toy: Toy) -> None:
    original = received()
    forged = replace(received("other", UUID(original.key.decode())), headers=original.headers)
    with toy.running("batch"):
        toy.send([original])
        toy.wait_for(lambda: toy.handled() == 1)
        toy.send([forged, original])
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 1)
    (letter,) = replay.letters(toy.cluster, "validation")
    assert letter.error == "IdentityConflict"
    assert headers_of(toy.read("submission.superseded")[0])["ce_source"] == "/validation"
