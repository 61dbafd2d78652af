"""The validation worker: checks what intake received. Hostile bytes are parsed in worker processes."""

from __future__ import annotations

from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage
from services.validation import acceptance
from services.validation.handler import give_up, handle
from services.validation.loading import load, load_kept

STAGE = ObjectStage(
    topics=("submission.received",),
    load=load,
    reads=lambda event, facts: {"original": event.data["original"]},
    handle=handle,
    isolated=True,
    give_up=give_up,
    shared_by=lambda event: str(event.data["sender"]),
)
STORED = ObjectStage(
    topics=("submission.stored", acceptance.WITHDRAWN, acceptance.WITHHELD),
    load=load_kept,
    reads=acceptance.reads,
    handle=acceptance.handle,
    awaits_catalogue=False,  # the figures were checked and cleared by the catalogue of their time
    shared_by=lambda event: str(event.data["sender"]),
)

if __name__ == "__main__":
    main("validation", [replica.stage(), STAGE, STORED])
