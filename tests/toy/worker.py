"""A service as small as can be, under the name of `validation`, to put the runner through its paces.

It answers every submission.received with one submission.superseded. What an event's `form` says happens on the way.
`python -m tests.toy.worker batch|object|vault`
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faust.assignor.copartitioned_assignor import CopartitionedAssignor
from sqlmodel import Session

from services.events.catalogue import CatalogueChanged
from services.events.intake import SubmissionReceived
from services.events.policy import SubmissionSuperseded
from services.kernel import (
    codec,
    consumer,
    health,
    partition,
    publisher,
    released_schemas,
    replica,
    runner,
)
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.kernel.runner import main
from services.kernel.stage import BatchStage, ObjectStage, Stage
from tests.toy.release import newer_schema


def answer(event: Event) -> Outcome:
    what = event.data.head.form
    if what == "slow":
        time.sleep(3)
    if what == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "bug":
        raise RuntimeError("nobody foresaw this")
    if what == "ill" and not Path(os.environ["TOY_MARK"]).exists():
        raise RuntimeError("something that all need is broken")
    if what == "refused":
        raise Permanent("not to be handled")
    mark = Path(os.environ["TOY_MARK"])
    if what == "bug-once" and not mark.exists():
        mark.touch()
        raise RuntimeError("only once")
    return Outcome((SubmissionSuperseded(head=event.data.head, decision=1, by_attempt=2),))


def load_batch(session: Session, events: Sequence[Event]) -> None:
    return None


def load_one(session: Session, event: Event) -> int:
    return 0


def handle_batch(event: Event, facts: Any) -> Outcome:
    return answer(event)


def handle_one(event: Event, facts: Any, contents: Mapping[str, bytes]) -> Outcome:
    return answer(event)


STAGES: dict[str, Stage] = {
    "batch": BatchStage((SubmissionReceived,), load_batch, handle_batch),
    "object": ObjectStage((SubmissionReceived,), load_one, lambda event, facts: {}, handle_one),
    "vault": ObjectStage(
        (SubmissionReceived,),
        load_one,
        lambda event, facts: {"original": event.data.original},
        handle_one,
    ),
}

if __name__ == "__main__":
    # Both sides of the promise together: how long a producer tries, and how long who takes over waits for it.
    for module in (publisher, partition):
        vars(module)["DELIVERY_TIMEOUT"] = float(os.environ["TOY_DELIVERY"])
    vars(partition)["ILL_SECONDS"] = float(os.environ["TOY_ILL"])
    vars(consumer)["SESSION_SECONDS"] = float(os.environ["TOY_SESSION"])
    vars(health)["LOOK_SECONDS"] = 0.2
    vars(runner)["ASSIGNMENT_PATIENCE"] = float(os.environ["TOY_PATIENCE"])
    if os.environ["TOY_SCHEMAS"] == "newer":
        schemas = (*released_schemas.locked(), newer_schema())
        vars(codec)["locked"] = lambda _: schemas
    if os.environ["TOY_ASSIGNS"] == "nothing":
        setattr(CopartitionedAssignor, "get_assignment", lambda self: {})  # noqa: B010
    main("validation", [replica.stage(CatalogueChanged), STAGES[sys.argv[1]]])
