"""The audit worker: every event of every topic that has audit mode `leaf` becomes one leaf."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.audit.handler import Log, handle
from services.audit.leaf import SALT_BYTES
from services.audit.merkle import Tree
from services.audit.proofs import tree
from services.audit.store import Checkpoint
from services.events.registry import EVENTS
from services.kernel import replica
from services.kernel.events import Event
from services.kernel.runner import main
from services.kernel.stage import BatchStage
from services.kernel.topics import load as topics


class Tampered(Exception):
    """The last checkpoint is not that of the stored tree: nothing may be appended until somebody has looked."""


def load(session: Session, events: Sequence[Event]) -> Log:
    """The log as its last checkpoint has it, held until the transaction ends: one batch at a time appends.

    The catalogue's copy, by which readers are let in, is kept here: its topic is among those of the log.
    """
    replica.keep(session, [event for event in events if event.topic == replica.TOPIC])
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('audit log'))"))
    last = session.exec(select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)).first()
    found = _tree(session, last) if last else Tree()
    salts = {event.id: secrets.token_bytes(SALT_BYTES) for event in events}
    return Log(found, last.taken_at if last else None, salts, events[-1].id)


def _tree(session: Session, checkpoint: Checkpoint) -> Tree:
    try:
        found = tree(session, checkpoint.size)
    except KeyError as error:
        raise Tampered(f"the tree of {checkpoint.size} leaves has lost the node {error}") from error
    if found.root != checkpoint.root:
        raise Tampered(f"the tree of {checkpoint.size} leaves has another root than its checkpoint")
    return found


STAGE = BatchStage(
    events=tuple(EVENTS[topic.name] for topic in topics().values() if topic.audit == "leaf"),
    load=load,
    handle=handle,
)

if __name__ == "__main__":
    main("audit", [STAGE])
