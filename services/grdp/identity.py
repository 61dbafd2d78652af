"""Ids that follow from what they identify, and the digest that stands for an attempt's figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from services.grdp.store import KEY

NAMESPACE = UUID("5e0f3c5a-8d0b-5c43-9a57-3f7d1c2b6e10")
"""Of keys and figures; changing it would give every key of the feed a new identity."""


def key_id(key: Mapping[str, Any]) -> UUID:
    """The id of a key, given the columns of `KEY`."""
    parts = [key[name] for name in KEY]
    return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False, separators=(",", ":")))


def figure_id(submission: str, key: UUID) -> UUID:
    """The id of a key as one submission brings it."""
    return uuid5(NAMESPACE, f"{submission}/{key}")


def feed_id(key: UUID, revision: int) -> UUID:
    """The id of the feed's event for one revision of a key: whoever caused it."""
    return uuid5(key, str(revision))


def digest(salt: bytes, figures: Iterable[tuple[UUID, int | None, Decimal | None]]) -> str:
    """SHA-256 in hexadecimal over the salt, then a line of ASCII for each figure, the lines sorted.

    A line is the key's id, the submission's revision of it, and the value with six decimals,
    between single spaces, "-" for none, ended by a newline. All figures of an attempt have one: what
    it only confirms, with the revision that was there before.
    """
    lines = sorted(_line(*figure) for figure in figures)
    return sha256(salt + "".join(lines).encode()).hexdigest()


def _line(key: UUID, revision: int | None, value: Decimal | None) -> str:
    amount = "-" if value is None else f"{value:.6f}"
    return f"{key} {'-' if revision is None else revision} {amount}\n"
