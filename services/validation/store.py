"""What a check needs to know, from validation's copy of the catalogue."""

from __future__ import annotations

from sqlmodel import Session

from services.kernel import replica
from services.kernel.events import Event
from services.validation.handler import Facts, codelists_of


def load(session: Session, event: Event) -> Facts:
    """The form in the version that intake used, and the code lists that it names."""
    form = replica.get(session, "form", event.data["form"], event.data["form_version"])
    if form is None:
        return Facts(None)
    lists = {name: replica.get(session, "codelist", name) for name in codelists_of(form.body)}
    return Facts(form.body, {name: entry.body for name, entry in lists.items() if entry})
