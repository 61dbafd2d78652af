"""Receipts: an attempt's events with their bytes and proofs, made from the log and its contents.

What is given out was verified first, by the verifier that outsiders use.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from services.audit.proofs import inclusion
from services.audit.store import Checkpoint, Content, Leaf
from services.model import verifier
from services.model.verifier import ProofError, Reason


class NoReceipt(Exception):
    """There is none to give; `why` is the id of a problem: unknown, erased or undecided."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Known:
    """An event that the log has the bytes of."""

    index: int
    topic: str
    event_id: UUID
    time: datetime
    salt: bytes
    value: bytes
    leaf_hash: bytes


def receipt_of(
    session: Session, submission: str, attempt: int | None = None, *, persons: bool = True
) -> dict[str, Any]:
    """The receipt of an attempt, the latest unless one is named; raises NoReceipt.

    Without `persons` it lacks what persons of the office said and decided: who they are is no matter of the sender's,
    and a short word of theirs could be guessed from its hash.
    """
    checkpoint = session.exec(
        select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)
    ).first()
    if checkpoint is None:
        raise NoReceipt("unknown")
    attempt, events = _path(session, submission, attempt, checkpoint.size, persons)
    received = next((event for event in events if event.topic == verifier.RECEIVED), None)
    if received is None:
        raise NoReceipt("undecided")
    about = verifier.fields_of(received.value, verifier.RECEIVED_LAYOUT)
    key = _registration(session, about, checkpoint.size)
    logged = [key, *events]
    proofs = inclusion(session, [event.index for event in logged], checkpoint.size)
    key_entry, *path = [_entry(event, proof) for event, proof in zip(logged, proofs, strict=True)]
    receipt = {
        "format": verifier.FORMAT,
        "submission": submission,
        "attempt": attempt,
        "statement": about["statement"],
        "key": key_entry,
        "events": path,
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root.hex()},
    }
    return _verified(receipt | {"digest": verifier.digest(receipt)})


def _verified(receipt: dict[str, Any]) -> dict[str, Any]:
    try:
        verifier.verify_receipt(receipt)
    except ProofError as error:
        if error.reason is Reason.VERDICT and not error.where:
            raise NoReceipt("undecided") from None
        raise RuntimeError(f"the log proves no receipt of {receipt['submission']}") from error
    return receipt


def _path(
    session: Session, submission: str, attempt: int | None, size: int, persons: bool
) -> tuple[int, list[Known]]:
    """The attempt's events within the first `size` leaves, all of them with their bytes."""
    topics = list(verifier.PERSONS) if persons else []
    leaves = session.exec(
        select(Leaf, Content)
        .outerjoin(Content, col(Content.index) == col(Leaf.index))
        .where(
            Leaf.submission == submission,
            col(Leaf.topic).startswith(verifier.PATH_TOPICS) | col(Leaf.topic).in_(topics),
            col(Leaf.index) < size,
        )
        .order_by(col(Leaf.index))
    ).all()
    # A leaf from before the bytes were kept has no content: it may be of any attempt. What persons
    # decided was kept last, and a receipt is whole without it.
    leaves = [(leaf, content) for leaf, content in leaves if content or _is_needed(leaf)]
    attempts = {content.attempt for _, content in leaves if content and content.attempt is not None}
    if not leaves or (attempt is not None and attempts and attempt not in attempts):
        raise NoReceipt("unknown")
    if not attempts:
        raise NoReceipt("erased")
    chosen = attempt or max(attempts)
    return chosen, [
        _known(leaf, content)
        for leaf, content in leaves
        if content is None or content.attempt == chosen
    ]


def _is_needed(leaf: Leaf) -> bool:
    return leaf.topic.startswith(verifier.PATH_TOPICS)


def _registration(session: Session, about: dict[str, Any], size: int) -> Known:
    """The event by which the log knows the key of a statement, as it was when that came in."""
    found = session.exec(
        select(Leaf, Content)
        .join(Content, col(Content.index) == col(Leaf.index))
        .where(
            Content.sender_key == verifier.key_id(about["statement"]),
            col(Leaf.index) < size,
        )
    ).all()
    versions: list[tuple[int, Known]] = []
    for leaf, content in found:
        event = _known(leaf, content)
        entry = verifier.fields_of(event.value, verifier.KEY_LAYOUT)
        if entry["catalogue_version"] <= about["catalogue_version"]:
            versions.append((entry["catalogue_version"], event))
    if not versions:
        raise NoReceipt("undecided")
    return max(versions, key=lambda version: version[0])[1]


def _known(leaf: Leaf, content: Content | None) -> Known:
    if content is None or content.value is None or leaf.salt is None:
        raise NoReceipt("erased")
    return Known(
        leaf.index, leaf.topic, leaf.event_id, leaf.time, leaf.salt, content.value, leaf.leaf_hash
    )


def _entry(event: Known, proof: Sequence[bytes]) -> dict[str, Any]:
    return {
        "index": event.index,
        "topic": event.topic,
        "event_id": str(event.event_id),
        "time": verifier.written(event.time),
        "salt": event.salt.hex(),
        "value": b64encode(event.value).decode(),
        "leaf_hash": event.leaf_hash.hex(),
        "proof": [step.hex() for step in proof],
    }
