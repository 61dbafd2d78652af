"""The runner's guarantee, against the real broker and the real database, with real kills."""

from __future__ import annotations

import random
import signal
import time
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from services.events.catalogue import CatalogueChanged, CatalogueKind
from services.kernel import replay
from services.kernel.codec import codec
from services.kernel.publisher import DELIVERY_TIMEOUT
from services.kernel.wire import Message, encode
from tests.toy.harness import INPUT, NOW, Toy, identity, of_one_partition, received

pytestmark = pytest.mark.stack
KINDS = ("batch", "object")


@pytest.mark.parametrize("kind", KINDS)
def test_each_event_has_one_output_through_kills_and_terminations(toy: Toy, kind: str) -> None:
    toy.delivery_seconds = DELIVERY_TIMEOUT
    rng = random.Random(1)
    sent = [received() for _ in range(900)]
    with toy.running(kind):
        for index, number in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)):
            toy.send(sent[index * 300 : (index + 1) * 300])
            goal = toy.handled() + rng.randint(1, 200)
            toy.wait_for(lambda goal=goal: toy.handled() >= goal)  # type: ignore[misc]
            toy.signal(number)
        toy.wait_for(lambda: toy.handled() == len(sent))
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
        toy.wait_for(lambda: toy.handled() == len(sent))
    assert set(toy.outputs().values()) == {1}
    assert not replay.letters(toy.cluster, "validation")
    assert sum(worker.returncode == 70 for worker in toy.workers) == 1


def test_a_slow_first_event_is_not_overtaken_by_the_offset_of_later_ones(toy: Toy) -> None:
    """Issue: finished later ones must not commit past it; after a kill it still gets its verdict."""
    first, second, third = of_one_partition(3)
    with toy.running("object"):
        toy.send([received("slow", first), received("plain", second), received("plain", third)])
        toy.wait_for(lambda: toy.handled() == 2)
        time.sleep(1)
        toy.signal(signal.SIGKILL)
        toy.wait_for(lambda: toy.handled() == 3)
        toy.wait_for(lambda: len(toy.outputs()) == 3)
    assert set(toy.outputs()) == {str(first), str(second), str(third)}


def test_what_the_broker_believes_to_be_read_and_the_database_does_not_know_is_read_again(
    toy: Toy,
) -> None:
    """So it is after a database came back from a backup, and after a consumer that jumped over records."""
    sent = [received(submission=submission) for submission in of_one_partition(11)]
    with toy.running("batch"), psycopg.connect(toy.url, autocommit=True) as connection:
        toy.send(sent[:4])
        toy.wait_for(
            lambda: toy.scalar("select count(*) from partitions where next_offset = 4") == 1
        )
        mark = connection.execute(
            "select fingerprint from partitions where next_offset = 4"
        ).fetchone()
        toy.send(sent[4:10])
        toy.wait_for(lambda: toy.handled() == 10)
    with psycopg.connect(toy.url) as connection:
        connection.execute(
            "delete from inbox where event_id = any(%s)",
            [[UUID(identity(message)) for message in sent[4:10]]],
        )
        connection.execute(
            "update partitions set next_offset = 4, fingerprint = %s where next_offset = 10", mark
        )
    with toy.running("batch"):
        toy.send(sent[10:])
        toy.wait_for(lambda: toy.handled() == 11)
    assert "rewound" in toy.log()
    assert "offset gap" not in toy.log()


def test_an_empty_assignment_that_the_broker_kept_does_not_last(toy: Toy) -> None:
    """As a broker has it that was restarted between a leader's join and its assignment."""
    toy.patience_seconds, toy.assigns = 8.0, "nothing"
    toy.session_seconds = 25.0  # enough for the next worker to be there in time, on any machine
    toy.start("batch")
    toy.wait_for(lambda: _group_state(toy) == "Stable")
    toy.signal(signal.SIGKILL)
    toy.assigns = "all"
    with toy.running("batch"):
        toy.send([received()])
        toy.wait_for(lambda: toy.handled() == 1, 120)
    assert "nothing for 8 s" in toy.log()


def test_records_that_the_broker_has_no_more_are_an_alarm(toy: Toy) -> None:
    sent = [received(submission=submission) for submission in of_one_partition(11)]
    with toy.running("batch"):
        toy.send(sent[:10])
        toy.wait_for(lambda: toy.handled() == 10)
    with psycopg.connect(toy.url) as connection:
        connection.execute("update partitions set next_offset = 4 where next_offset = 10")
    admin = KafkaAdminClient(**toy.cluster.options())
    admin.delete_records({TopicPartition(INPUT, 0): 7})
    admin.close()
    with toy.running("batch"):
        toy.send(sent[10:])
        toy.wait_for(lambda: toy.handled() == 11)
    assert "offset gap" in toy.log()


def test_two_workers_with_one_identity_make_one_output_each(toy: Toy) -> None:
    toy.delivery_seconds = DELIVERY_TIMEOUT
    sent = [received() for _ in range(600)]
    with toy.running("batch"):
        toy.wait_for(
            lambda: toy.scalar("select count(*) from pg_locks where locktype = 'advisory'") >= 0
        )
        twin = toy.start("batch")
        toy.send(sent)
        toy.wait_for(lambda: toy.handled() == len(sent))
        for worker in (toy.workers[0], twin):  # whoever stands by takes over
            worker.kill()
            more = [received() for _ in range(100)]
            sent.extend(more)
            toy.send(more)
            toy.wait_for(lambda: toy.handled() == len(sent))
        toy.wait_for(lambda: len(toy.outputs()) == len(sent))
    assert set(toy.outputs().values()) == {1}


def test_an_event_waits_for_its_state_of_the_catalogue(toy: Toy) -> None:
    """A submission that overtakes its form's publication waits; the catalogue behind it is still read."""
    early, later = received(catalogue=1), received(catalogue=0)
    with toy.running("object"):
        toy.send([early])
        time.sleep(6)
        assert toy.handled() == 0
        toy.send([_catalogue_change(1)])
        toy.send([later])
        toy.wait_for(lambda: len(toy.outputs()) == 2)
    assert toy.scalar("select catalogue_version from replica_version") == 1


def _group_state(toy: Toy) -> str:
    admin = KafkaAdminClient(**toy.cluster.options())
    try:
        found = admin.describe_groups(["validation"])["validation"]
    except KafkaError:
        return ""
    finally:
        admin.close()
    return str(found["group_state"])


def _catalogue_change(version: int) -> Message:
    changed = CatalogueChanged(
        kind=CatalogueKind.FORM,
        id="f",
        version=version,
        catalogue_version=version,
        body="{}",
        changed_at=NOW,
    )
    return encode(changed, uuid4(), "catalogue", NOW, None, codec())
