"""The grdp worker: stores cleared submissions, and publishes the compilers' feed."""

from __future__ import annotations

from services.grdp.facts import load
from services.grdp.feed import derive
from services.grdp.handler import handle, handle_erased, handle_withdrawn, reads
from services.grdp.writing import WITHDRAWN
from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage

STAGE = ObjectStage(
    topics=("submission.cleared",),
    load=load,
    reads=reads,
    handle=handle,
    derive=derive,
    awaits_catalogue=False,  # policy has judged; nothing of the catalogue is needed to store
    shared_by=lambda event: str(event.data["sender"]),
)

TAKEN_BACK = ObjectStage(
    topics=(WITHDRAWN,),
    load=load,
    reads=lambda event, facts: {},
    handle=handle_withdrawn,
    derive=derive,
    awaits_catalogue=False,
    shared_by=lambda event: str(event.data["sender"]),
)

ERASED = ObjectStage(
    topics=("erasure.done",),
    load=lambda session, event: None,
    reads=lambda event, facts: {},
    handle=handle_erased,
    awaits_catalogue=False,
)

if __name__ == "__main__":
    main("grdp", [replica.stage(), STAGE, TAKEN_BACK, ERASED])
