"""Reads the figures that were cleared out of their observations object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polars.exceptions import PolarsError

from services.events.policy import SubmissionCleared
from services.grdp.identity import key_id
from services.grdp.store import CONTENT, PLACE
from services.kernel.errors import Permanent
from services.model.observation import KEY as OBSERVATION_KEY
from services.model.observation import from_parquet

KEPT = (*CONTENT, *PLACE)


@dataclass(frozen=True, slots=True)
class Given:
    """One figure of the observations object: the columns `KEY`, and the columns `KEPT`."""

    key: Mapping[str, Any]
    kept: Mapping[str, Any]


def read(cleared: SubmissionCleared, content: bytes) -> dict[UUID, Given]:
    """The figures of an observations object by key."""
    try:
        frame = from_parquet(content)
    except (ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be read: {error}") from error
    if frame.height != cleared.figures:
        raise Permanent(f"{cleared.figures} figures were cleared, {frame.height} came")
    source = {"sender": cleared.head.sender, "form": cleared.head.form}
    figures: dict[UUID, Given] = {}
    for row in frame.iter_rows(named=True):
        row["obs_comment"] = row["obs_comment"] or None
        key = {name: row[name] for name in OBSERVATION_KEY} | source
        given = Given(key, {name: row[name] for name in KEPT})
        id_ = key_id(key)
        if id_ in figures:
            raise Permanent(f"{_place(figures[id_])} and {_place(given)} have the same key")
        figures[id_] = given
    return figures


def _place(given: Given) -> str:
    return f"{given.kept['sheet']}!{given.kept['cell']}"
