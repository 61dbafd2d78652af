"""A cleared submission becomes vintages. Pure.

What is current is the highest cleared attempt, whatever arrives last. A figure that it lacks is
withdrawn, and so are all of them when policy no longer lets the compilers read it. What its sender took back nobody
reads any more, as of no time; whoever read it before is named in a `figure.recalled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from polars.exceptions import PolarsError

from services.grdp.facts import Facts, Reader
from services.grdp.identity import digest, figure_id, key_id
from services.grdp.releases import release_rows
from services.grdp.store import STATUS, Attempt, Digest, Erasure, Figure, Observation, Submission
from services.kernel.errors import Permanent
from services.kernel.events import Draft, Event, Outcome, Reference, Row
from services.model.observation import KEY as OBSERVATION_KEY
from services.model.observation import from_parquet
from services.model.submission import head as head_of

WITHDRAWN = "submission.withdrawn"
KEPT = ("value", "missing", "reference_start", "reference_end", *STATUS, "sheet", "cell", "rounded")
GONE: Mapping[str, Any] = {
    "value": None, "missing": None, "reference_start": None, "reference_end": None,
    "obs_status": "", "conf_status": "", "conf_redist": "", "embargo_time": None,
    "obs_comment": None, "sheet": "", "cell": "", "rounded": False,
}  # fmt: skip
RECALLED = (
    "submission_id", "attempt", "sender", "form", "period", "completeness", "province", "decision",
)  # fmt: skip
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Given:
    """One figure of the observations object: the columns `KEY`, and the columns `KEPT`."""

    key: Mapping[str, Any]
    kept: Mapping[str, Any]


def handle(event: Event, facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Stores what the compilers may read of a `submission.cleared`, and who else may.

    A decision that is not higher than the attempt's last one changes nothing. Raises Permanent
    where the observations object is not what the event says.
    """
    data = event.data
    if data["decision"] <= facts.decided.decision:
        return Outcome()
    content = data["observations"]["sha256"] if is_released(data["releases"]) else None
    writing = Writing(event, facts, content)
    releases = release_rows(event)
    recalled = tuple(_recalled(event, one) for one in facts.readers if _loses(event, facts, one))
    if facts.decided.decision and content == facts.decided.stored:
        attempt = writing.attempt(facts.decided.known_from or event.time)
        return Outcome(recalled, (attempt, *releases))
    figures = read(event, contents["observations"]) if content else {}
    rows = (*writing.rows(figures), *releases)
    if not content:
        return Outcome(recalled, rows)
    committed = writing.digest(figures)
    return Outcome(
        (writing.stored(figures, committed), *recalled), (*rows, writing.committed(committed))
    )


def handle_withdrawn(event: Event, facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Lets nobody read an attempt that its sender took back, and names who read it before."""
    if event.data["decision"] <= facts.decided.decision:
        return Outcome()
    recalled = tuple(_recalled(event, reader) for reader in facts.readers)
    return Outcome(recalled, tuple(Writing(event, facts, None).rows({})))


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


def read(event: Event, content: bytes) -> dict[UUID, Given]:
    """The figures of an observations object by key."""
    try:
        frame = from_parquet(content)
    except (ValueError, PolarsError) as error:
        raise Permanent(f"the observations object can't be read: {error}") from error
    if frame.height != event.data["figures"]:
        raise Permanent(f"{event.data['figures']} figures were cleared, {frame.height} came")
    source = {"sender": event.data["sender"], "form": event.data["form"]}
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


@dataclass(frozen=True)
class Writing:
    """What one event leads to. `content` is the hash of what it stores; None stores nothing."""

    event: Event
    facts: Facts
    content: str | None

    @property
    def ends(self) -> bool:
        """Whether its sender took the attempt back."""
        return self.event.topic == WITHDRAWN

    @property
    def late(self) -> bool:
        """Whether a higher attempt came before: then nothing of this one becomes current."""
        return bool(self.event.data["attempt"] < self.facts.attempt)

    @property
    def known_from(self) -> datetime:
        """The event's time; an instant after the last vintage if policy's clock went back."""
        last = self.facts.known_from
        if self.late or last is None or self.event.time > last:
            return self.event.time
        return last + INSTANT

    def rows(self, figures: Mapping[UUID, Given]) -> Iterator[Row]:
        """All rows; those of one table together, which is quicker."""
        yield self._submission()
        yield self.attempt(self.known_from)
        for key, given in figures.items():
            if key not in self.facts.figures:
                yield self._figure(key, given)
        for key, given in figures.items():
            yield self._observation(key, given.kept, withdrawn=False)
        for key in self._withdrawn(figures):
            yield self._observation(key, GONE, withdrawn=True)

    def digest(self, figures: Mapping[UUID, Given]) -> str:
        """The digest over what this submission adds to the feed."""
        lines = [
            *((key, self._revision(key), given.kept["value"]) for key, given in figures.items()),
            *((key, self._revision(key), None) for key in self._withdrawn(figures)),
        ]
        return digest(self.facts.salt, lines)

    def stored(self, figures: Mapping[UUID, Given], committed: str) -> Draft:
        """The event that says so, with the digest alone: its salt is the compilers'."""
        more = {
            "figures": len(figures),
            "vintage": self.known_from,
            "salt": "",
            "digest": committed,
            "observations": self.event.data["observations"],
        }
        head = head_of(self.event.data)
        return Draft("submission.stored", self.event.key, head | more, self.event.subject)

    def committed(self, digest: str) -> Row:
        """The digest with its salt, for those who may compare the figures with it."""
        data = self.event.data
        values = {
            "submission_id": data["submission_id"],
            "attempt": data["attempt"],
            "decision": data["decision"],
            "salt": self.facts.salt,
            "digest": digest,
        }
        return Row(Digest, values)

    def attempt(self, known_from: datetime) -> Row:
        """The state of the attempt from here on."""
        data = self.event.data
        values = {
            "submission_id": data["submission_id"],
            "attempt": data["attempt"],
            "decision": data["decision"],
            "stored": self.content,
            "figures": data["figures"] if self.content else 0,
            "known_from": known_from,
        }
        return Row(Attempt, values, "replace")

    def _submission(self) -> Row:
        values = {
            "id": self.event.data["submission_id"],
            "attempt": max(self.event.data["attempt"], self.facts.attempt),
            "version": self.facts.version + 1,
            "known_from": self.facts.known_from if self.late else self.known_from,
            "withdrawn": max(self.facts.withdrawn, self.event.data["attempt"] if self.ends else 0),
        }
        return Row(Submission, values, "replace")

    def _withdrawn(self, figures: Mapping[UUID, Given]) -> list[UUID]:
        if self.late:
            return []
        known = self.facts.figures.items()
        return [key for key, latest in known if not latest.gone and key not in figures]

    def _revision(self, key: UUID) -> int | None:
        if self.late:
            return None
        latest = self.facts.figures.get(key)
        return latest.revision + 1 if latest else 1

    def _figure(self, key: UUID, given: Given) -> Row:
        submission = self.event.data["submission_id"]
        ids = {"id": figure_id(submission, key), "key_id": key, "submission_id": submission}
        return Row(Figure, {**ids, **given.key})

    def _observation(self, key: UUID, kept: Mapping[str, Any], *, withdrawn: bool) -> Row:
        data = self.event.data
        values = {
            "figure_id": figure_id(data["submission_id"], key),
            "attempt": data["attempt"],
            "decision": data["decision"],
            "revision": self._revision(key),
            "known_from": self.known_from,
            "withdrawn": withdrawn,
            **kept,
        }
        return Row(Observation, values)
