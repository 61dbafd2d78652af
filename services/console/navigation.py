"""Where one can go: the places of the site, each for those who may read what stands there."""

from __future__ import annotations

from dataclasses import dataclass

from services.console.session import Person


@dataclass(frozen=True)
class Place:
    """A page with a link in the head of every page: `console.<name>.link`; and the right that its readers have."""

    path: str
    name: str
    service: str
    action: str


PLACES = (
    Place("/submissions", "submissions", "intake", "state.read"),
    Place("/thay-doi", "changes", "catalogue", "change.read"),
    Place("/nghia-vu", "duties", "catalogue", "duty.read"),
    Place("/kiem-tra", "check", "validation", "workbook.check"),
    # Who may announce a delay is who owes.
    Place("/nam-cua-toi", "year", "catalogue", "duty.announce"),
    Place("/yeu-cau", "requests", "policy", "request.read"),
    Place("/cong-bo", "releases", "catalogue", "calendar.read"),
    Place("/dong-y", "consents", "policy", "consent.read"),
    Place("/xac-minh", "verifications", "validation", "verification.read"),
    Place("/su-co", "incidents", "policy", "incident.read"),
    Place("/xoa", "erasures", "policy", "erasure.read"),
    Place("/nhat-ky", "checkpoint", "audit", "checkpoint.read"),
    Place("/quy-dinh", "regulations", "policy", "law.read"),
)
"""In the order in which they are offered; a person's first one is home."""


def places(person: Person | None) -> tuple[Place, ...]:
    """Those that the person may read; none before the login."""
    if person is None:
        return ()
    return tuple(place for place in PLACES if person.may(place.service, place.action))


def home(person: Person) -> str:
    """The first page after the login. Every role may read the law; who has none is told there that it may not."""
    return (places(person) or PLACES[-1:])[0].path
