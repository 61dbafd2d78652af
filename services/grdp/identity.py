"""Ids that follow from what they identify, and the digest that stands for an attempt's figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from services.events.grdp import NAMESPACE, ObservationKey
from services.grdp.store import KEY


def key_id(key: Mapping[str, Any]) -> UUID:
    """The id of a key, given the columns of `KEY`."""
    return ObservationKey(**{name: key[name] for name in KEY}).id


def figure_id(submission: str, key: UUID) -> UUID:
    """The id of a key as one submission brings it."""
    return uuid5(NAMESPACE, f"{submission}/{key}")


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
