"""The evidence log for operators: its size and root, and the leaves of a submission."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from services.audit.merkle import EMPTY
from services.audit.store import Checkpoint, Leaf
from services.kernel.api import Context, bearer, context_of, create, serve
from services.kernel.clock import Clock, utc_now
from services.kernel.settings import Settings

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
Inject = Annotated[Context, Depends(context_of)]


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


def operator(config: Settings) -> str:
    """The token of those who run the product."""
    return config.operator_token.get_secret_value()


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application of the audit service."""
    app = create("audit", "Audit", DESCRIPTION, config, clock)
    allowed = [Depends(bearer(operator))]

    @app.get(
        "/v1/checkpoint",
        tags=["operators"],
        summary="Độ dài và gốc của nhật ký · Size and root of the log",
        dependencies=allowed,
    )
    def checkpoint(context: Inject) -> State:
        """The newest checkpoint."""
        with Session(context.engine) as session:
            return newest(session)

    @app.get(
        "/v1/leaves",
        tags=["operators"],
        summary="Các lá của một hồ sơ · The leaves of a submission",
        dependencies=allowed,
    )
    def leaves(context: Inject, submission: Annotated[UUID, Query()]) -> Leaves:
        """What the log holds of a submission; nothing for an unknown one."""
        with Session(context.engine) as session:
            return Leaves(leaves=leaves_of(session, str(submission)))

    return app


def newest(session: Session) -> State:
    """The log's last checkpoint."""
    found = session.exec(select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)).first()
    if found is None:
        return State(size=0, root=EMPTY.hex(), taken_at=None)
    return State(size=found.size, root=found.root.hex(), taken_at=found.taken_at)


def leaves_of(session: Session, submission: str) -> list[LeafOfEvent]:
    """The leaves of a submission, by index."""
    found = session.exec(
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
        for leaf in found
    ]


if __name__ == "__main__":
    serve(create_app())
