"""The tree against the definition of RFC 6962 and its published vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.merkle import (
    EMPTY,
    Tree,
    consistency_proof,
    edge_of,
    inclusion_proof,
    leaf_hash,
    node_hash,
)

# From the test data of google/certificate-transparency (merkle_tree_test.cc), which
# transparency-dev/merkle publishes, too (testonly/constants.go).
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
TO_8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEFT_4 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
LEAVES_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAVES_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"


def grown(leaves: Sequence[bytes]) -> tuple[Tree, Callable[[int, int], bytes]]:
    """The tree of these leaf hashes, and its nodes as the log stores them: each of them once."""
    tree = Tree()
    nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}
    for leaf in leaves:
        tree, completed = tree.append(leaf)
        for node in completed:
            assert (node.level, node.index) not in nodes
            nodes[node.level, node.index] = node.hash
    return tree, lambda level, index: nodes[level, index]


def defined(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it stands there, over leaf hashes."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(defined(leaves[:middle]), defined(leaves[middle:]))


def climbed(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to: the verification of RFC 9162, 2.1.3.2."""
    last, root = size - 1, leaf
    for step in proof:
        assert last > 0
        if index % 2 or index == last:
            root = node_hash(step, root)
            while not index % 2 and index:
                index, last = index // 2, last // 2
        else:
            root = node_hash(root, step)
        index, last = index // 2, last // 2
    assert last == 0
    return root


def extended(old: int, size: int, first: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots that a consistency proof leads to: the verification of RFC 9162, 2.1.4.2."""
    steps = [first, *proof] if old & (old - 1) == 0 else list(proof)
    index, last = old - 1, size - 1
    while index % 2:
        index, last = index // 2, last // 2
    before = after = steps[0]
    for step in steps[1:]:
        assert last > 0
        if index % 2 or index == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not index % 2 and index:
                index, last = index // 2, last // 2
        else:
            after = node_hash(after, step)
        index, last = index // 2, last // 2
    assert last == 0
    return before, after


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    tree, _ = grown([leaf_hash(entry) for entry in ENTRIES[:size]])
    assert tree.root.hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(0, 1, []), (0, 8, [LEAF_1, LEAVES_2_3, TO_8]), (5, 8, [LEAF_4, LEAVES_6_7, LEFT_4])],
)
def test_published_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    _, lookup = grown([leaf_hash(entry) for entry in ENTRIES])
    assert [step.hex() for step in inclusion_proof(index, size, lookup)] == proof


@pytest.mark.parametrize(
    ("old", "size", "proof"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEAVES_2_3, TO_8]),
        (6, 8, [LEAVES_4_5, LEAVES_6_7, LEFT_4]),
        (2, 5, [LEAVES_2_3, LEAF_4]),
    ],
)
def test_published_consistency_proofs(old: int, size: int, proof: list[str]) -> None:
    _, lookup = grown([leaf_hash(entry) for entry in ENTRIES])
    assert [step.hex() for step in consistency_proof(old, size, lookup)] == proof


@given(st.integers(0, 300))
def test_the_grown_tree_is_the_defined_one(size: int) -> None:
    leaves = [leaf_hash(index.to_bytes(4, "big")) for index in range(size)]
    tree, lookup = grown(leaves)
    assert tree.root == defined(leaves)
    assert len(tree.edge) == size.bit_count()
    assert edge_of(size, lookup) == tree
    for level in range(1, size.bit_length()):
        for index in range(size >> level):
            covered = leaves[index << level : (index + 1) << level]
            assert lookup(level, index) == defined(covered)


@given(st.data(), st.integers(1, 200))
def test_every_proof_leads_to_the_root(data: st.DataObject, size: int) -> None:
    leaves = [leaf_hash(index.to_bytes(4, "big")) for index in range(size)]
    tree, lookup = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    assert climbed(leaves[index], index, size, inclusion_proof(index, size, lookup)) == tree.root
    old = data.draw(st.integers(1, size))
    before = defined(leaves[:old])
    if old < size:
        proof = consistency_proof(old, size, lookup)
        assert extended(old, size, before, proof) == (before, tree.root)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, grown([])[1])


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_no_proof_of_a_beginning_that_is_none(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no beginning"):
        consistency_proof(old, size, grown([])[1])


def test_leaves_and_nodes_can_not_be_taken_for_each_other() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
