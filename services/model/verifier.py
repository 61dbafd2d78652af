"""Checks receipts and proofs of the evidence log offline: the standard library and cryptography only.

This one file can be copied and run anywhere. It shares no code with what it checks: the tree is that
of RFC 6962, checked as RFC 9162 (2.1.3.2, 2.1.4.2) says, the entry of an event that of leaf.py.

A receipt shows that its events stand in the log under its checkpoint, that the sender signed for the
file, and which verdict followed. That its checkpoint is the log's, it cannot show: anybody can make a
log of their own, with keys and verdicts to their liking, and a receipt of it. So it is proved only
where its checkpoint is one that you have from elsewhere (the topic audit.checkpoint, /v1/consistency);
without it the receipt is consistent in itself, no more. No receipt shows that no event is left out.
The receipt's own digest finds damage, not fraud.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = 1
HASH_BYTES = 32
LARGEST_SIZE = 2**63 - 1
EMPTY = sha256(b"").digest()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMED_PERIOD = re.compile(r"(\d{4})(?:-(A1|S[12]|Q[1-4]|M(?:0[1-9]|1[0-2])))?")
DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})(?:/P(\d{1,7})([YMD]))?")
MONTHS = {"A": 12, "S": 6, "Q": 3, "M": 1}
NAMES = (
    *("format", "submission", "attempt", "statement", "key", "events", "checkpoint"),
    "digest",
)
SIGNED = ("Ed25519", "EdDSA")
"""The names of the algorithm: RFC 9864, and RFC 8037 before it."""
KEY_TOPIC = "catalogue.changed"
PATH_TOPICS = "submission."
"""With this begin the topics whose events make a path; those of PERSONS are parts of it, too."""
RECEIVED = "submission.received"
RETURNED = "submission.returned"
HELD = "submission.held"
DECISIONS = ("submission.cleared", "submission.withheld", HELD, "submission.withdrawn")

Layout = tuple[tuple[str, type], ...]
"""The first fields of an Avro record; an enum's symbol is its number."""

PATH: Layout = (("submission_id", str), ("attempt", int))
PERSONS: Mapping[str, Layout] = {
    "review.decided": (("review_id", str), *PATH),
    "finding.answered": PATH,
    "verification.changed": PATH,
    "incident.opened": (("incident_id", str), *PATH),
    "incident.closed": (("incident_id", str), *PATH),
    "figure.recalled": PATH,
    "erasure.done": PATH,
}
"""The topics of what persons said and decided about an attempt, of what made them, and of what followed."""
HEAD: Layout = (
    *PATH, ("sender", str), ("form", str), ("form_version", int), ("area_list", str),
    ("area", str), ("period", str), ("completeness", int), ("round", int), ("regime", int),
    ("classification", int), ("province", str), ("catalogue_version", int),
)  # fmt: skip
RECEIVED_LAYOUT: Layout = (
    *HEAD, ("name", str), ("sha256", str), ("size", int), ("media_type", str), ("statement", str),
)  # fmt: skip
RECEIVED_LATER: Layout = (
    ("received_at", int), ("nil", str), ("work_secret", int), ("sections", str),
)  # fmt: skip
DECISION_LAYOUT: Layout = (*HEAD, ("decision", int))
SYMBOLS = {
    "completeness": ("estimate", "preliminary", "official"),
    "regime": ("coordination", "sharing"),
    "classification": ("public", "internal", "state_secret"),
}
"""The enums of HEAD, by their numbers."""
LOGGED_AS = {"work_secret": "internal"}
"""What is stated by a symbol that the enums have not, since an enum of Avro can't grow."""
KEY_LAYOUT: Layout = (
    ("kind", int), ("id", str), ("version", int), ("catalogue_version", int), ("body", str),
)  # fmt: skip


class Reason(Enum):
    """Why something is refused."""

    FORMAT = "format"
    DIGEST = "digest"
    INCLUSION = "inclusion"
    CONSISTENCY = "consistency"
    LEAF = "leaf"
    CHECKPOINT = "checkpoint"
    SUBMISSION = "submission"
    STATEMENT = "statement"
    KEY = "key"
    SIGNATURE = "signature"
    ORIGINAL = "original"
    VERDICT = "verdict"


class ProofError(ValueError):
    """It is not proved; `reason` says what, the text where."""

    def __init__(self, reason: Reason, where: str = "") -> None:
        super().__init__(f"{reason.value}: {where}" if where else reason.value)
        self.reason = reason
        self.where = where


@dataclass(frozen=True)
class Checkpoint:
    """Size and root of the log."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Logged:
    """An event of the log: what its leaf is made of, and the proof that it stands there."""

    index: int
    topic: str
    event_id: UUID
    time: datetime
    salt: bytes
    value: bytes
    leaf_hash: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Verified:
    """What a receipt says under its checkpoint. `file` tells whether the original was compared.

    `proved` tells whether the checkpoint is known from elsewhere: else all of it may be made from nothing.
    """

    submission: str
    attempt: int
    sender: str
    form: str
    office: str
    """The statistics office that the statement is for (`aud`); empty in one from before it named one."""
    sha256: str
    verdict: str
    key: str
    checkpoint: Checkpoint
    events: tuple[Logged, ...]
    file: bool
    proved: bool
    countersigned_by: str
    """The office, where it signed in place of the sender, on the word of a person of it; empty where the sender did."""


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """That the leaf stands at `index` in the tree of `size` leaves; raises ProofError."""
    _hashes(Reason.INCLUSION, leaf_hash, root, *proof)
    _require(_is_size(index) and _is_size(size) and index < size, Reason.INCLUSION, "index")
    last, computed = size - 1, leaf_hash
    for step in proof:
        _require(last > 0, Reason.INCLUSION, "length")
        if index & 1 or index == last:
            computed = _node(step, computed)
            index, last = _skip(index, last)
        else:
            computed = _node(computed, step)
        index, last = index >> 1, last >> 1
    _require(last == 0, Reason.INCLUSION, "length")
    _require(computed == root, Reason.INCLUSION, "root")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """That the first `first` leaves of the later tree are the earlier one; raises ProofError.

    Nothing can be proved from an empty tree to a larger one.
    """
    _hashes(Reason.CONSISTENCY, first_root, second_root, *proof)
    _require(_is_size(first) and _is_size(second) and first <= second, Reason.CONSISTENCY, "sizes")
    if first == second:
        _require(not proof, Reason.CONSISTENCY, "length")
        _require(first_root == second_root, Reason.CONSISTENCY, "root")
        _require(first > 0 or first_root == EMPTY, Reason.CONSISTENCY, "root")
        return
    _require(first > 0 and len(proof) > 0, Reason.CONSISTENCY, "length")
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    before, after = _both_roots(first - 1, second - 1, steps)
    _require((before, after) == (first_root, second_root), Reason.CONSISTENCY, "root")


def read_receipt(content: bytes) -> dict[str, Any]:
    """The receipt of a file; raises ProofError for anything but one JSON object."""
    try:
        receipt = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise ProofError(Reason.FORMAT, "JSON") from None
    if not isinstance(receipt, dict):
        raise ProofError(Reason.FORMAT, "JSON")
    return receipt


def digest(receipt: Mapping[str, Any]) -> str:
    """SHA-256 over all of a receipt but its digest, as JSON with sorted names and no spaces."""
    covered = {name: value for name, value in receipt.items() if name != "digest"}
    try:
        text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise ProofError(Reason.FORMAT, "JSON") from None
    return sha256(text.encode()).hexdigest()


def verify_receipt(
    receipt: Mapping[str, Any],
    original: bytes | None = None,
    public_key: Mapping[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
    consistency: Mapping[str, Any] | None = None,
) -> Verified:
    """What the receipt says, and whether that is proved; raises ProofError where anything contradicts it.

    `original` is the file that was sent, `public_key` a JWK (RFC 8037) and `checkpoint` a state of the
    log known from elsewhere: where given, the receipt has to agree with them. Without `checkpoint`
    nothing is proved. Where that is of another time than the receipt's own, `consistency` proves that both
    are states of one log (RFC 9162, 2.1.4): from the shorter to the longer, as audit's API gives it.
    """
    fields = _object(receipt, "receipt", NAMES)
    _require(_whole(fields["format"], "format") == FORMAT, Reason.FORMAT, "format")
    _require(fields["digest"] == digest(receipt), Reason.DIGEST)
    stated = _checkpoint(fields["checkpoint"])
    is_proved = checkpoint is not None and _is_one_log(stated, checkpoint, consistency)
    path = _path(fields["events"], stated)
    submission = _text(fields["submission"], "submission")
    attempt = _whole(fields["attempt"], "attempt")
    received = _received(path, submission, attempt)
    token = _text(fields["statement"], "statement")
    _require(token == received["statement"], Reason.STATEMENT, "statement")
    signer, countersigner = _signer(token, received)
    jwk = _signing_key(_logged(fields["key"], "key", stated), received, signer, public_key)
    claims = _claims(token, jwk, received)
    if original is not None:
        same = (sha256(original).hexdigest(), len(original))
        _require(same == (received["sha256"], received["size"]), Reason.ORIGINAL)
    # What is shown must not be able to write over what is said of it.
    sender, form, content = (_text(received[name], name) for name in ("sender", "form", "sha256"))
    office = _text(claims.get("aud") or "", "aud")
    return Verified(
        submission, attempt, sender, form, office, content,
        _verdict(path), thumbprint(jwk), stated, path, original is not None, is_proved, countersigner,
    )  # fmt: skip


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The name of an Ed25519 key (RFC 7638)."""
    members = {"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"]}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


def written(time: datetime) -> str:
    """A time as receipts write it; raises ValueError for a naive one."""
    if time.utcoffset() is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def key_id(token: str) -> str:
    """Which key a statement says it is signed with; nothing is proved yet."""
    parts = token.split(".")
    _require(len(parts) == 3, Reason.STATEMENT, "JWS")
    header = _json(_base64url(parts[0], Reason.STATEMENT), Reason.STATEMENT)
    _require(header.get("alg") in SIGNED and "crit" not in header, Reason.STATEMENT, "alg")
    return _text(header.get("kid"), "kid")


def path_layout(topic: str) -> Layout | None:
    """Where events of a topic say which attempt they are about; None for a topic that is part of no path."""
    return PATH if topic.startswith(PATH_TOPICS) else PERSONS.get(topic)


def leaf_of(event: Logged) -> bytes:
    """The hash of an event's leaf, from its bytes and salt: leaf.py has the format."""
    microseconds = (event.time - EPOCH) // timedelta(microseconds=1)
    commitment = hmac.digest(event.salt, event.value, "sha256")
    time = microseconds.to_bytes(8, "big", signed=True)
    entry = b"\x01" + event.event_id.bytes + time + commitment + event.topic.encode()
    return sha256(b"\x00" + entry).digest()


def fields_of(value: bytes, layout: Layout, later: Layout = ()) -> dict[str, Any]:
    """The first fields of an event's value: Avro after the five bytes that name its schema.

    `later` follow in events that were written since their schema has them; older ones end before.
    """
    _require(len(value) > 5 and value[0] == 0, Reason.FORMAT, "value")
    at = 5
    fields: dict[str, Any] = {}
    for name, type_ in (*layout, *later):
        if at == len(value) and name not in dict(layout):
            break
        number, at = _zigzag(value, at)
        if type_ is int:
            fields[name] = number
            continue
        _require(0 <= number <= len(value) - at, Reason.FORMAT, name)
        fields[name] = _utf8(value[at : at + number], name)
        at += number
    return fields


def _path(value: Any, checkpoint: Checkpoint) -> tuple[Logged, ...]:
    """The events in the order of the log, each of them once."""
    path = tuple(
        _logged(one, f"events[{number}]", checkpoint)
        for number, one in enumerate(_list(value, "events"))
    )
    ascending = all(one.index < other.index for one, other in pairwise(path))
    _require(ascending, Reason.FORMAT, "events")
    return path


def _received(path: Sequence[Logged], submission: str, attempt: int) -> dict[str, Any]:
    """What submission.received says, the one of this path; all events are of this attempt."""
    for event in path:
        layout = path_layout(event.topic)
        if layout is None:
            raise ProofError(Reason.SUBMISSION, event.topic)
        about = fields_of(event.value, layout)
        same = (about["submission_id"], about["attempt"]) == (submission, attempt)
        _require(same, Reason.SUBMISSION, event.topic)
    received = [event for event in path if event.topic == RECEIVED]
    _require(len(received) == 1, Reason.STATEMENT, RECEIVED)
    return fields_of(received[0].value, RECEIVED_LAYOUT, RECEIVED_LATER)


def _signer(token: str, received: Mapping[str, Any]) -> tuple[str, str]:
    """Whose key has to have signed the statement, and the office where that is it; nothing is proved yet.

    An office signs in place of those who send to it, and says so in what it signs.
    """
    key_id(token)
    claims = _json(_base64url(token.split(".")[1], Reason.STATEMENT), Reason.STATEMENT)
    if claims.get("countersigned_by") is None:
        return _text(received["sender"], "sender"), ""
    office = _text(claims["countersigned_by"], "countersigned_by")
    _require(office == claims.get("aud"), Reason.KEY, "countersigned_by")
    return office, office


def _signing_key(
    event: Logged, received: Mapping[str, Any], signer: str, expected: Mapping[str, Any] | None
) -> dict[str, str]:
    """The signer's key, as the log holds its registration from before the submission."""
    _require(event.topic == KEY_TOPIC, Reason.KEY, "topic")
    entry = fields_of(event.value, KEY_LAYOUT)
    body = _json(entry["body"].encode(), Reason.KEY)
    jwk = _jwk(body.get("public_key"))
    _require(thumbprint(jwk) == entry["id"], Reason.KEY, "id")
    _require(body.get("sender") == signer, Reason.KEY, "sender")
    known = entry["catalogue_version"] <= received["catalogue_version"]
    _require(known, Reason.KEY, "catalogue_version")
    _require(expected is None or _jwk(expected) == jwk, Reason.KEY, "public_key")
    return jwk


def _is_one_log(stated: Checkpoint, known: Checkpoint, proof: Mapping[str, Any] | None) -> bool:
    """Whether both are states of one log; False where nothing says so, ProofError where they can't be."""
    if stated.size == known.size:
        _require(stated == known, Reason.CHECKPOINT)
        return True
    if proof is None:
        return False
    first, second = sorted((stated, known), key=lambda checkpoint: checkpoint.size)
    names = ("first", "second", "first_root", "second_root", "proof")
    fields = _object(proof, "consistency", names)
    sizes = tuple(_whole(fields[name], f"consistency.{name}") for name in names[:2])
    roots = tuple(_hash(fields[name], f"consistency.{name}") for name in names[2:4])
    _require(sizes == (first.size, second.size), Reason.CONSISTENCY, "sizes")
    _require(roots == (first.root, second.root), Reason.CHECKPOINT)
    steps = [
        _hash(node, "consistency.proof") for node in _list(fields["proof"], "consistency.proof")
    ]
    verify_consistency(first.size, second.size, steps, first.root, second.root)
    return True


def _claims(token: str, jwk: Mapping[str, str], received: Mapping[str, Any]) -> dict[str, Any]:
    """The statement: the key signed it, and it says of this very content all that was received with it."""
    _require(key_id(token) == thumbprint(jwk), Reason.KEY, "kid")
    parts = token.split(".")
    public = Ed25519PublicKey.from_public_bytes(_base64url(jwk["x"], Reason.KEY))
    signature = _base64url(parts[2], Reason.SIGNATURE)
    try:
        public.verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        raise ProofError(Reason.SIGNATURE) from None
    claims = {"round": 1} | _json(_base64url(parts[1], Reason.STATEMENT), Reason.STATEMENT)
    for name in ("sender", "form", "area_list", "area", "round", "sha256", "size"):
        _require(claims.get(name) == received[name], Reason.STATEMENT, name)
    for name, symbols in SYMBOLS.items():
        said = dict(enumerate(symbols)).get(received[name])
        stated = claims.get(name)
        stated = LOGGED_AS.get(stated, stated) if isinstance(stated, str) else stated
        _require(said is not None and stated == said, Reason.STATEMENT, name)
    same = _span(claims.get("period")) == _span(received["period"])
    _require(same, Reason.STATEMENT, "period")
    nil = claims.get("nil") or {"kind": ""}
    same = isinstance(nil, dict) and nil.get("kind") == received.get("nil", "")
    _require(same, Reason.STATEMENT, "nil")
    stated = ",".join(sorted(set(claims.get("sections") or ())))
    # Who names none covers all that it answered for then.
    _require(stated in ("", received.get("sections", "")), Reason.STATEMENT, "sections")
    secret = claims.get("classification") == "work_secret"
    _require(secret == bool(received.get("work_secret")), Reason.STATEMENT, "work_secret")
    return claims


def _span(period: Any) -> tuple[date, date]:
    """The first day of an SDMX time period, and the one after its last: senders spell the same span in many ways."""
    text = _text(period, "period")
    try:
        if match := NAMED_PERIOD.fullmatch(text):
            name = match[2] or "A1"
            months = MONTHS[name[0]]
            first = date(int(match[1]), (int(name[1:]) - 1) * months + 1, 1)
            return first, _months_later(first, months)
        if match := DAYS.fullmatch(text):
            first = date.fromisoformat(match[1])
            count, unit = int(match[2] or 1), match[3] or "D"
            if unit == "D":
                return first, first + timedelta(days=count)
            return first, _months_later(first, count * (12 if unit == "Y" else 1))
    except (ValueError, OverflowError):
        pass
    raise ProofError(Reason.STATEMENT, "period")


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _verdict(path: Sequence[Logged]) -> str:
    """What was decided last; a held submission has no verdict yet."""
    decided = [
        (fields_of(event.value, DECISION_LAYOUT)["decision"], event.topic)
        for event in path
        if event.topic in DECISIONS
    ]
    returned = any(event.topic == RETURNED for event in path)
    _require(not (returned and decided), Reason.VERDICT, "two")
    topic = RETURNED if returned else max(decided, default=(0, HELD))[1]
    _require(topic != HELD, Reason.VERDICT)
    return topic.rpartition(".")[2]


def _logged(value: Any, where: str, checkpoint: Checkpoint) -> Logged:
    """An event of the receipt, whose leaf is computed anew and found in the log."""
    names = ("index", "topic", "event_id", "time", "salt", "value", "leaf_hash", "proof")
    fields = _object(value, where, names)
    event = Logged(
        _whole(fields["index"], f"{where}.index"),
        _text(fields["topic"], f"{where}.topic"),
        _uuid(fields["event_id"], f"{where}.event_id"),
        _time(fields["time"], f"{where}.time"),
        _hash(fields["salt"], f"{where}.salt"),
        _base64(fields["value"], f"{where}.value"),
        _hash(fields["leaf_hash"], f"{where}.leaf_hash"),
        tuple(_hash(step, f"{where}.proof") for step in _list(fields["proof"], f"{where}.proof")),
    )
    _require(leaf_of(event) == event.leaf_hash, Reason.LEAF, where)
    verify_inclusion(event.leaf_hash, event.index, checkpoint.size, event.proof, checkpoint.root)
    return event


def _checkpoint(value: Any) -> Checkpoint:
    fields = _object(value, "checkpoint", ("size", "root"))
    size = _whole(fields["size"], "checkpoint.size")
    return Checkpoint(size, _hash(fields["root"], "checkpoint.root"))


def _both_roots(index: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        _require(last > 0, Reason.CONSISTENCY, "length")
        if index & 1 or index == last:
            before, after = _node(step, before), _node(step, after)
            index, last = _skip(index, last)
        else:
            after = _node(after, step)
        index, last = index >> 1, last >> 1
    _require(last == 0, Reason.CONSISTENCY, "length")
    return before, after


def _skip(index: int, last: int) -> tuple[int, int]:
    """Up over the levels where the right edge has no sibling."""
    while index and not index & 1:
        index, last = index >> 1, last >> 1
    return index, last


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _require(holds: bool, reason: Reason, where: str = "") -> None:
    if not holds:
        raise ProofError(reason, where)


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_SIZE


def _hashes(reason: Reason, *values: object) -> None:
    fine = all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)
    _require(fine, reason, "hash")


def _zigzag(value: bytes, at: int) -> tuple[int, int]:
    """An Avro int or long, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        _require(at < len(value), Reason.FORMAT, "value")
        byte, at = value[at], at + 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
    raise ProofError(Reason.FORMAT, "value")


def _object(value: Any, where: str, names: Sequence[str]) -> Mapping[str, Any]:
    _require(isinstance(value, Mapping) and set(value) == set(names), Reason.FORMAT, where)
    fields: Mapping[str, Any] = value
    return fields


def _list(value: Any, where: str) -> list[Any]:
    _require(isinstance(value, list), Reason.FORMAT, where)
    return list(value)


def _whole(value: Any, where: str) -> int:
    _require(_is_size(value), Reason.FORMAT, where)
    return int(value)


def _text(value: Any, where: str) -> str:
    _require(isinstance(value, str) and value.isprintable(), Reason.FORMAT, where)
    return str(value)


def _utf8(value: bytes, where: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ProofError(Reason.FORMAT, where) from None


def _uuid(value: Any, where: str) -> UUID:
    text = _text(value, where)
    _require(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None,
             Reason.FORMAT, where)  # fmt: skip
    return UUID(text)


def _time(value: Any, where: str) -> datetime:
    """UTC with microseconds, in the one spelling that `written` has."""
    text = _text(value, where)
    try:
        time = datetime.fromisoformat(text)
        _require(written(time) == text, Reason.FORMAT, where)
    except (ValueError, OverflowError):  # in UTC it may be outside the calendar
        raise ProofError(Reason.FORMAT, where) from None
    return time


def _hash(value: Any, where: str) -> bytes:
    text = _text(value, where)
    _require(re.fullmatch(r"[0-9a-f]{64}", text) is not None, Reason.FORMAT, where)
    return bytes.fromhex(text)


def _base64(value: Any, where: str) -> bytes:
    """Only the one spelling that the bytes have."""
    text = _text(value, where)
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        raise ProofError(Reason.FORMAT, where) from None
    _require(b64encode(decoded).decode() == text, Reason.FORMAT, where)
    return decoded


def _base64url(text: str, reason: Reason) -> bytes:
    _require(re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None and len(text) % 4 != 1, reason)
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(content: bytes, reason: Reason) -> dict[str, Any]:
    try:
        loaded = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise ProofError(reason, "JSON") from None
    _require(isinstance(loaded, dict), reason, "JSON")
    return dict(loaded)


def _jwk(key: Any) -> dict[str, str]:
    """The public part of an Ed25519 key."""
    _require(isinstance(key, Mapping), Reason.KEY, "public_key")
    jwk = {name: key.get(name) for name in ("crv", "kty", "x")}
    _require((jwk["crv"], jwk["kty"]) == ("Ed25519", "OKP"), Reason.KEY, "public_key")
    _require(len(_base64url(_text(jwk["x"], "x"), Reason.KEY)) == 32, Reason.KEY, "public_key")
    return {name: str(value) for name, value in jwk.items()}
