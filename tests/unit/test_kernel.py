"""The kernel's pure parts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiokafka.errors
import kafka.errors
import psycopg
import pytest
import sqlalchemy.exc
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError

from services.events.grdp import SubmissionStored
from services.events.intake import SubmissionReceived
from services.events.policy import SubmissionSuperseded
from services.kernel import retry
from services.kernel.avro import to_avro
from services.kernel.backlog import HIGH_BYTES, HIGH_EVENTS, Backlog, Received
from services.kernel.codec import WIRE, codec
from services.kernel.dead import Origin, letter, origin_of
from services.kernel.errors import Malformed, Newer, Oversized, Permanent, Unavailable
from services.kernel.events import Event, NewObject, derived_id
from services.kernel.postgresql import pack, unpack
from services.kernel.released_schemas import locked
from services.kernel.retry import each_for_itself, patiently, while_never_long_without
from services.kernel.topics import load
from services.kernel.transient import is_transient
from services.kernel.wire import decode, encode_all
from tests.toy.harness import INPUT, NOW, identity, received


def event(form: str = "plain") -> Event:
    message = received(form)
    return decode(
        load()[INPUT], SubmissionReceived, message.key, message.value, message.headers, codec()
    )


def test_an_event_survives_the_wire() -> None:
    message = received("plain", UUID(int=7))
    found = decode(
        load()[INPUT], SubmissionReceived, message.key, message.value, message.headers, codec()
    )
    assert (str(found.id), found.topic, found.source) == (identity(message), INPUT, "intake")
    assert (found.key, found.subject, found.time) == (str(UUID(int=7)), str(UUID(int=7)), NOW)
    assert found.data.received_at == NOW
    assert found.encoded == message.value


@pytest.mark.parametrize("missing", ["ce_id", "ce_time", "ce_subject", "ce_source"])
def test_a_record_without_an_attribute_is_malformed(missing: str) -> None:
    message = received()
    headers = tuple(header for header in message.headers if header[0] != missing)
    with pytest.raises(Malformed, match=missing):
        decode(load()[INPUT], SubmissionReceived, message.key, message.value, headers, codec())


@pytest.mark.parametrize("empty", ["ce_id", "ce_time", "ce_subject", "ce_source"])
def test_a_header_without_a_value_is_none(empty: str) -> None:
    """As Kafka allows: it ends no process, which would read it again, for ever."""
    message = received()
    headers: Any = [(name, None if name == empty else text) for name, text in message.headers]
    with pytest.raises(Malformed, match=empty):
        decode(load()[INPUT], SubmissionReceived, message.key, message.value, headers, codec())
    others: Any = [*message.headers, ("traceparent", None), ("x", None)]
    assert (
        decode(
            load()[INPUT], SubmissionReceived, message.key, message.value, others, codec()
        ).traceparent
        is None
    )


def test_a_time_of_no_time_zone_is_malformed() -> None:
    message = received()
    headers = [*message.headers, ("ce_time", b"2026-11-29T07:00:00")]
    with pytest.raises(Malformed, match="no offset"):
        decode(load()[INPUT], SubmissionReceived, message.key, message.value, headers, codec())


def test_a_schema_of_another_topic_is_malformed() -> None:
    message = received()
    with pytest.raises(Malformed, match="not one of this subject"):
        decode(
            load()["submission.stored"],
            SubmissionStored,
            message.key,
            message.value,
            message.headers,
            codec(),
        )


def test_what_a_later_release_wrote_is_not_malformed() -> None:
    """A program that is not upgraded yet has to wait for it, and not to bury it; an id that was never given is one."""
    message = received()
    newest = max(one.id for one in locked())
    for id_, expected in ((newest + 1, Newer), (2**31, Malformed)):
        value = WIRE.pack(0, id_) + message.value[WIRE.size :]
        with pytest.raises(expected, match=str(id_)):
            decode(load()[INPUT], SubmissionReceived, message.key, value, message.headers, codec())
    assert is_transient(Newer())


@pytest.mark.parametrize("header", ["ce_id", "ce_time", "ce_subject", "ce_source"])
def test_garbage_that_looks_like_a_newer_schema_is_malformed(header: str) -> None:
    """Waited for, it would hold up its partition until an upgrade to a release that has this very id."""
    message = received()
    value = WIRE.pack(0, max(one.id for one in locked()) + 1) + b"garbage"
    headers = [one for one in message.headers if one[0] != header]
    with pytest.raises(Malformed, match=header):
        decode(load()[INPUT], SubmissionReceived, message.key, value, headers, codec())


def test_ids_of_outputs_follow_from_their_cause_and_nothing_else() -> None:
    cause = event()
    made = SubmissionSuperseded(head=cause.data.head, decision=1, by_attempt=2)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    first = encode_all([made, made], cause, "policy", NOW, codec())
    again = encode_all([made, made], cause, "policy", later, codec())
    assert [identity(m) for m in first] == [identity(m) for m in again]
    assert identity(first[0]) == str(derived_id(cause.id, "submission.superseded", 0))
    assert identity(first[0]) != identity(first[1])


def test_headers_survive_the_tables() -> None:
    headers: Any = (("a", b"\x00\xff"), ("a", b""), ("b", "Điện Biên".encode()), ("c", None))
    assert unpack(pack(headers)) == headers


def test_an_objects_name_is_that_of_its_content() -> None:
    item = NewObject("s", 2, "report", "application/json", b"{}")
    other = replace(item, content=b"[]")
    assert item.reference().name.startswith("s/2/report/")
    assert item.reference().name != other.reference().name


def test_a_dead_letter_keeps_the_origin_through_replays() -> None:
    origin = Origin("submission.received", 3, 99)
    record = (b"k", b"v", (("ce_id", b"1"), ("origin-topic", b"other"), ("dead-reason", b"before")))
    message = letter("policy", origin, record, Permanent("why"), NOW)
    headers = dict(message.headers)
    assert origin_of((message.key, message.value, message.headers)) == origin
    assert (message.topic, message.value) == ("policy.dead", b"v")
    assert (headers["dead-reason"], headers["ce_id"]) == (b"why", b"1")
    assert len(headers) == len(message.headers)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (psycopg.OperationalError("away"), True),
        (KafkaConnectionError("away"), True),
        (KafkaTimeoutError("its buffer is full while the broker is away"), True),
        (TimeoutError(), True),
        (sqlalchemy.exc.TimeoutError(), True),
        (Unavailable("the vault"), True),
        (sqlalchemy.exc.IntegrityError("", {}, Exception()), False),
        (MessageSizeTooLargeError("big"), False),
        (RuntimeError("bug"), False),
        (Permanent("no"), False),
    ],
)
def test_only_what_waiting_can_mend_is_transient(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient


@pytest.mark.parametrize(
    ("state", "transient"),
    [
        ("08006", True),
        ("25006", True),  # read only: a standby, a disk that is nearly full
        ("25P02", False),  # a statement after one that failed: a bug
        ("25P03", True),
        ("25P04", True),
        ("28P01", True),
        ("40001", True),
        ("40P01", True),
        ("53100", True),
        ("53300", True),
        ("55P03", True),
        ("57014", True),
        ("57P01", True),
        ("58030", True),
        ("22021", False),  # a NUL character
        ("23505", False),
        ("42P01", False),
        ("54000", False),  # a row that is too large for its index, however often it is tried
        ("54001", False),
        ("P0001", False),
        ("XX000", False),
        ("XX001", True),  # a page that is damaged, until somebody restores it
        ("XX002", True),
    ],
)
def test_what_the_database_says_of_itself_is_waited_for_and_what_it_says_of_the_row_is_not(
    state: str, transient: bool
) -> None:
    raised = psycopg.errors.lookup(state)("refused")
    wrapped = sqlalchemy.exc.DBAPIError.instance("", {}, raised, psycopg.Error)
    assert is_transient(raised) is is_transient(wrapped) is transient


@pytest.mark.parametrize(
    ("code", "transient"),
    [
        (2, True),
        (3, True),
        (6, True),
        (7, True),
        (10, False),  # too large: it says something of the record
        (18, False),
        (19, True),
        (20, True),
        (29, True),
        (31, True),
        (32, True),  # a clock that is ahead by an hour is set right, or the broker's is
        (35, False),
        (42, False),
        (45, True),  # another producer begins anew
        (56, True),
        (58, True),
        (59, True),
    ],
)
def test_what_the_broker_says_of_itself_is_waited_for_and_what_it_says_of_the_record_is_not(
    code: int, transient: bool
) -> None:
    for library in (aiokafka.errors, kafka.errors):
        assert is_transient(library.for_code(code)()) is transient


def test_one_that_fails_keeps_no_other_waiting_and_what_fails_for_all_ends_the_work() -> None:
    tried: list[int] = []

    def work(number: int) -> int:
        tried.append(number)
        if number in failing:
            raise failing[number]
        return number * 10

    failing: dict[int, Exception] = {2: Oversized("too large"), 3: KeyError("a bug")}
    assert each_for_itself("toy", work, [1, 2, 3, 4]) == [10, 40]
    failing[1] = psycopg.OperationalError("away")
    with pytest.raises(psycopg.OperationalError):
        each_for_itself("toy", work, [4, 1, 2])
    assert tried == [1, 2, 3, 4, 4, 1]


def test_patience_tries_again_and_raises_what_it_cannot_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "FIRST_SECONDS", 0.001)
    answers: list[Exception | str] = [TimeoutError(), TimeoutError(), "done", RuntimeError("bug")]

    async def action() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert asyncio.run(patiently("toy", action)) == "done"
    with pytest.raises(RuntimeError):
        asyncio.run(patiently("toy", action))


def test_what_is_gone_for_too_long_is_an_error() -> None:
    there = [True] * 3 + [False] * 2 + [True]
    looked: list[bool] = []

    def is_there() -> bool:
        looked.append(there.pop(0) if there else False)
        return looked[-1]

    with pytest.raises(TimeoutError):
        asyncio.run(while_never_long_without(is_there, seconds=0.2, look=0.02))
    assert looked[:6] == [True] * 3 + [False] * 2 + [True]
    assert not any(looked[6:])
    assert len(looked) > 6


@pytest.mark.parametrize(
    "value", [2**31, -(2**31) - 1, "7", None], ids=["too large", "too small", "text", "nothing"]
)
def test_an_integer_that_does_not_fit_is_refused(value: object) -> None:
    data = to_avro(event().data) | {"attempt": value}
    with pytest.raises(ValueError, match="attempt"):
        codec().encode("submission.received-value", data)


def test_every_topic_has_an_owner_and_every_schema_a_topic() -> None:
    topics = load()
    assert all(topic.owner and topic.description for topic in topics.values())
    assert {t.schema for t in topics.values() if t.schema} <= set(topics)


def record(offset: int, key: bytes | None = None, topic: str = INPUT, size: int = 1) -> Received:
    reason = Malformed("made up")
    origin = Origin(topic, 0, offset)
    return Received(
        offset,
        key or str(offset).encode(),
        b"x" * size,
        (),
        origin,
        reason,
        lambda: None,
        lambda: b"",
    )


def test_a_batch_has_no_key_twice_one_topic_and_stops_before_what_is_careful() -> None:
    async def run() -> list[list[int]]:
        backlog = Backlog()
        for one in (
            record(0),
            record(1, b"0"),
            record(2),
            record(3, topic="other"),
            record(4),
            record(5),
        ):
            backlog.append(one)
        taken = []
        while backlog:
            taken.append([one.offset for one in backlog.take(500, range(5, 6))])
        return taken

    assert asyncio.run(run()) == [[0], [1, 2], [3], [4], [5]]


def test_a_batch_has_no_events_id_twice() -> None:
    """What becomes of its events is told by their ids: one that is refused would take another with it."""

    async def run() -> list[list[int]]:
        backlog = Backlog()
        for offset, id_ in enumerate((1, 2, 1, 3)):
            one = replace(event(), id=UUID(int=id_))
            backlog.append(replace(record(offset), event=one))
        taken = []
        while backlog:
            taken.append([one.offset for one in backlog.take(500, range(0))])
        return taken

    assert asyncio.run(run()) == [[0, 1], [2, 3]]


def test_a_backlog_is_full_by_number_or_by_bytes() -> None:
    async def run() -> None:
        many, large = Backlog(), Backlog()
        for offset in range(HIGH_EVENTS):
            assert not many.is_full
            many.append(record(offset))
        assert many.is_full and not many.is_low
        large.append(record(0, size=HIGH_BYTES))
        assert large.is_full
        large.take(1, range(0))
        assert large.is_low

    asyncio.run(run())


def test_a_consumer_that_goes_back_brings_all_again() -> None:
    async def run() -> list[int]:
        backlog = Backlog()
        for offset in (7, 8, 9, 6, 7):
            backlog.append(record(offset))
        return [one.offset for one in backlog.take(500, range(0))]

    assert asyncio.run(run()) == [6, 7]
