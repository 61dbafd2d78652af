"""Who may read what of an attempt, as policy decided it last. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.grdp.store import Release
from services.kernel.errors import Permanent
from services.kernel.events import Event, Row


def release_rows(event: Event) -> tuple[Row, ...]:
    """The releases of a `submission.cleared`; with its decision they hold, those of lower ones no more.

    Raises Permanent where the compilers get some figures alone: they store an attempt, or none of it.
    """
    releases = event.data["releases"]
    if any(one["audience_kind"] == "compilers" and one["only"] is not None for one in releases):
        raise Permanent(f"decision {event.data['decision']} gives the compilers a part alone")
    return tuple(_row(event.data, number, release) for number, release in enumerate(releases))


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
        "not_before": release["not_before"],
        "articles": [dict(article) for article in release["articles"]],
    }
    return Row(
        Release, values, "ignore"
    )  # never COPY, which the kernel does with many new rows: JSON
