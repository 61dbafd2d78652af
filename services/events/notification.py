"""What notification tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from services.kernel.events import EventData, derived_id
from services.model.enumerations import Channel


class DeliveryState(StrEnum):
    """How a delivery failed."""

    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class _Notice(EventData):
    notice_id: Annotated[str, "Identity of the notice: one for each event, recipient and channel."]
    event_id: Annotated[str, "Event that it tells of."]
    topic: Annotated[str, "Topic of that event."]
    submission_id: Annotated[str | None, "Submission, where it is about one."] = None
    recipient: Annotated[str, "Organisation of the catalogue."]
    channel: Annotated[Channel, "How."]
    message: Annotated[str, "Message of the catalogue."]

    @property
    def key(self) -> str:
        """The submission; the notice itself where it is about none."""
        return self.submission_id or self.notice_id

    @property
    def own_id(self) -> UUID:
        """A notice has one event at most."""
        return derived_id(UUID(self.notice_id), "notice", 0)


@dataclass(frozen=True, kw_only=True)
class NoticeSent(_Notice):
    """A notice was taken over by the recipient's server."""

    TOPIC = "notice.sent"

    attempts: Annotated[int, "Attempts it took."]
    sent_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class NoticeFailed(_Notice):
    """A notice could not be delivered, or it is not known whether it was."""

    TOPIC = "notice.failed"

    state: Annotated[DeliveryState, "failed: certainly not delivered; uncertain: perhaps."]
    error: Annotated[str, "What the server said, without addresses."]
    attempts: Annotated[int, "Attempts made."]
    failed_at: Annotated[datetime, "When."]
