"""The validation worker: checks what intake received. Hostile bytes are parsed in worker processes."""

from __future__ import annotations

from services.events.catalogue import CatalogueChanged
from services.events.grdp import SubmissionStored
from services.events.intake import SubmissionReceived
from services.events.policy import SubmissionWithdrawn, SubmissionWithheld
from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage
from services.validation import acceptance
from services.validation.handler import give_up, handle
from services.validation.loading import load, load_kept

STAGE = ObjectStage(
    events=(SubmissionReceived,),
    load=load,
    reads=lambda event, facts: {"original": event.data.original},
    handle=handle,
    isolated=True,
    give_up=give_up,
    shared_by=lambda event: event.data.head.sender,
)
STORED = ObjectStage(
    events=(SubmissionStored, SubmissionWithdrawn, SubmissionWithheld),
    load=load_kept,
    reads=acceptance.reads,
    handle=acceptance.handle,
    shared_by=lambda event: event.data.head.sender,
)

if __name__ == "__main__":
    main("validation", [replica.stage(CatalogueChanged), STAGE, STORED])
