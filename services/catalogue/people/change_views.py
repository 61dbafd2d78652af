"""Changes that take a second person, and one-time links, as the API shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.catalogue.people.authority import Change
from services.catalogue.people.governing import Outcome
from services.catalogue.people.links import Link
from services.events.catalogue import PeopleChangeKind, PeopleChangeState


class ChangeView(BaseModel):
    """A change that was proposed: by whom, and what became of it. `body` is what the person or entry shall be."""

    change_id: UUID
    what: PeopleChangeKind
    subject: str
    fields: list[str]
    body: dict[str, Any]
    state: PeopleChangeState
    proposed_by: str
    proposed_at: AwareDatetime
    not_before: AwareDatetime | None
    decided_by: str | None
    decided_at: AwareDatetime | None


class LinkView(BaseModel):
    """A one-time link, for the person alone: /password?token=… of the console."""

    person: str
    token: str
    expires_at: AwareDatetime


class Decided(BaseModel):
    """A change that was carried out; `link` where the person has no password now, to be handed over."""

    change: ChangeView | None
    link: LinkView | None


class Changes(BaseModel):
    """The last 200, the newest first."""

    changes: list[ChangeView]


def decided(outcome: Outcome) -> Decided:
    """What became of it, as the API shows it."""
    return Decided(
        change=view(outcome.change) if outcome.change else None,
        link=_shown(outcome.link) if outcome.link else None,
    )


def view(change: Change) -> ChangeView:
    """As the API shows it."""
    values = {name: value for name, value in vars(change).items() if name not in ("id", "base")}
    return ChangeView(change_id=change.id, **values)


def _shown(link: Link) -> LinkView:
    return LinkView(person=link.person, token=link.token, expires_at=link.expires_at)
