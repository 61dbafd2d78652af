"""The verifier: published vectors of Certificate Transparency, and receipts that were tampered with."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from services.audit.leaf import entry
from services.audit.merkle import (
    EMPTY,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.events import Event
from services.kernel.released_schemas import locked
from services.model import verifier
from services.model.enumerations import Completeness, Regime
from services.model.period import Period, PeriodError
from services.model.statement import Classification, Nil, NilKind, Statement, sign
from services.model.verifier import (
    Checkpoint,
    ProofError,
    Reason,
    verify_consistency,
    verify_inclusion,
    verify_receipt,
)
from tests.contract.examples import examples
from tests.said import said
from tests.unit.test_audit_merkle import (
    ENTRIES,
    LEAF_1,
    LEAF_4,
    LEAVES_2_3,
    LEAVES_4_5,
    LEAVES_6_7,
    LEFT_4,
    ROOTS,
    TO_8,
    grown,
)

TIME = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SUBMISSION = "3c9f4a4e-6f0f-5a3b-9a44-0d6f6a1f3f10"
SENDER = "so-tai-chinh-dien-bien"
ORIGINAL = b"the workbook as it was sent"
CLEARED = ("submission.validated", "submission.held", "submission.cleared", "submission.stored")


@dataclass(frozen=True)
class Path_:
    """An attempt's events as the services publish them; `key` registers the sender's key."""

    key: Event
    events: tuple[Event, ...]
    jwk: Mapping[str, Any]


@cache
def sender_key(number: int = 0) -> OKPKey:
    return OKPKey.generate_key("Ed25519")


def event(number: int, topic: str, data: dict[str, Any]) -> Event:
    value = codec().encode(f"{topic}-value", data)
    return Event(
        UUID(int=number), topic, SUBMISSION, said(topic, data), TIME + timedelta(seconds=number), SUBMISSION,
        "test", None, value,
    )  # fmt: skip


def statement(**changes: Any) -> Statement:
    claims: dict[str, Any] = {
        "sender": SENDER, "aud": "thong-ke-dien-bien", "form": "cv17809-1", "area_list": "63", "area": "11",
        "period": "2025-Q4", "completeness": Completeness.ESTIMATE, "round": 1,
        "regime": Regime.COORDINATION, "classification": Classification.INTERNAL,
        "sha256": sha256(ORIGINAL).hexdigest(), "size": len(ORIGINAL), "issued_at": TIME,
        "nonce": "0123456789abcdef",
    }  # fmt: skip
    return Statement(**(claims | changes))


def registration(key: OKPKey, number: int = 100, **changes: Any) -> Event:
    body = {"sender": SENDER, "public_key": key.as_dict(private=False)}
    data = {
        "kind": "sender_key", "id": key.thumbprint(), "version": 1, "catalogue_version": 7,
        "body": json.dumps(body), "valid_from": None, "valid_to": None, "changed_at": TIME,
    }  # fmt: skip
    return event(number, "catalogue.changed", data | changes)


def path(
    *later: str,
    token: str | None = None,
    attempt: int = 1,
    submission: str = SUBMISSION,
    **changes: Any,
) -> Path_:
    """A submission that was received, and then what `later` names, in this order."""
    key = sender_key()
    stated = statement()
    received = examples("submission.received")[0]
    head = {name: received[name] for name, _ in verifier.HEAD}
    head |= {"submission_id": submission, "attempt": attempt}
    original = received["original"] | {"sha256": stated.sha256, "size": stated.size}
    signed = {"statement": token or sign(stated, key), "original": original}
    events = [event(1, "submission.received", received | head | signed | changes)]
    for number, topic in enumerate(later, 2):
        own = examples(topic)[0]
        data = own | {name: value for name, value in head.items() if name in own}
        if "decision" in data:
            data["decision"] = number
        events.append(event(number, topic, data))
    return Path_(registration(key), tuple(events), key.as_dict(private=False))


def seal(receipt: dict[str, Any]) -> dict[str, Any]:
    return receipt | {"digest": verifier.digest(receipt)}


def leaves_of(made: Path_, strangers: int = 5) -> list[bytes]:
    """The leaves of a log that holds this path between events of others."""
    logged = [made.key, *made.events]
    own = [leaf_hash(entry(e, bytes([n]) * 32).encoded()) for n, e in enumerate(logged)]
    return [*(leaf_hash(bytes([number])) for number in range(strangers)), *own, leaf_hash(b"last")]


def receipt_of(made: Path_, strangers: int = 5) -> dict[str, Any]:
    """The receipt of a log that holds this path between events of others."""
    logged = [made.key, *made.events]
    salts = [bytes([number]) * 32 for number in range(len(logged))]
    leaves = leaves_of(made, strangers)
    tree, lookup = grown(leaves)
    entries = [
        {
            "index": index, "topic": e.topic, "event_id": str(e.id),
            "time": verifier.written(e.time), "salt": salt.hex(),
            "value": b64encode(e.encoded).decode(), "leaf_hash": leaves[index].hex(),
            "proof": [step.hex() for step in inclusion_proof(index, tree.size, lookup)],
        }
        for index, (e, salt) in enumerate(zip(logged, salts, strict=True), strangers)
    ]  # fmt: skip
    first = to_avro(made.events[0].data)
    return seal(
        {
            "format": 1, "submission": first["submission_id"], "attempt": first["attempt"],
            "statement": first["statement"], "key": entries[0], "events": entries[1:],
            "checkpoint": {"size": tree.size, "root": tree.root.hex()},
        }
    )  # fmt: skip


def refusal(receipt: dict[str, Any], **given_: Any) -> Reason:
    with pytest.raises(ProofError) as refused:
        verify_receipt(receipt, **given_)
    return refused.value.reason


# The tree


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, LEAVES_2_3, TO_8]),
        (5, 8, [LEAF_4, LEAVES_6_7, LEFT_4]),
        (2, 3, [ROOTS[2]]),
    ],
)
def test_published_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    steps = [bytes.fromhex(step) for step in proof]
    root = bytes.fromhex(ROOTS[size])
    verify_inclusion(leaf_hash(ENTRIES[index]), index, size, steps, root)
    for wrong in (
        (leaf_hash(ENTRIES[index] + b"x"), index, size, steps, root),
        (leaf_hash(ENTRIES[index]), index + 1, size, steps, root),
        (leaf_hash(ENTRIES[index]), index, size, [*steps, root], root),
        (leaf_hash(ENTRIES[index]), index, size, steps, EMPTY),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(*wrong)


@pytest.mark.parametrize(
    ("first", "second", "proof"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEAVES_2_3, TO_8]),
        (6, 8, [LEAVES_4_5, LEAVES_6_7, LEFT_4]),
        (2, 5, [LEAVES_2_3, LEAF_4]),
        (0, 0, []),
    ],
)
def test_published_consistency_proofs(first: int, second: int, proof: list[str]) -> None:
    steps = [bytes.fromhex(step) for step in proof]
    before, after = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second])
    verify_consistency(first, second, steps, before, after)
    for wrong in (
        (first, second, steps, before, bytes(32)),
        (first, second, steps, bytes(32), after),
        (first, second, [*steps, before], before, after),
        (second + 1, second, steps, before, after),
    ):
        with pytest.raises(ProofError):
            verify_consistency(*wrong)


def test_nothing_is_consistent_with_the_empty_tree_but_itself() -> None:
    root = bytes.fromhex(ROOTS[8])
    for proof in ([], [root]):
        with pytest.raises(ProofError):
            verify_consistency(0, 8, proof, EMPTY, root)


@given(st.data(), st.integers(1, 200))
def test_every_proof_holds_and_no_changed_one(data: st.DataObject, size: int) -> None:
    leaves = [leaf_hash(index.to_bytes(4, "big")) for index in range(size)]
    tree, lookup = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, lookup)
    verify_inclusion(leaves[index], index, size, proof, tree.root)
    old = data.draw(st.integers(1, size))
    before = Tree()
    for leaf in leaves[:old]:
        before, _ = before.append(leaf)
    between = consistency_proof(old, size, lookup)
    verify_consistency(old, size, between, before.root, tree.root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index) | st.none())
    if other is not None:
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], other, size, proof, tree.root)
    for changed in damaged(data, proof):
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], index, size, changed, tree.root)
    for changed in damaged(data, between):
        with pytest.raises(ProofError):
            verify_consistency(old, size, changed, before.root, tree.root)


def damaged(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    """The proof with a step more, without a step, and with another bit."""
    if not proof:
        return [[bytes(32)]]
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    return [
        [*proof, bytes(32)],
        proof[:at] + proof[at + 1 :],
        [*proof[:at], flipped, *proof[at + 1 :]],
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        (b"short", 0, 1, [], EMPTY),
        (EMPTY, -1, 1, [], EMPTY),
        (EMPTY, 1, 1, [], EMPTY),
        (EMPTY, 0, 0, [], EMPTY),
        (EMPTY, 0, 2**70, [], EMPTY),
        (EMPTY, False, True, [], EMPTY),
        (EMPTY, 0, 2, ["0" * 32], EMPTY),
    ],
)
def test_what_is_no_proof_is_refused(wrong: Any) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(*wrong)


# Receipts


def test_a_receipt_proves_path_signature_and_verdict() -> None:
    made = path(*CLEARED)
    receipt = receipt_of(made)
    stated = Checkpoint(receipt["checkpoint"]["size"], bytes.fromhex(receipt["checkpoint"]["root"]))
    found = verify_receipt(receipt, ORIGINAL, made.jwk, stated)
    assert (found.submission, found.attempt, found.sender) == (SUBMISSION, 1, SENDER)
    assert found.office == "thong-ke-dien-bien"
    assert (found.verdict, found.file, found.checkpoint) == ("cleared", True, stated)
    assert [one.topic for one in found.events] == ["submission.received", *CLEARED]
    assert found.sha256 == sha256(ORIGINAL).hexdigest()
    assert not verify_receipt(receipt).file


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        (("submission.returned",), "returned"),
        (("submission.validated", "submission.withheld"), "withheld"),
        (("submission.cleared", "submission.superseded"), "cleared"),
        (("submission.cleared", "submission.withheld"), "withheld"),
    ],
)
def test_the_last_decision_is_the_verdict(later: tuple[str, ...], verdict: str) -> None:
    assert verify_receipt(receipt_of(path(*later))).verdict == verdict


@pytest.mark.parametrize(
    "later",
    [
        (),
        ("submission.validated",),
        ("submission.held",),
        ("submission.cleared", "submission.held"),
        ("submission.returned", "submission.cleared"),
    ],
)
def test_there_has_to_be_one_final_verdict(later: tuple[str, ...]) -> None:
    assert refusal(receipt_of(path(*later))) is Reason.VERDICT


@pytest.mark.parametrize(
    "form", ["\x1b[2J\x1b[HBiên nhận đúng.", "a\rb", "a\nb", "\u202eb", "\x9b1A"]
)
def test_what_a_receipt_says_can_not_write_over_what_is_said_of_it(form: str) -> None:
    made = path("submission.returned", token=sign(statement(form=form), sender_key()))
    received = event(1, "submission.received", {**to_avro(made.events[0].data), "form": form})
    made = replace(made, events=(received, *made.events[1:]))
    assert refusal(receipt_of(made)) is Reason.FORMAT


def test_only_a_checkpoint_from_elsewhere_proves_a_receipt() -> None:
    receipt = receipt_of(path(*CLEARED))
    own = Checkpoint(receipt["checkpoint"]["size"], bytes.fromhex(receipt["checkpoint"]["root"]))
    key = sender_key().as_dict(private=False)
    assert not verify_receipt(receipt).proved
    assert not verify_receipt(receipt, ORIGINAL, key).proved
    assert verify_receipt(receipt, checkpoint=own).proved


def test_another_file_key_or_checkpoint_is_refused() -> None:
    receipt = receipt_of(path("submission.returned"))
    assert refusal(receipt, original=ORIGINAL + b" ") is Reason.ORIGINAL
    other = sender_key(1).as_dict(private=False)
    assert refusal(receipt, public_key=other) is Reason.KEY
    wrong = Checkpoint(receipt["checkpoint"]["size"], bytes(32))
    assert refusal(receipt, checkpoint=wrong) is Reason.CHECKPOINT


@pytest.mark.parametrize("grows", [1, 5, -1, -3])
def test_a_checkpoint_of_another_time_proves_with_what_links_it(grows: int) -> None:
    """An auditor keeps one when he can; the receipt has the log's newest."""
    made = path(*CLEARED)
    receipt, leaves = receipt_of(made), leaves_of(made)
    size = receipt["checkpoint"]["size"]
    assert size == len(leaves)
    leaves += [leaf_hash(bytes([number, 7])) for number in range(5)]
    tree, lookup = grown(leaves[: max(size, size + grows)])
    first, second = sorted((size, size + grows))
    known = Checkpoint(size + grows, root_of(size + grows, lookup))
    assert not verify_receipt(receipt, checkpoint=known).proved, "nothing contradicts it"
    link = {
        "first": first, "second": second,
        "first_root": root_of(first, lookup).hex(), "second_root": root_of(second, lookup).hex(),
        "proof": [step.hex() for step in consistency_proof(first, second, lookup)],
    }  # fmt: skip
    assert verify_receipt(receipt, checkpoint=known, consistency=link).proved
    assert tree.size == second
    other = Checkpoint(known.size, bytes(32))
    assert refusal(receipt, checkpoint=other, consistency=link) is Reason.CHECKPOINT
    forged = link | {"proof": ["00" * 32, *link["proof"][1:]]}
    assert refusal(receipt, checkpoint=known, consistency=forged) is Reason.CONSISTENCY
    beside = link | {"first": first - 1}
    assert refusal(receipt, checkpoint=known, consistency=beside) is Reason.CONSISTENCY
    assert refusal(receipt, checkpoint=known, consistency={}) is Reason.FORMAT
    assert not verify_receipt(receipt, consistency=link).proved, "no checkpoint is known"


def test_a_statement_of_another_key_or_content_is_refused() -> None:
    forged = sign(statement(), sender_key(1))
    assert refusal(receipt_of(path("submission.returned", token=forged))) is Reason.KEY
    head, _, signature = sign(statement(), sender_key()).split(".")
    _, claims, _ = sign(statement(nonce="fedcba9876543210"), sender_key()).split(".")
    mixed = path("submission.returned", token=f"{head}.{claims}.{signature}")
    assert refusal(receipt_of(mixed)) is Reason.SIGNATURE


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "other"},
        {"form": "cv17809-2"},
        {"area_list": "34"},
        {"area": "12"},
        {"period": "2025-Q3"},
        {"period": "2025-10-01/P92D/"},
        {"completeness": Completeness.OFFICIAL},
        {"round": 2},
        {"regime": Regime.SHARING},
        {"classification": Classification.PUBLIC},
        {"sha256": "0" * 64},
        {"size": 1},
    ],
    ids=str,
)
def test_all_that_was_signed_is_compared(changes: dict[str, Any]) -> None:
    token = sign(statement(**changes), sender_key())
    made = path("submission.returned", token=token)
    with pytest.raises(ProofError) as refused:
        verify_receipt(receipt_of(made))
    assert (refused.value.reason, refused.value.where) == (Reason.STATEMENT, *changes)


def test_a_work_secret_is_logged_as_internal() -> None:
    """The example's event is internal: an enum of Avro can't grow."""
    stated = statement(classification=Classification.WORK_SECRET)
    token = sign(stated, sender_key())
    verify_receipt(receipt_of(path("submission.returned", token=token, work_secret=True)))
    with pytest.raises(ProofError, match="work_secret"):
        verify_receipt(receipt_of(path("submission.returned", token=token)))
    with pytest.raises(ProofError, match="work_secret"):
        verify_receipt(receipt_of(path("submission.returned", work_secret=True)))


@pytest.mark.parametrize("logged", ["", *NilKind])
@pytest.mark.parametrize("signed", [None, *NilKind])
def test_a_nil_is_what_was_signed(logged: str, signed: NilKind | None) -> None:
    nil = Nil(kind=signed, reason="Không phát sinh") if signed else None
    token = sign(statement(nil=nil), sender_key())
    made = receipt_of(path("submission.returned", token=token, nil=str(logged)))
    if (signed or "") == logged:
        verify_receipt(made)
    else:
        with pytest.raises(ProofError, match="nil"):
            verify_receipt(made)


@pytest.mark.parametrize(
    ("signed", "logged", "same"),
    [
        ((), "", True),
        (("B", "A"), "A,B", True),
        ((), "A,B", True),  # all of the sender's own
        (("A",), "A,B", False),
        (("A",), "", False),
    ],
)
def test_sections_are_those_that_were_signed(
    signed: tuple[str, ...], logged: str, same: bool
) -> None:
    token = sign(statement(sections=signed or None), sender_key())
    made = receipt_of(path("submission.returned", token=token, sections=logged))
    if same:
        verify_receipt(made)
    else:
        with pytest.raises(ProofError, match="sections"):
            verify_receipt(made)


def test_an_event_from_before_nils_is_still_proved() -> None:
    event = path("submission.returned").events[0]
    fields = verifier.fields_of(event.encoded, verifier.RECEIVED_LAYOUT, verifier.RECEIVED_LATER)
    older = event.encoded[: -len(b"\x00\x00\x00")]
    known = verifier.fields_of(older, verifier.RECEIVED_LAYOUT, verifier.RECEIVED_LATER)
    assert fields == known | {"nil": "", "work_secret": 0, "sections": ""}


@pytest.mark.parametrize("period", ["2025-Q4", "2025-10-01/P3M", "2025-10-01/P92D"])
def test_one_span_has_several_spellings(period: str) -> None:
    token = sign(statement(period=period), sender_key())
    verify_receipt(receipt_of(path("submission.returned", token=token)))


PERIODS = r"[0-9]{4}(-A1|-[SQ][1-4]|-M[01][0-9]|-[01][0-9]-[0-3][0-9](/P[0-9]{1,7}[YMD])?)?"


@given(st.from_regex(PERIODS, fullmatch=True))
def test_a_span_is_what_the_model_reads(text: str) -> None:
    try:
        period = Period.parse(text)
    except PeriodError:
        return
    assert verifier._span(text) == (period.start, period.end + timedelta(days=1))
    assert verifier._span(text) == verifier._span(str(period))


@pytest.mark.parametrize(
    "changes",
    [
        {"catalogue_version": 10**6},
        {"id": "other"},
        {
            "body": json.dumps(
                {"sender": "other", "public_key": sender_key().as_dict(private=False)}
            )
        },
        {"body": json.dumps({"sender": SENDER})},
        {"body": "[]"},
    ],
)
def test_the_log_has_to_know_the_key_as_the_senders(changes: dict[str, Any]) -> None:
    made = replace(path("submission.returned"), key=registration(sender_key(), **changes))
    assert refusal(receipt_of(made)) is Reason.KEY


REVIEWED = (
    "submission.validated",
    "submission.held",
    "review.decided",
    "submission.cleared",
    "submission.stored",
)


def test_who_accepted_what_was_held_is_part_of_the_path() -> None:
    found = verify_receipt(receipt_of(path(*REVIEWED)), ORIGINAL)
    assert [one.topic for one in found.events] == ["submission.received", *REVIEWED]
    assert found.verdict == "cleared"


@pytest.mark.parametrize("other", [{"attempt": 2}, {"submission": str(UUID(int=9))}])
def test_a_decision_about_another_submission_or_attempt_is_refused(other: dict[str, Any]) -> None:
    mine, theirs = path("submission.returned"), path("review.decided", **other)
    stranger = replace(theirs.events[1], id=UUID(int=50))
    assert refusal(receipt_of(replace(mine, events=(*mine.events, stranger)))) is Reason.SUBMISSION


def test_an_event_of_another_kind_of_topic_is_no_part_of_a_path() -> None:
    """What its first fields are is known of the topics of a path alone."""
    made = path("submission.returned")
    stranger = replace(made.events[1], id=UUID(int=50), topic="request.decided")
    made = replace(made, events=(*made.events, stranger))
    assert refusal(receipt_of(made)) is Reason.SUBMISSION


@pytest.mark.parametrize(
    "other", [{"attempt": 2}, {"submission": "7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c"}]
)
def test_events_of_another_submission_or_attempt_are_refused(other: dict[str, Any]) -> None:
    mine, theirs = path("submission.validated"), path(**other)
    stranger = replace(theirs.events[0], id=UUID(int=50))
    made = replace(mine, events=(*mine.events, stranger))
    assert refusal(receipt_of(made)) is Reason.SUBMISSION


def test_the_same_event_counts_once_and_in_order() -> None:
    receipt = receipt_of(path("submission.returned"))
    for events in (receipt["events"][::-1], [*receipt["events"], receipt["events"][-1]]):
        assert refusal(seal(receipt | {"events": events})) is Reason.FORMAT
    assert refusal(seal(receipt | {"events": receipt["events"][1:]})) is Reason.STATEMENT


@given(st.data())
def test_any_changed_byte_of_the_file_is_refused(data: st.DataObject) -> None:
    content = json.dumps(whole(), separators=(",", ":")).encode()
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    changed = content[:at] + bytes([byte]) + content[at + 1 :]
    with pytest.raises(ProofError):
        verify_receipt(verifier.read_receipt(changed))


@cache
def whole() -> dict[str, Any]:
    return receipt_of(path(*CLEARED))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each text and number."""
    if isinstance(value, dict):
        return [place for name, one in value.items() for place in places(one, (*at, name))]
    if isinstance(value, list):
        return [place for number, one in enumerate(value) for place in places(one, (*at, number))]
    return [at]


def changed_at(receipt: dict[str, Any], place: tuple[Any, ...], by: Callable[[Any], Any]) -> Any:
    copy = deepcopy(receipt)
    holder: Any = copy
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = by(holder[place[-1]])
    return copy


@given(st.data())
def test_any_change_is_refused_with_its_digest_made_anew(data: st.DataObject) -> None:
    receipt = whole()
    free = [("checkpoint", "size"), ("digest",)]
    place = data.draw(st.sampled_from([p for p in places(receipt) if p not in free]))

    def other(value: Any) -> Any:
        if isinstance(value, int):
            return data.draw(st.integers(-1, 2**64).filter(lambda number: number != value))
        at = data.draw(st.integers(0, len(value) - 1))
        character = data.draw(st.characters().filter(lambda c: c != value[at]))
        return value[:at] + character + value[at + 1 :]

    refusal(seal(changed_at(receipt, place, other)))


@given(st.integers(0, 2**63))
def test_another_size_is_refused_by_the_digest_and_proved_by_no_known_checkpoint(size: int) -> None:
    receipt = whole()
    known = Checkpoint(receipt["checkpoint"]["size"], bytes.fromhex(receipt["checkpoint"]["root"]))
    if size == known.size:
        return
    changed = receipt | {"checkpoint": receipt["checkpoint"] | {"size": size}}
    assert refusal(changed) is Reason.DIGEST
    try:
        assert not verify_receipt(seal(changed), checkpoint=known).proved
    except ProofError as error:
        assert error.reason in {Reason.INCLUSION, Reason.FORMAT}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.data(), json_values)
def test_whatever_stands_in_a_field_is_a_proof_error(data: st.DataObject, value: Any) -> None:
    receipt = whole()
    name = data.draw(st.sampled_from(sorted(receipt)))
    if value != receipt[name]:
        refusal(seal(receipt | {name: value}) if name != "digest" else receipt | {name: value})


TIMES = st.datetimes(timezones=st.timezones()).map(lambda time: time.isoformat()) | st.sampled_from(
    ["0001-01-01T00:00:00.000000+14:00", "9999-12-31T23:59:59.999999-14:00", "2026-11-23", "24:00"]
)


@given(st.data(), json_values | TIMES)
def test_whatever_stands_anywhere_in_it_is_a_proof_error(data: st.DataObject, value: Any) -> None:
    receipt = whole()
    free = [("checkpoint", "size"), ("digest",)]
    place = data.draw(st.sampled_from([p for p in places(receipt) if p not in free]))
    changed = changed_at(receipt, place, lambda _: value)
    if changed != receipt:
        refusal(seal(changed))


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00.000000+14:00", "9999-12-31T23:59:59.999999-14:00"]
)
def test_a_time_outside_the_calendar_is_a_proof_error(time: str) -> None:
    changed = changed_at(whole(), ("events", 0, "time"), lambda _: time)
    assert refusal(seal(changed)) is Reason.FORMAT


@given(st.data())
def test_events_of_any_bytes_that_the_log_holds_are_proved_or_refused(data: st.DataObject) -> None:
    """The leaves are right here, so that what reads the values is reached."""
    made = path(*CLEARED)
    number = data.draw(st.integers(0, len(made.events)))
    event = made.events[number - 1] if number else made.key
    value = event.encoded
    at = data.draw(st.integers(0, len(value)))
    length = data.draw(st.integers(0, len(value) - at))
    value = value[:at] + data.draw(st.binary(max_size=80)) + value[at + length :]
    event = replace(event, encoded=value)
    before, after = made.events[: number - 1], made.events[number:]
    made = replace(made, events=(*before, event, *after)) if number else replace(made, key=event)
    with suppress(ProofError):
        verify_receipt(receipt_of(made), ORIGINAL)


def test_a_statement_may_name_its_algorithm_as_before() -> None:
    header = {"alg": "EdDSA", "kid": sender_key().thumbprint()}
    claims = urlsafe_b64decode(sign(statement(), sender_key()).split(".")[1] + "==")
    token = jws.serialize_compact(header, claims, sender_key(), algorithms=["EdDSA"])
    assert verify_receipt(receipt_of(path("submission.returned", token=token)), ORIGINAL)


@given(json_values | st.dictionaries(st.sampled_from(["sender", "period", "round"]), json_values))
def test_whatever_was_signed_is_a_proof_error(claims: Any) -> None:
    header = {"alg": "Ed25519", "kid": sender_key().thumbprint()}
    payload = json.dumps(claims).encode()
    token = jws.serialize_compact(header, payload, sender_key(), algorithms=["Ed25519"])
    assert refusal(receipt_of(path("submission.returned", token=token))) is Reason.STATEMENT


@given(json_values)
def test_any_key_to_compare_with_is_a_proof_error(jwk: Any) -> None:
    if jwk is not None:
        refusal(whole(), public_key=jwk)
        refusal(whole(), public_key={"kty": "OKP", "crv": "Ed25519", "x": jwk})


@given(st.binary(max_size=300))
def test_what_is_no_receipt_is_a_proof_error(content: bytes) -> None:
    with pytest.raises(ProofError):
        verify_receipt(verifier.read_receipt(content))


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b'"x"'])
def test_json_that_is_no_object_is_no_receipt(content: bytes) -> None:
    with pytest.raises(ProofError) as refused:
        verifier.read_receipt(content)
    assert refused.value.reason is Reason.FORMAT


@pytest.mark.parametrize(
    ("size", "reason"), [(2**63 - 1, Reason.INCLUSION), (2**63, Reason.FORMAT)]
)
def test_a_log_counts_to_the_largest_number_of_its_database(size: int, reason: Reason) -> None:
    receipt = whole()
    changed = receipt | {"checkpoint": receipt["checkpoint"] | {"size": size}}
    assert refusal(seal(changed)) is reason


@given(st.binary(max_size=300))
def test_values_of_any_bytes_are_read_or_refused(value: bytes) -> None:
    for layout in (verifier.RECEIVED_LAYOUT, verifier.DECISION_LAYOUT, verifier.KEY_LAYOUT):
        try:
            verifier.fields_of(b"\0\0\0\0\1" + value, layout)
        except ProofError:
            continue


# What the verifier knows of the schemas


def flat(fields: list[dict[str, Any]]) -> list[tuple[str, type]]:
    """The fields of a schema as layouts write them, up to the first one that they can't."""
    found: list[tuple[str, type]] = []
    for field in fields:
        type_ = field["type"]
        inner = type_["type"] if isinstance(type_, dict) else type_
        if inner == "record":
            found += flat(type_["fields"])
        elif inner in ("string", "int", "long", "enum"):
            found.append((field["name"], str if inner == "string" else int))
        else:
            break
    return found


FEED = "grdp.observation"
"""No leaves: submission.stored stands for it."""


def test_every_locked_schema_begins_as_the_verifier_reads_it() -> None:
    seen = set()
    for one in locked():
        topic = one.subject.removesuffix("-value")
        names = {field["name"] for field in one.schema["fields"]}
        if topic == verifier.KEY_TOPIC:
            layout = verifier.KEY_LAYOUT
        elif topic == verifier.RECEIVED:
            layout = verifier.RECEIVED_LAYOUT
        elif topic in verifier.DECISIONS:
            layout = verifier.DECISION_LAYOUT
        elif {"submission_id", "attempt"} <= names and topic != FEED:
            found = verifier.path_layout(topic)
            assert found is not None, f"{topic} is about an attempt, and no part of its path"
            layout = found
        else:
            continue
        seen.add(topic)
        assert flat(one.schema["fields"])[: len(layout)] == list(layout), one.subject
    assert seen >= {
        verifier.RECEIVED,
        verifier.RETURNED,
        verifier.KEY_TOPIC,
        *verifier.DECISIONS,
        "review.decided",
    }


def test_symbols_have_the_numbers_of_the_schemas() -> None:
    for one in locked():
        for field in one.schema["fields"]:
            symbols = field["type"].get("symbols") if isinstance(field["type"], dict) else None
            if field["name"] in verifier.SYMBOLS and symbols:
                assert tuple(symbols) == verifier.SYMBOLS[field["name"]], one.subject


def test_leaves_are_made_as_the_log_makes_them() -> None:
    made = path().events[0]
    logged = verifier.Logged(
        0, made.topic, made.id, made.time, bytes(32), made.encoded, bytes(32), ()
    )
    assert verifier.leaf_of(logged) == leaf_hash(entry(made, bytes(32)).encoded())


def test_it_runs_alone(tmp_path: Path) -> None:
    copied = tmp_path / "verifier.py"
    copied.write_bytes(Path(verifier.__file__).read_bytes())
    (tmp_path / "receipt.json").write_text(json.dumps(whole()), encoding="utf-8")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import verifier\n"
        f"found = verifier.verify_receipt(verifier.read_receipt(open('receipt.json','rb').read()))\n"
        "outside = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(found.verdict, sorted(name for name in outside if not name.startswith('_')))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, cwd=tmp_path,
        check=True,
    )  # fmt: skip
    assert done.stdout.startswith("cleared ")
    assert not {"services", "sqlalchemy", "sqlmodel", "joserfc", "fastavro"} & set(
        done.stdout.replace("'", " ").replace(",", " ").split()
    )
    assert "cryptography" in done.stdout


OFFICE = "thong-ke-dien-bien"


def of_office(key: OKPKey, office: str = OFFICE) -> Event:
    body = {"sender": office, "public_key": key.as_dict(private=False)}
    return registration(key, body=json.dumps(body))


def test_what_the_office_signed_on_a_persons_word_is_proved_and_says_so() -> None:
    key = sender_key()
    token = sign(statement(countersigned_by=OFFICE, approved_by="p-head"), key)
    made = replace(path("submission.returned", token=token), key=of_office(key))
    assert verify_receipt(receipt_of(made)).countersigned_by == OFFICE
    assert verify_receipt(receipt_of(path("submission.returned"))).countersigned_by == ""


@pytest.mark.parametrize(
    ("countersigned_by", "registered_for"),
    [(OFFICE, SENDER), (OFFICE, "thong-ke-lai-chau"), ("thong-ke-lai-chau",) * 2, (SENDER, SENDER)],
)
def test_nobody_but_the_office_that_it_is_for_signs_for_a_sender(
    countersigned_by: str, registered_for: str
) -> None:
    key = sender_key()
    token = sign(statement(countersigned_by=countersigned_by), key)
    made = replace(path("submission.returned", token=token), key=of_office(key, registered_for))
    assert refusal(receipt_of(made)) is Reason.KEY
