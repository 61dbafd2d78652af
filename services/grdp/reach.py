"""What an audience may read: released to it, or supplied by an item of one of its rooms. In SQL.

A figure is released where a release to the audience covers it (names it, or all, and its flags, or any), and each
one that does is granted: both by the last decision about the figure's own attempt (of those that sent it, the last by
then), and by that about the submission's current one. So what policy takes back is gone in all its vintages. A room
reads what its items supply without a release, but not where one denies it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from services.grdp.audience import Audience, Source
from services.grdp.releases import flags_of
from services.grdp.store import RELEASED_FIGURE
from services.kernel import replica
from services.model.responsibility import home, readers

TO_AUDIENCE = """
copy_kind = 'full' and (audience_kind, audience_id) in (
    select * from unnest(cast(:audience_kinds as text[]), cast(:audience_ids as text[])))
"""
GRANTED = "state = 'granted' and (not_before is null or not_before <= least(:now, now()))"
"""Both clocks, this process's and the database's, are past the time: one that runs ahead opens nothing early."""
FIGURE = ", ".join(f"'{name}', vintages.{name}" for name in RELEASED_FIGURE)
TIME = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''
FLAGGED = f"""
exists (
    select from figures f join observations o on o.figure_id = f.id
    where f.submission_id = vintages.submission_id and f.key_id = vintages.key_id
        and (o.attempt = r.attempt or exists (
            select from confirmations c
            where c.figure_id = o.figure_id and c.revision = o.revision and c.attempt = r.attempt))
        and only_flags @> jsonb_build_array(jsonb_build_object(
            'conf_status', o.conf_status, 'conf_redist', o.conf_redist,
            'embargo_time', to_char(o.embargo_time at time zone 'UTC', {TIME}))))
"""
"""Whether the figure has flags that the release names, in the release's attempt: what a correction marks as
confidential is so in all its vintages."""


def _covering(attempt: str) -> str:
    """The releases to the audience that the last decision about an attempt, given as SQL, has for a row."""
    return f"""
    select from releases r join attempts a using (submission_id, attempt, decision)
    where submission_id = vintages.submission_id and attempt = {attempt} and {TO_AUDIENCE}
        and (only_figures is null or only_figures @> jsonb_build_array(jsonb_build_object({FIGURE})))
        and (only_flags is null or {FLAGGED})
"""


def _released(attempt: str) -> str:
    """Whether the last decision about an attempt, given as SQL, releases a row of `vintages`."""
    granted = f"group by audience_kind, audience_id having bool_and({GRANTED})"
    return f"exists ({_covering(attempt)} {granted})"


def _denied(attempt: str) -> str:
    """Whether it denies the row."""
    return f"exists ({_covering(attempt)} and state = 'denied')"


CURRENT_ATTEMPT = "(select s.attempt from submissions s where s.id = vintages.submission_id)"
SUPPLIED = """
(sender, form) in (select * from unnest(cast(:senders as text[]), cast(:forms as text[])))
"""
DENIED = f"({_denied('vintages.attempt')} or {_denied(CURRENT_ATTEMPT)})"
RELEASED = f"({_released('vintages.attempt')} and {_released(CURRENT_ATTEMPT)})"
ROWS = sa.text(f"({SUPPLIED} and not {DENIED} or {RELEASED})")
"""A condition on vintages as queries.py reads them, each with the attempt that confirmed it last."""

KEPT = sa.text(
    "not exists (select from submissions s"
    " where s.id = vintages.submission_id and s.withdrawn >= vintages.attempt)"
)
"""Whether the sender did not take it back: then nobody reads it, as of whatever time."""

KEYS = sa.text(
    f"key_id = any(array(select key_id from figures where {SUPPLIED} or submission_id in"
    f" (select submission_id from releases where {TO_AUDIENCE} and {GRANTED})))"
)
"""That follows from `ROWS`, but is applied before the view's windows are computed."""

RELEASES = sa.text(
    "select submission_id, attempt, only_figures, only_flags, articles"
    " from releases r join attempts a using (submission_id, attempt, decision)"
    f" where submission_id = any(:submissions) and {TO_AUDIENCE} and {GRANTED}"
)


@dataclass(frozen=True)
class Reach:
    """What an audience may read at `now`. `items` are pairs of sender and form."""

    audience: Audience
    items: Collection[tuple[str, str]]
    now: datetime

    @classmethod
    def of(cls, session: Session, audience: Audience, now: datetime) -> Reach:
        """With the items in force that one of the audience's rooms sees, or any of its office."""
        if not audience.rooms and not audience.office:
            return cls(audience, (), now)
        seen_by = readers(entry.body for entry in replica.in_force(session, "item", now))
        bodies = {entry.id: entry.body for entry in replica.all_of(session, "organisation")}
        mine = home(bodies, audience.office) if audience.office else frozenset()
        among = mine.union(audience.rooms)
        items = sorted(
            (sender, form)
            for (sender, form), rooms in seen_by.items()
            if rooms & among or (not rooms and sender in mine)
        )
        return cls(audience, items, now)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values that the conditions name."""
        senders, forms = _columns(self.items)
        return {**self._audiences, "senders": senders, "forms": forms}

    @property
    def _audiences(self) -> Mapping[str, Any]:
        kinds, ids = _columns(self.audience.names)
        return {"audience_kinds": kinds, "audience_ids": ids, "now": self.now}

    def sources(self, session: Session, page: Collection[Mapping[str, Any]]) -> tuple[Source, ...]:
        """Where the figures of a page come from, and what releases them; none for a room's own."""
        by_attempt: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
        for row in page:
            by_attempt[row["submission_id"], row["attempt"]].append(row)
        values = {**self._audiences, "submissions": list({id_ for id_, _ in by_attempt})}
        articles: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
        for id_, attempt, only, flags, named in session.execute(RELEASES, values):
            if _covers(only, flags, by_attempt.get((id_, attempt), ())):
                articles[id_, attempt] += named
        return tuple(
            Source(id_, attempt, len(rows), tuple(articles[id_, attempt]))
            for (id_, attempt), rows in sorted(by_attempt.items())
        )


def _covers(
    only: list[Mapping[str, Any]] | None,
    flags: list[Mapping[str, Any]] | None,
    rows: Iterable[Mapping[str, Any]],
) -> bool:
    """Whether a release of these figures and flags alone (None: of all) is about one of the rows."""
    named = None if only is None else {_figure(figure) for figure in only}
    return any(
        (named is None or _figure(row) in named) and (flags is None or flags_of(row) in flags)
        for row in rows
    )


def _figure(named: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(named[name] for name in RELEASED_FIGURE)


def _columns(pairs: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
