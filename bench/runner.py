"""One side: the stage in the product's runner, with the catalogue's copy that every service keeps.

`python -m bench.runner`, settings as of a service (SOLIEU_*).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from bench.stage import answer
from services.events.catalogue import CatalogueChanged
from services.events.intake import SubmissionReceived
from services.kernel import replica
from services.kernel.events import Event, Outcome
from services.kernel.runner import main
from services.kernel.stage import BatchStage

GROUP = "validation"


def load(session: Session, events: Sequence[Event]) -> None:
    """No facts: the bench measures the runner, not a service."""


def handle(event: Event, facts: Any) -> Outcome:
    """The one answer."""
    return Outcome((answer(event),))


if __name__ == "__main__":
    main(GROUP, [replica.stage(CatalogueChanged), BatchStage((SubmissionReceived,), load, handle)])
