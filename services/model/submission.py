"""What every event of a submission begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = (
    "submission_id",
    "attempt",
    "sender",
    "form",
    "form_version",
    "area_list",
    "area",
    "period",
    "completeness",
    "round",
    "regime",
    "classification",
    "province",
    "catalogue_version",
)
"""Whose figures, in which form, of what and when, under which rules: the same through all its events."""


def head(data: Mapping[str, Any]) -> dict[str, Any]:
    """The common fields of a submission's event."""
    return {name: data[name] for name in HEAD}
