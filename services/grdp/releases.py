"""Who may read what of an attempt, as policy decided it last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.grdp.store import RELEASED_FLAGS, Release
from services.kernel.errors import Permanent
from services.kernel.events import Event, Row


def release_rows(event: Event) -> tuple[Row, ...]:
    """The releases of a `submission.cleared`; with its decision they hold, those of lower ones no more.

    Raises Permanent where the compilers get some figures alone: they store an attempt, or none of it.
    """
    releases = event.data["releases"]
    if any(
        one["audience_kind"] == "compilers" and (one["only"], one["flags"]) != (None, None)
        for one in releases
    ):
        raise Permanent(f"decision {event.data['decision']} gives the compilers a part alone")
    return tuple(_row(event.data, number, release) for number, release in enumerate(releases))


def flags_json(flags: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Combinations of flags as JSON, their times as reach.py writes a figure's."""
    return None if flags is None else [flags_of(one) for one in flags]


def flags_of(one: Mapping[str, Any]) -> dict[str, Any]:
    """The flags of a figure, or a combination of them, as JSON."""
    time: datetime | None = one["embargo_time"]
    text = time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time else None
    return {name: one[name] for name in RELEASED_FLAGS} | {"embargo_time": text}


def _row(data: Mapping[str, Any], number: int, release: Mapping[str, Any]) -> Row:
    only = release["only"]
    values = {
        "submission_id": data["submission_id"],
        "attempt": data["attempt"],
        "decision": data["decision"],
        "number": number,
        "audience_kind": release["audience_kind"],
        "audience_id": release["audience_id"],
        "copy_kind": release["copy"],
        "state": release["state"],
        "only_figures": None if only is None else [dict(figure) for figure in only],
        "only_flags": flags_json(release["flags"]),
        "not_before": release["not_before"],
        "articles": [dict(article) for article in release["articles"]],
    }
    return Row(
        Release, values, "ignore"
    )  # never COPY, which the kernel does with many new rows: JSON
