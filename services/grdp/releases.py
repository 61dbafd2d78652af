"""Who may read what of an attempt, as policy decided it last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.events import policy as events
from services.events.policy import AudienceKind, ReleasedFlags, SubmissionCleared
from services.grdp.store import RELEASED_FLAGS, Release
from services.kernel.errors import Permanent
from services.kernel.events import Row


def release_rows(cleared: SubmissionCleared) -> tuple[Row, ...]:
    """The releases of a `submission.cleared`; with its decision they hold, those of lower ones no more.

    Raises Permanent where the compilers get some figures alone: they store an attempt, or none of it.
    """
    if any(
        release.audience_kind is AudienceKind.COMPILERS
        and (release.only, release.flags) != (None, None)
        for release in cleared.releases
    ):
        raise Permanent(f"decision {cleared.decision} gives the compilers a part alone")
    return tuple(_row(cleared, number, one) for number, one in enumerate(cleared.releases))


def flags_json(flags: Iterable[ReleasedFlags] | None) -> list[dict[str, Any]] | None:
    """Combinations of flags as JSON, their times as reach.py writes a figure's."""
    return None if flags is None else [flags_of(vars(flag)) for flag in flags]


def flags_of(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags of a figure, or a combination of them, as JSON."""
    time: datetime | None = flags["embargo_time"]
    text = time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time else None
    return {name: flags[name] for name in RELEASED_FLAGS} | {"embargo_time": text}


def _row(cleared: SubmissionCleared, number: int, release: events.Release) -> Row:
    values = {
        "submission_id": cleared.head.submission_id,
        "attempt": cleared.head.attempt,
        "decision": cleared.decision,
        "number": number,
        "audience_kind": release.audience_kind.value,
        "audience_id": release.audience_id,
        "copy_kind": release.copy.value,
        "state": release.state.value,
        "only_figures": None if release.only is None else [vars(figure) for figure in release.only],
        "only_flags": flags_json(release.flags),
        "not_before": release.not_before,
        "articles": [vars(article) for article in release.articles],
    }
    return Row(
        Release, values, "ignore"
    )  # never COPY, which the kernel does with many new rows: JSON
