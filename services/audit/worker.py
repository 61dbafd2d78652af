"""The audit worker: every event of every topic that has audit mode `leaf` becomes one leaf."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlmodel import Session, select

from services.audit.handler import Log, handle
from services.audit.leaf import SALT_BYTES
from services.audit.merkle import Tree
from services.audit.store import Head
from services.kernel import replica
from services.kernel.events import Event
from services.kernel.runner import main
from services.kernel.stage import BatchStage
from services.kernel.topics import load as topics

HASH_BYTES = 32


def load(session: Session, events: Sequence[Event]) -> Log:
    """The log's head, locked until the transaction ends: one batch at a time appends.

    The catalogue's copy, by which readers are let in, is kept here: its topic is among those of the log.
    """
    replica.keep(session, [event for event in events if event.topic == replica.TOPIC])
    size, edge, taken_at = session.execute(
        select(Head.size, Head.edge, Head.taken_at).with_for_update()
    ).one()
    hashes = tuple(edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES))
    salts = {event.id: secrets.token_bytes(SALT_BYTES) for event in events}
    return Log(Tree(size, hashes), taken_at, salts, events[-1].id)


STAGE = BatchStage(
    topics=tuple(topic.name for topic in topics().values() if topic.audit == "leaf"),
    load=load,
    handle=handle,
)

if __name__ == "__main__":
    main("audit", [STAGE])
