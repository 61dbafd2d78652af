"""A cleared submission becomes vintages. Pure.

What is current is the highest cleared attempt, whatever arrives last. A figure that it lacks is
withdrawn, and so are all of them when policy no longer lets the compilers read it. What it sends unchanged is no new
vintage: it confirms the one that there is. What its sender took back nobody reads any more, as of no time; whoever
read it before is named in a `figure.recalled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.grdp.facts import Facts, Reader
from services.grdp.releases import release_rows
from services.grdp.store import Erasure
from services.grdp.writing import Writing, read
from services.kernel.events import Draft, Event, Outcome, Reference, Row

RECALLED = (
    "submission_id", "attempt", "sender", "form", "period", "completeness", "province", "decision",
)  # fmt: skip


def handle(event: Event, facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Stores what the compilers may read of a `submission.cleared`, and who else may.

    A decision that is not higher than the attempt's last one changes nothing. Raises Permanent
    where the observations object is not what the event says.
    """
    data = event.data
    if data["decision"] <= facts.decided.decision:
        return Outcome()
    content = data["observations"]["sha256"] if is_released(data["releases"]) else None
    releases = release_rows(event)
    recalled = tuple(_recalled(event, one) for one in facts.readers if _loses(event, facts, one))
    if facts.decided.decision and content == facts.decided.stored:
        attempt = Writing(event, facts, content).attempt(facts.decided.known_from or event.time)
        return Outcome(recalled, (attempt, *releases))
    figures = read(event, contents["observations"]) if content else {}
    writing = Writing(event, facts, content, figures)
    rows = (*writing.rows(), *releases)
    if not content:
        return Outcome(recalled, rows)
    committed = writing.digest()
    return Outcome((writing.stored(committed), *recalled), (*rows, writing.committed(committed)))


def handle_withdrawn(event: Event, facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Lets nobody read an attempt that its sender took back, and names who read it before."""
    if event.data["decision"] <= facts.decided.decision:
        return Outcome()
    recalled = tuple(_recalled(event, reader) for reader in facts.readers)
    return Outcome(recalled, tuple(Writing(event, facts, None).rows()))


def handle_erased(event: Event, facts: None, contents: Mapping[str, bytes]) -> Outcome:
    """Removes the figures of what two people had erased: entering the row does it. Their keys and vintages stay."""
    names = ("submission_id", "attempt", "erased_at")
    values = {name: event.data[name] for name in names}
    return Outcome(
        rows=(Row(Erasure, {"erasure_id": UUID(event.data["erasure_id"]), **values}, "ignore"),)
    )


def _loses(event: Event, facts: Facts, reader: Reader) -> bool:
    """Whether a decision denies a reader what was granted to it before."""
    ids = {
        state: {one["audience_id"] for one in event.data["releases"] if one["state"] == state}
        for state in ("denied", "granted")
    }
    lost = (ids["denied"] & facts.granted) - ids["granted"]
    return not lost.isdisjoint(reader.audience_id.split())


def _recalled(event: Event, reader: Reader) -> Draft:
    data = {name: event.data[name] for name in RECALLED} | asdict(reader)
    return Draft("figure.recalled", event.key, data, event.subject)


def reads(event: Event, facts: Facts) -> dict[str, Reference]:
    """The observations, if the compilers may read them."""
    given = is_released(event.data["releases"])
    return {"observations": event.data["observations"]} if given else {}


def is_released(releases: list[Mapping[str, Any]]) -> bool:
    """Whether the compilers may read it."""
    return any(r["audience_kind"] == "compilers" and r["state"] == "granted" for r in releases)
