"""Proofs from the stored tree: what each needs is fetched in two queries, then computed by merkle.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlmodel import Session, col, select, tuple_

from services.audit.merkle import (
    Lookup,
    Tree,
    consistency_proof,
    edge_of,
    inclusion_proof,
    root_of,
)
from services.audit.store import Leaf, Node

Computed = TypeVar("Computed")


def tree(session: Session, size: int) -> Tree:
    """The tree of the first `size` leaves, to be appended to."""
    return _with_nodes(session, lambda lookup: edge_of(size, lookup))


def inclusion(session: Session, indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """The inclusion proof of each leaf in the tree of the first `size` leaves."""
    return _with_nodes(
        session, lambda lookup: [inclusion_proof(index, size, lookup) for index in indexes]
    )


def consistency(session: Session, first: int, second: int) -> tuple[bytes, bytes, list[bytes]]:
    """The roots of both trees, and the proof that the first one begins the second."""
    return _with_nodes(
        session,
        lambda lookup: (
            root_of(first, lookup),
            root_of(second, lookup),
            consistency_proof(first, second, lookup),
        ),
    )


def _with_nodes(session: Session, compute: Callable[[Lookup], Computed]) -> Computed:
    """Computes twice: first to see which nodes it asks for, then with their hashes."""
    wanted: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return b""

    compute(note)
    hashes = _hashes(session, wanted)
    return compute(lambda level, index: hashes[level, index])


def _hashes(session: Session, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    leaves = session.exec(
        select(Leaf.index, Leaf.leaf_hash).where(
            col(Leaf.index).in_([index for level, index in wanted if level == 0])
        )
    )
    nodes = session.exec(
        select(Node.level, Node.index, Node.hash).where(
            tuple_(col(Node.level), col(Node.index)).in_([node for node in wanted if node[0]])
        )
    )
    hashes = {(0, index): hash_ for index, hash_ in leaves}
    return hashes | {(level, index): hash_ for level, index, hash_ in nodes}
