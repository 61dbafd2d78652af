"""The Merkle tree of RFC 6962, section 2.1: hashes, an append-only tree, and proofs. Pure.

The tree is kept by its complete subtrees: the node (level, index) covers the leaves from
index · 2^level (inclusive) to (index + 1) · 2^level (exclusive); leaves are level 0. A node never
changes once its leaves are there, so appending needs only the right edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of the tree without leaves."""

Lookup = Callable[[int, int], bytes]
"""The hash of a complete subtree by level and index."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """The right edge of a tree: one complete subtree for each bit set in `size`, largest first."""

    size: int = 0
    edge: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple[Tree, list[Node]]:
        """The tree with one more leaf hash, and the nodes above level 0 that it completes."""
        edge = [*self.edge, leaf]
        completed = []
        level, rest = 0, self.size
        while rest & 1:
            level, rest = level + 1, rest >> 1
            right, left = edge.pop(), edge.pop()
            edge.append(node_hash(left, right))
            completed.append(Node(level, rest, edge[-1]))
        return Tree(self.size + 1, tuple(edge)), completed

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.edge:
            return EMPTY
        root = self.edge[-1]
        for subtree in reversed(self.edge[:-1]):
            root = node_hash(subtree, root)
        return root


def root_of(size: int, lookup: Lookup) -> bytes:
    """The root of the tree of the first `size` leaves."""
    if size < 0:
        raise ValueError(f"no tree of {size} leaves")
    return _root(0, size, lookup) if size else EMPTY


def edge_of(size: int, lookup: Lookup) -> Tree:
    """The tree of the first `size` leaves, to be appended to."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return Tree(size, tuple(lookup(level, (size >> level) - 1) for level in levels))


def inclusion_proof(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """The audit path of a leaf in the tree of the first `size` leaves, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    return _path(index, 0, size, lookup)


def consistency_proof(old: int, size: int, lookup: Lookup) -> list[bytes]:
    """What shows that the first `old` leaves (at least one) are the beginning of `size` leaves."""
    if not 0 < old <= size:
        raise ValueError(f"{old} leaves are no beginning of {size}")
    return _extension(old, 0, size, lookup, known=True)


def _path(index: int, start: int, end: int, lookup: Lookup) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, lookup), _root(middle, end, lookup)]
    return [*_path(index, middle, end, lookup), _root(start, middle, lookup)]


def _extension(old: int, start: int, end: int, lookup: Lookup, *, known: bool) -> list[bytes]:
    """`known`: whether the verifier has the root from `start` to `old` already."""
    if old == end:
        return [] if known else [_root(start, end, lookup)]
    middle = start + _split(end - start)
    if old <= middle:
        left = _extension(old, start, middle, lookup, known=known)
        return [*left, _root(middle, end, lookup)]
    right = _extension(old, middle, end, lookup, known=False)
    return [*right, _root(start, middle, lookup)]


def _root(start: int, end: int, lookup: Lookup) -> bytes:
    """The hash of the leaves from `start` to `end`, where `start` is a multiple of their half."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return lookup(level, start >> level)
    middle = start + _split(count)
    return node_hash(_root(start, middle, lookup), _root(middle, end, lookup))


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
