"""Regulations as data: instruments and what their articles say, each with the days it is in force.

One YAML file an instrument under `schemas/regulations/`; `articles` say in our own words what the
article asks, so that a decision can name it and a reader can understand it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from services.model.crosswalk import provinces
from services.model.messages import texts
from services.model.text import SCHEMAS, STRICT, ModelError, Text, load_yaml, plain, read

VIETNAM = timezone(timedelta(hours=7))


def midnight(on: date) -> datetime:
    """The first moment of a day in Viet Nam."""
    return datetime.combine(on, time(), VIETNAM)


def day(at: datetime) -> date:
    """The day in Viet Nam, by which it counts whether a law is in force."""
    return at.astimezone(VIETNAM).date()


class Keeper(StrEnum):
    """Who sees to it that an article is kept."""

    POLICY = "policy"
    """A policy (*.cedar) that is bound to it decides."""
    SOFTWARE = "software"
    """Another part of this product, which `how` names."""
    PEOPLE = "people"
    """People, by hand; `how` says which."""
    NOBODY_YET = "nobody_yet"
    """It asks for something that nothing here does yet."""
    DEFINITION = "definition"
    """It says what words mean or whom it is about; there is nothing to keep."""


class Binds(StrEnum):
    """Whom alone an instrument binds, where it isn't everybody in its area."""

    ROOMS = "rooms"
    """The rooms of statistics offices: how they work together. No agency owes anything by it."""


class Validity(StrEnum):
    """What else than its days decides whether an instrument is in force."""

    UNCONFIRMED = "unconfirmed"
    """No source says that it still is: it is kept to be read, and is the ground of no decision."""


@dataclass(frozen=True, config=STRICT)
class Article:
    """An article, or one clause of it, and what it says in our own words.

    `requirement` is the number of the requirement that it settles, where a service asks which article does. `how`
    tells how it is kept, where `kept_by` alone doesn't.
    """

    article: str
    summary: Text
    clause: str | None = None
    requirement: str | None = None
    kept_by: Keeper | None = None
    how: Text | None = None


@dataclass(frozen=True, config=STRICT)
class Instrument:
    """A law, decree, decision or plan; `province` is its area in list 34, or None where national.

    `former_province` is of list 63: of one that was merged, and has no instruments of its own since. Whether they go
    on in the merged one is for that one to say, so such an instrument governs nowhere.
    """

    id: str
    number: str
    title: Text
    in_force_from: date
    articles: tuple[Article, ...]
    province: str | None = None
    in_force_to: date | None = None
    replaced_by: str | None = None
    source: str | None = None
    former_province: str | None = None
    binds: Binds | None = None
    validity: Validity | None = None

    @model_validator(mode="after")
    def _of_one_area(self) -> Self:
        if self.province is not None and self.former_province is not None:
            raise ModelError(texts("entry.two_provinces"))
        if self.former_province not in (None, *provinces().targets):
            raise ModelError(texts("entry.no_former", province=self.former_province))
        return self

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.in_force_to is not None and self.in_force_to < self.in_force_from:
            raise ModelError(texts("entry.in_force"))
        if self.replaced_by == self.id:
            raise ModelError(texts("entry.replaces_itself"))
        return self

    def in_force(self, day: date) -> bool:
        """Whether it is in force on `day`; the last day counts.

        Never where that is not confirmed, nor in a province that was merged.
        """
        return (
            self.validity is None
            and self.former_province is None
            and self.in_force_from <= day
            and (self.in_force_to is None or day <= self.in_force_to)
        )

    def article(self, article: str, clause: str | None = None) -> Article:
        """The article (or its clause); raises ModelError where the instrument has none."""
        for entry in self.articles:
            if (entry.article, entry.clause) == (article, clause):
                return entry
        raise ModelError(texts("entry.no_article", id=self.id, article=article, clause=clause))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Instrument":
        """An instrument from plain data; raises ModelError naming each wrong place."""
        return read(cls, dict(data), f"regulation {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


def governing(
    instruments: Iterable[Instrument], requirement: str, province: str | None, day: date
) -> tuple[Instrument, Article] | None:
    """The article that settles a requirement on `day`: the province's own first, else national law; None without.

    For whoever sends or asks: what binds rooms alone settles nothing for them.
    """
    found = [
        (instrument, article)
        for instrument in instruments
        if instrument.in_force(day)
        and instrument.province in (None, province)
        and instrument.binds is None
        for article in instrument.articles
        if article.requirement == requirement
    ]
    return min(found, key=_nearest, default=None)


def _nearest(found: tuple[Instrument, Article]) -> tuple[bool, int, str]:
    """Before national law what is of the province, before older law what is newer."""
    instrument, _ = found
    return instrument.province is None, -instrument.in_force_from.toordinal(), instrument.id


def load_regulations(folder: Path = SCHEMAS / "regulations") -> tuple[Instrument, ...]:
    """Every instrument of the folder, by id; a `replaced_by` that is not there is an error."""
    instruments = [Instrument.from_dict(load_yaml(path)) for path in sorted(folder.glob("*.yaml"))]
    known = {instrument.id for instrument in instruments}
    for instrument in instruments:
        if instrument.replaced_by is not None and instrument.replaced_by not in known:
            raise ModelError(
                f"{instrument.id}: replaced by {instrument.replaced_by}, which is not in {folder}"
            )
    return tuple(instruments)
