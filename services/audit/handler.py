"""Events become leaves. Pure with one exception: the facts carry the tree from event to event.

The runner handles the events of a batch in their order, with the same facts, in one transaction; so
each call appends to the tree that the one before left. The last call returns the rows of the whole
batch, tables together, and the checkpoint. Redeliveries repeat the stored checkpoint and append
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.audit import store
from services.audit.leaf import entry
from services.audit.merkle import Tree, leaf_hash
from services.events.audit import AuditCheckpoint
from services.events.catalogue import CatalogueChanged, CatalogueKind
from services.events.common import attempt_of, submission_of
from services.kernel.events import Event, Outcome, Row
from services.model.verifier import path_layout


@dataclass
class Log:
    """The facts of a batch: the tree, a salt for each event, which is last; and what was appended."""

    tree: Tree
    taken_at: datetime | None
    salts: Mapping[UUID, bytes]
    last: UUID
    leaves: list[Row] = field(default_factory=list)
    contents: list[Row] = field(default_factory=list)
    nodes: list[Row] = field(default_factory=list)

    def append(self, event: Event) -> None:
        """Writes one event down."""
        salt = self.salts[event.id]
        written = entry(event, salt)
        hash_ = leaf_hash(written.encoded())
        values = {
            "index": self.tree.size,
            "event_id": event.id,
            "topic": event.topic,
            "submission": submission_of(event.data),
            "time": event.time,
            "commitment": written.commitment,
            "salt": salt,
            "leaf_hash": hash_,
        }
        content = _content(self.tree.size, event)
        self.tree, completed = self.tree.append(hash_)
        self.leaves.append(Row(store.Leaf, values))
        if content:
            self.contents.append(content)
        for node in completed:
            values = {"level": node.level, "index": node.index, "hash": node.hash}
            self.nodes.append(Row(store.Node, values))
        self.taken_at = max(self.taken_at or event.time, event.time)


def handle(event: Event, log: Log) -> Outcome:
    """Appends the event; the batch's last one brings the rows and the checkpoint of all."""
    log.append(event)
    if event.id != log.last:
        return Outcome()
    root = log.tree.root
    size = log.tree.size
    checkpoint = {"size": size, "root": root, "taken_at": log.taken_at}
    assert log.taken_at is not None, "it has what was just appended"
    told = AuditCheckpoint(size=size, root=root.hex(), taken_at=log.taken_at)
    rows = (
        *log.leaves,
        *log.contents,
        *log.nodes,
        Row(store.Checkpoint, checkpoint),
    )
    return Outcome((told,), rows)


def _content(index: int, event: Event) -> Row | None:
    """The bytes that receipts need: of an attempt's events, and of those that register a sender's key."""
    attempt, sender_key = None, None
    data = event.data
    if path_layout(event.topic) and submission_of(data) is not None:
        attempt = attempt_of(data)
    elif isinstance(data, CatalogueChanged) and data.kind is CatalogueKind.SENDER_KEY:
        sender_key = data.id
    if attempt is None and sender_key is None:
        return None
    values = {
        "index": index,
        "attempt": attempt,
        "sender_key": sender_key,
        "value": event.encoded,
    }
    return Row(store.Content, values)
