"""The events that tell how a notice ended: notice.sent, notice.failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.events.notification import DeliveryState, NoticeFailed, NoticeSent
from services.model.enumerations import Channel
from services.notification.store import State


def event(notice: Mapping[str, Any], now: datetime) -> NoticeSent | NoticeFailed:
    """The event of a notice that is done."""
    common: dict[str, Any] = {
        "notice_id": str(notice["notice_id"]),
        "event_id": str(notice["event_id"]),
        "topic": notice["topic"],
        "submission_id": str(notice["submission_id"]) if notice["submission_id"] else None,
        "recipient": notice["recipient"],
        "channel": Channel(notice["channel"]),
        "message": notice["message"],
        "attempts": notice["attempts"],
    }
    if notice["state"] == State.SENT:
        return NoticeSent(**common, sent_at=now)
    state = DeliveryState(notice["state"])
    return NoticeFailed(**common, state=state, error=notice["error"], failed_at=now)
