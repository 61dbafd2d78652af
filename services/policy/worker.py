"""The policy worker: decides what may be used, and under which article."""

from __future__ import annotations

from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import ObjectStage
from services.policy.handler import handle
from services.policy.store import load

STAGE = ObjectStage(
    topics=("submission.validated",),
    load=load,
    reads=lambda event: (event.data["cells"],),
    handle=handle,
)

if __name__ == "__main__":
    main("policy", [replica.stage(), STAGE])
