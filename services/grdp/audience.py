"""Whoever asks for figures, as the audience that policy releases them to; and the event of a read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.events.common import Article
from services.events.grdp import FigureRead, ReadSubmission
from services.kernel.auth import Access, Scope

COMPILERS = ("compilers", "grdp")
ORGANISATIONS = ("agency", "provincial_committee", "national_office")
"""The kinds of audience that are one organisation; a person of it reads what was granted to any."""


@dataclass(frozen=True)
class Audience:
    """As whom somebody reads: the compilers, an office, rooms, an organisation; or rooms and an organisation."""

    person: str
    is_compilers: bool
    rooms: tuple[str, ...]
    organisation: str | None
    home: str | None
    """The person's organisation, which `organisation` is only where the person reads as that."""
    office: str | None = None
    """The statistics office that the person leads."""

    @classmethod
    def of(cls, access: Access) -> Audience:
        """The audience of those who may `observation.read`."""
        who, scopes = access.principal, access.scopes
        home = who.organisation or None
        if access.is_all:
            return cls(who.id, True, (), None, home)
        rooms = tuple(sorted(who.rooms)) if Scope.ROOM in scopes else ()
        own, office = (home if scope in scopes else None for scope in (Scope.OWN, Scope.OFFICE))
        return cls(who.id, False, rooms, own, home, office)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(kind, id) of each audience of a release that it belongs to."""
        if self.is_compilers:
            return (COMPILERS,)
        own = ((kind, self.organisation) for kind in ORGANISATIONS if self.organisation)
        return (*(("room", room) for room in self.rooms), *own)

    @property
    def kind(self) -> str:
        """What the event of a read calls it."""
        if self.is_compilers:
            return COMPILERS[0]
        if self.office:
            return "office"
        return "agency" if self.organisation and not self.rooms else "room"

    @property
    def id(self) -> str:
        """Likewise; several ids, as of somebody who stands in for another room, between spaces."""
        if self.is_compilers:
            return COMPILERS[1]
        if self.office:
            return self.office
        return " ".join((*self.rooms, *((self.organisation,) if self.organisation else ())))


@dataclass(frozen=True)
class Source:
    """How many figures of an attempt were read, and the articles that release it."""

    submission: str
    attempt: int
    figures: int
    articles: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Read:
    """One page that was read: what was asked for and where the figures come from, no figure."""

    id: UUID
    as_of: datetime
    at: datetime
    filters: Mapping[str, str]
    sources: tuple[Source, ...]

    def event(self, audience: Audience) -> FigureRead:
        """The `figure.read` of it."""
        return FigureRead(
            read_id=str(self.id),
            person=audience.person,
            organisation=audience.home,
            audience_kind=audience.kind,
            audience_id=audience.id,
            as_of=self.as_of,
            filters=self.filters,
            figures=sum(source.figures for source in self.sources),
            submissions=tuple(
                ReadSubmission(submission_id=s.submission, attempt=s.attempt, figures=s.figures)
                for s in self.sources
            ),
            articles=_each_once(a for source in self.sources for a in source.articles),
            read_at=self.at,
        )


def _each_once(articles: Iterable[Mapping[str, Any]]) -> tuple[Article, ...]:
    found = {(a["instrument"], a["article"], a["clause"] or ""): Article(**a) for a in articles}
    return tuple(found[place] for place in sorted(found))
