"""The policy worker: decides what may be used, and under which article."""

from __future__ import annotations

from services.events.catalogue import CalendarReleased, CatalogueChanged, ObligationClosing
from services.events.validation import SubmissionReturned, SubmissionValidated
from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage
from services.policy.decisions import closings
from services.policy.decisions.attempts import handle, handle_released, handle_returned, reads
from services.policy.loading import load, load_released, load_returned

STAGE = ObjectStage(
    events=(SubmissionValidated,),
    load=load,
    reads=reads,
    handle=handle,
    shared_by=lambda event: event.data.head.sender,
)
RETURNED = ObjectStage(
    events=(SubmissionReturned,),
    load=load_returned,
    reads=lambda event, facts: {"cells": event.data.cells} if event.data.cells else {},
    handle=handle_returned,
    shared_by=lambda event: event.data.head.sender,
)
CLOSING = ObjectStage(
    events=(ObligationClosing,),
    load=lambda session, event: None,
    reads=lambda event, facts: {},
    handle=closings.handle,
    awaits_catalogue=False,  # it says all itself, and names no state of the catalogue
)
RELEASED = ObjectStage(
    events=(CalendarReleased,),
    load=load_released,
    reads=lambda event, facts: {},
    handle=handle_released,
    awaits_catalogue=False,  # it says all itself, and names no state of the catalogue
)

if __name__ == "__main__":
    main("policy", [replica.stage(CatalogueChanged), STAGE, RETURNED, CLOSING, RELEASED])
