"""A cleared submission becomes vintages. Pure.

What is current is the highest cleared attempt, whatever arrives last. A figure that it lacks is
withdrawn, and so are all of them when policy no longer lets the compilers read it. What it sends unchanged is no new
vintage: it confirms the one that there is. What its sender took back nobody reads any more, as of no time; whoever
read it before is named in a `figure.recalled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from uuid import UUID

from services.events.grdp import FigureRecalled
from services.events.policy import (
    AudienceKind,
    ErasureDone,
    Release,
    ReleaseState,
    SubmissionCleared,
    SubmissionWithdrawn,
)
from services.grdp.facts import Facts, Reader
from services.grdp.observations_object import read
from services.grdp.releases import release_rows
from services.grdp.store import Erasure
from services.grdp.writing import Writing
from services.kernel.events import Event, ObjectReference, Outcome, Row


def handle(event: Event[SubmissionCleared], facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Stores what the compilers may read of a `submission.cleared`, and who else may.

    A decision that is not higher than the attempt's last one changes nothing. Raises Permanent
    where the observations object is not what the event says.
    """
    data = event.data
    if data.decision <= facts.decided.decision:
        return Outcome()
    content = data.observations.sha256 if is_released(data.releases) else None
    releases = release_rows(data)
    recalled = tuple(
        _recalled(event.data, reader) for reader in facts.readers if _loses(data, facts, reader)
    )
    if facts.decided.decision and content == facts.decided.stored:
        attempt = Writing(event, facts, content).attempt(facts.decided.known_from or event.time)
        return Outcome(recalled, (attempt, *releases))
    figures = read(data, contents["observations"]) if content else {}
    writing = Writing(event, facts, content, figures)
    rows = (*writing.rows(), *releases)
    if not content:
        return Outcome(recalled, rows)
    committed = writing.digest()
    return Outcome(
        (writing.stored(committed, data.observations), *recalled),
        (*rows, writing.committed(committed)),
    )


def handle_withdrawn(
    event: Event[SubmissionWithdrawn], facts: Facts, contents: Mapping[str, bytes]
) -> Outcome:
    """Lets nobody read an attempt that its sender took back, and names who read it before."""
    if event.data.decision <= facts.decided.decision:
        return Outcome()
    recalled = tuple(_recalled(event.data, reader) for reader in facts.readers)
    return Outcome(recalled, tuple(Writing(event, facts, None).rows()))


def handle_erased(event: Event[ErasureDone], facts: None, contents: Mapping[str, bytes]) -> Outcome:
    """Removes the figures of what two people had erased: entering the row does it. Their keys and vintages stay."""
    data = event.data
    values = {
        "erasure_id": UUID(data.erasure_id),
        "submission_id": data.submission_id,
        "attempt": data.attempt,
        "erased_at": data.erased_at,
    }
    return Outcome(rows=(Row(Erasure, values, "ignore"),))


def _loses(data: SubmissionCleared, facts: Facts, reader: Reader) -> bool:
    """Whether a decision denies a reader what was granted to it before."""
    ids = {
        state: {release.audience_id for release in data.releases if release.state is state}
        for state in (ReleaseState.DENIED, ReleaseState.GRANTED)
    }
    lost = (ids[ReleaseState.DENIED] & facts.granted) - ids[ReleaseState.GRANTED]
    return not lost.isdisjoint(reader.audience_id.split())


def _recalled(data: SubmissionCleared | SubmissionWithdrawn, reader: Reader) -> FigureRecalled:
    head = data.head
    return FigureRecalled(
        submission_id=head.submission_id,
        attempt=head.attempt,
        sender=head.sender,
        form=head.form,
        period=head.period,
        completeness=head.completeness,
        province=head.province,
        decision=data.decision,
        **asdict(reader),
    )


def reads(event: Event[SubmissionCleared], facts: Facts) -> dict[str, ObjectReference]:
    """The observations, if the compilers may read them."""
    released = is_released(event.data.releases)
    return {"observations": event.data.observations} if released else {}


def is_released(releases: Iterable[Release]) -> bool:
    """Whether the compilers may read it."""
    granted = (release for release in releases if release.state is ReleaseState.GRANTED)
    return any(release.audience_kind is AudienceKind.COMPILERS for release in granted)
