"""What the evidence log tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from services.kernel.avro import Long
from services.kernel.events import EventData


@dataclass(frozen=True, kw_only=True)
class AuditCheckpoint(EventData):
    """Size and root of the evidence log (RFC 6962)."""

    TOPIC = "audit.checkpoint"

    size: Annotated[Long, "Leaves."]
    root: Annotated[str, "Merkle tree hash, hexadecimal."]
    taken_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """There is one log."""
        return "solieu"
