"""The grdp worker: stores cleared submissions, and publishes the compilers' feed."""

from __future__ import annotations

from services.events.catalogue import CatalogueChanged
from services.events.policy import ErasureDone, SubmissionCleared, SubmissionWithdrawn
from services.grdp.facts import load
from services.grdp.feed import derive
from services.grdp.handler import handle, handle_erased, handle_withdrawn, reads
from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage

STAGE = ObjectStage(
    events=(SubmissionCleared,),
    load=load,
    reads=reads,
    handle=handle,
    derive=derive,
    awaits_catalogue=False,  # policy has judged; nothing of the catalogue is needed to store
    shared_by=lambda event: event.data.head.sender,
)

TAKEN_BACK = ObjectStage(
    events=(SubmissionWithdrawn,),
    load=load,
    reads=lambda event, facts: {},
    handle=handle_withdrawn,
    derive=derive,
    awaits_catalogue=False,
    shared_by=lambda event: event.data.head.sender,
)

ERASED = ObjectStage(
    events=(ErasureDone,),
    load=lambda session, event: None,
    reads=lambda event, facts: {},
    handle=handle_erased,
    awaits_catalogue=False,
)

if __name__ == "__main__":
    main("grdp", [replica.stage(CatalogueChanged), STAGE, TAKEN_BACK, ERASED])
