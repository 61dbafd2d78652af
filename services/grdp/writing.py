"""The rows and the event that one cleared, or taken back, submission leads to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from services.events.grdp import SubmissionStored
from services.events.policy import SubmissionCleared, SubmissionWithdrawn
from services.grdp.facts import Facts
from services.grdp.identity import digest, figure_id
from services.grdp.observations_object import Given
from services.grdp.store import (
    CONTENT,
    PLACE,
    Attempt,
    Confirmation,
    Digest,
    Figure,
    Observation,
    Submission,
)
from services.kernel.events import Event, ObjectReference, Row

GONE: Mapping[str, Any] = {
    "value": None, "missing": None, "reference_start": None, "reference_end": None,
    "obs_status": "", "conf_status": "", "conf_redist": "", "embargo_time": None,
    "obs_comment": None, "sheet": "", "cell": "", "rounded": False,
}  # fmt: skip
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Writing:
    """What one event leads to. `content` is the hash of what it stores, `figures` by key; None stores nothing."""

    event: Event[SubmissionCleared | SubmissionWithdrawn]
    facts: Facts
    content: str | None
    figures: Mapping[UUID, Given] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Whether its sender took the attempt back."""
        return isinstance(self.event.data, SubmissionWithdrawn)

    @property
    def late(self) -> bool:
        """Whether a higher attempt came before, or its sender took it back: then nothing of it becomes current."""
        attempt = self.event.data.head.attempt
        return attempt < self.facts.attempt or attempt <= self.facts.withdrawn

    @property
    def known_from(self) -> datetime:
        """The event's time; an instant after the last vintage if policy's clock went back."""
        last = self.facts.known_from
        if self.late or last is None or self.event.time > last:
            return self.event.time
        return last + INSTANT

    @cached_property
    def confirmed(self) -> Mapping[UUID, int]:
        """The revisions of those figures that are, unchanged, the vintages that count now."""
        if self.late:
            return {}
        known = self.facts.figures
        return {
            key: known[key].revision
            for key, given in self.figures.items()
            if key in known
            and not known[key].gone
            and key not in self.facts.overtaken
            and known[key].content == tuple(given.kept[name] for name in CONTENT)
        }

    @cached_property
    def withdrawn(self) -> Collection[UUID]:
        """The keys that the attempt lacks."""
        if self.late:
            return ()
        known = self.facts.figures.items()
        return [key for key, latest in known if not latest.gone and key not in self.figures]

    def rows(self) -> Iterator[Row]:
        """All rows; those of one table together, which is quicker."""
        yield self._submission()
        yield self.attempt(self.known_from)
        for key, given in self.figures.items():
            if key not in self.facts.figures:
                yield self._figure(key, given)
        for key, given in self.figures.items():
            if key not in self.confirmed:
                yield self._observation(key, given.kept, withdrawn=False)
        for key in self.withdrawn:
            yield self._observation(key, GONE, withdrawn=True)
        for key in self.confirmed:
            yield self._confirmation(key)

    def digest(self) -> str:
        """The digest over all figures of the attempt, those too that it only confirms, and over what it withdraws."""
        lines = [
            *(
                (key, self._revision(key), given.kept["value"])
                for key, given in self.figures.items()
            ),
            *((key, self._revision(key), None) for key in self.withdrawn),
        ]
        return digest(self.facts.salt, lines)

    def stored(self, committed: str, observations: ObjectReference) -> SubmissionStored:
        """The event that says so, with the digest alone: its salt is the compilers'."""
        return SubmissionStored(
            head=self.event.data.head,
            figures=len(self.figures),
            vintage=self.known_from,
            digest=committed,
            observations=observations,
        )

    def committed(self, digest: str) -> Row:
        """The digest with its salt, for those who may compare the figures with it."""
        data, head = self.event.data, self.event.data.head
        values = {
            "submission_id": head.submission_id,
            "attempt": head.attempt,
            "decision": data.decision,
            "salt": self.facts.salt,
            "digest": digest,
        }
        return Row(Digest, values)

    def attempt(self, known_from: datetime) -> Row:
        """The state of the attempt from here on."""
        data, head = self.event.data, self.event.data.head
        values = {
            "submission_id": head.submission_id,
            "attempt": head.attempt,
            "decision": data.decision,
            "stored": self.content,
            "figures": data.figures if self.content else 0,
            "known_from": known_from,
        }
        return Row(Attempt, values, "replace")

    def _submission(self) -> Row:
        head = self.event.data.head
        values = {
            "id": head.submission_id,
            "attempt": max(head.attempt, self.facts.attempt),
            "version": self.facts.version + 1,
            "known_from": self.facts.known_from if self.late else self.known_from,
            "withdrawn": max(self.facts.withdrawn, head.attempt if self.ends else 0),
        }
        return Row(Submission, values, "replace")

    def _revision(self, key: UUID) -> int | None:
        """The one that the figure has from here on; None for what never becomes current."""
        if self.late:
            return None
        latest = self.facts.figures.get(key)
        return self.confirmed.get(key, latest.revision + 1 if latest else 1)

    def _figure(self, key: UUID, given: Given) -> Row:
        submission = self.event.data.head.submission_id
        ids = {"id": figure_id(submission, key), "key_id": key, "submission_id": submission}
        return Row(Figure, {**ids, **given.key})

    def _observation(self, key: UUID, kept: Mapping[str, Any], *, withdrawn: bool) -> Row:
        data, head = self.event.data, self.event.data.head
        values = {
            "figure_id": figure_id(head.submission_id, key),
            "attempt": head.attempt,
            "decision": data.decision,
            "revision": self._revision(key),
            "known_from": self.known_from,
            "withdrawn": withdrawn,
            **kept,
        }
        return Row(Observation, values)

    def _confirmation(self, key: UUID) -> Row:
        data, head = self.event.data, self.event.data.head
        values = {
            "figure_id": figure_id(head.submission_id, key),
            "attempt": head.attempt,
            "decision": data.decision,
            "revision": self.confirmed[key],
            "known_from": self.known_from,
            **{name: self.figures[key].kept[name] for name in PLACE},
        }
        return Row(Confirmation, values)
