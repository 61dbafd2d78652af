"""How a report was supplied, which no submission brings: by the documents that its room named. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from services.catalogue.duties.act import Change, Said
from services.catalogue.duties.standing import Delivery

INSTANT = timedelta(microseconds=1)


def supplied_by(acts: Iterable[Said]) -> list[Delivery]:
    """A delivery for each document that was named since the last was taken back, in the order in which they were.

    It counts from its document's day, of today from the moment at which it was named: nobody is late who sent a letter
    in time and said so the day after.
    """
    found: list[Delivery] = []
    for act in acts:
        if act.change is Change.RETRACTED:
            found = []
        elif act.change is Change.SUPPLIED and act.until is not None:
            came = min(act.at, act.until - INSTANT)
            found.append(Delivery(len(found) + 1, came, accepted_at=act.at, document=act.document))
    return found
