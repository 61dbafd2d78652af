"""The evidence log: its size and root, the leaves of a submission, receipts and proofs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from services.audit.comparison import NAME, compare
from services.audit.merkle import EMPTY
from services.audit.proofs import consistency
from services.audit.readers import reaches
from services.audit.receipts import NoReceipt, receipt_of
from services.audit.store import Checkpoint, Leaf
from services.kernel.api import With, create, serve
from services.kernel.auth import Access, Scope, allowed
from services.kernel.clock import Clock, utc_now
from services.kernel.comparison import Check
from services.kernel.problems import Problem
from services.kernel.settings import Settings
from services.kernel.signed import proof, reader
from services.model.messages import texts
from services.model.sender import asker

DESCRIPTION = (
    "Nhật ký bằng chứng: mỗi sự kiện một lá của cây Merkle (RFC 6962), không lưu số liệu. · "
    "The evidence log: one leaf of a Merkle tree (RFC 6962) an event; no figures are kept."
)
ROOT_EXAMPLE = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
LEAF_EXAMPLE: dict[str, Any] = {
    "index": 7,
    "event_id": "3c1de0a4-7d6e-5b37-9f52-66b0b1a7c5aa",
    "topic": "submission.cleared",
    "time": "2026-11-23T12:00:00.123456Z",
    "commitment": "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a",
    "leaf_hash": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
}
NO_RECEIPT = {"unknown": 404, "erased": 410, "undecided": 409}
"""Status of each reason why there is no receipt."""
ATTEMPT = Query(ge=1, le=2**31 - 1)
SIZE = Query(ge=1, le=2**63 - 1)
Reader = Annotated[Access, Depends(reader("receipt.read", proof(asker)))]


class State(BaseModel):
    """The log as it is; hashes in hexadecimal. `taken_at` is null while it is empty."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"size": 8, "root": ROOT_EXAMPLE, "taken_at": "2026-11-23T12:00:00.123456Z"}
            ]
        }
    )

    size: int
    root: str
    taken_at: datetime | None


class LeafOfEvent(BaseModel):
    """One leaf; what its hash is made of is written in services/audit/leaf.py."""

    index: int
    event_id: UUID
    topic: str
    time: datetime
    commitment: str
    leaf_hash: str


class Leaves(BaseModel):
    """The leaves of one submission, in the order of the log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"leaves": [LEAF_EXAMPLE]}]})

    leaves: list[LeafOfEvent]


class LoggedEvent(BaseModel):
    """An event of the path: its value in base64, what its leaf is made of, and the inclusion proof."""

    index: int
    topic: str
    event_id: str
    time: str
    salt: str
    value: str
    leaf_hash: str
    proof: list[str]


class Root(BaseModel):
    """A state of the log."""

    size: int
    root: str


class Receipt(BaseModel):
    """What `solieu audit verify` checks offline; services/model/verifier.py says what each part proves.

    `key` is the event that registered the sender's key; `digest` covers all other parts.
    """

    format: int
    submission: str
    attempt: int
    statement: str
    key: LoggedEvent
    events: list[LoggedEvent]
    checkpoint: Root
    digest: str


class Consistency(BaseModel):
    """That the first `first` leaves of `second` are the earlier log (RFC 9162, 2.1.4)."""

    first: int
    second: int
    first_root: str
    second_root: str
    proof: list[str]


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application of the audit service."""
    app = create("audit", "Audit", DESCRIPTION, config, clock, checks=[Check(NAME, compare)])
    _log(app, [Depends(allowed("checkpoint.read"))])
    _submissions(app)
    return app


def _log(app: FastAPI, checked: list[Any]) -> None:
    """The log as a whole: sizes and roots, which tell nothing of a submission."""

    @app.get(
        "/v1/checkpoint",
        tags=["log"],
        summary="Độ dài và gốc của nhật ký · Size and root of the log",
        dependencies=checked,
    )
    def checkpoint(context: With) -> State:
        """The newest checkpoint."""
        with Session(context.engine) as session:
            return newest(session)

    @app.get(
        "/v1/consistency",
        tags=["log"],
        summary="Nhật ký chỉ được nối dài · That the log was only appended to",
        dependencies=checked,
        responses={404: {"description": "size"}},
    )
    def consistency_of(
        context: With, first: Annotated[int, SIZE], second: Annotated[int, SIZE]
    ) -> Consistency:
        """The proof between two states of the log, and their roots."""
        with Session(context.engine) as session:
            size = newest(session).size
            if not first <= second <= size:
                raise problem("size", 404, size=size)
            first_root, second_root, proof = consistency(session, first, second)
        return Consistency(
            first=first,
            second=second,
            first_root=first_root.hex(),
            second_root=second_root.hex(),
            proof=[step.hex() for step in proof],
        )


def _submissions(app: FastAPI) -> None:
    """What the log holds of one submission: for its sender, its room, and those who oversee."""

    @app.get(
        "/v1/leaves",
        tags=["receipts"],
        summary="Các lá của một hồ sơ · The leaves of a submission",
    )
    def leaves(context: With, who: Reader, submission: Annotated[UUID, Query()]) -> Leaves:
        """What the log holds of a submission; nothing for one that is unknown, or not for who asks."""
        with Session(context.engine) as session:
            reached = reaches(session, who, str(submission), context.clock())
            return Leaves(leaves=leaves_of(session, str(submission)) if reached else [])

    @app.get(
        "/v1/receipts/{submission}",
        tags=["receipts"],
        summary="Biên nhận của một hồ sơ · The receipt of a submission",
        responses={status: {"description": code} for code, status in NO_RECEIPT.items()},
    )
    def receipt(
        context: With,
        who: Reader,
        submission: UUID,
        attempt: Annotated[int | None, ATTEMPT] = None,
    ) -> Receipt:
        """Of the latest attempt unless one is named, once the log has its verdict.

        To its sender without what persons of the office said and decided about it.
        """
        office = Access(who.principal, who.scopes - {Scope.OWN})
        with Session(context.engine) as session:
            try:
                now = context.clock()
                if not reaches(session, who, str(submission), now):
                    raise NoReceipt("unknown")
                persons = reaches(session, office, str(submission), now)
                receipt = receipt_of(session, str(submission), attempt, persons=persons)
                return Receipt(**receipt)
            except NoReceipt as error:
                raise problem(error.why, NO_RECEIPT[error.why]) from None


def problem(code: str, status: int, **values: object) -> Problem:
    """A problem in the words of schemas/messages."""
    title, mend = (
        {"vi": both.vi, "en": both.en}
        for both in (texts(f"audit.{code}.{part}", **values) for part in ("title", "mend"))
    )
    return Problem(status, f"audit-{code}", title, mend)


def newest(session: Session) -> State:
    """The log's last checkpoint."""
    checkpoint = session.exec(
        select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)
    ).first()
    if checkpoint is None:
        return State(size=0, root=EMPTY.hex(), taken_at=None)
    return State(size=checkpoint.size, root=checkpoint.root.hex(), taken_at=checkpoint.taken_at)


def leaves_of(session: Session, submission: str) -> list[LeafOfEvent]:
    """The leaves of a submission, by index."""
    leaves = session.exec(
        select(Leaf).where(Leaf.submission == submission).order_by(col(Leaf.index))
    )
    return [
        LeafOfEvent(
            index=leaf.index,
            event_id=leaf.event_id,
            topic=leaf.topic,
            time=leaf.time,
            commitment=leaf.commitment.hex(),
            leaf_hash=leaf.leaf_hash.hex(),
        )
        for leaf in leaves
    ]


if __name__ == "__main__":
    serve(create_app())
