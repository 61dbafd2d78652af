"""The events that tell how a notice ended: notice.sent, notice.failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.kernel.events import Draft, derived_id
from services.notification.store import State

COMMON = ("topic", "recipient", "channel", "message", "attempts")


def event(notice: Mapping[str, Any], now: datetime) -> tuple[Draft, UUID]:
    """The event of a notice that is done, and its id: a notice has one at most."""
    notice_id = str(notice["notice_id"])
    submission = str(notice["submission_id"]) if notice["submission_id"] else None
    data: dict[str, Any] = {
        "notice_id": notice_id,
        "event_id": str(notice["event_id"]),
        "submission_id": submission,
        **{name: notice[name] for name in COMMON},
    }
    if notice["state"] == State.SENT:
        topic, data = "notice.sent", {**data, "sent_at": now}
    else:
        told = {"state": notice["state"], "error": notice["error"], "failed_at": now}
        topic, data = "notice.failed", {**data, **told}
    key = submission or notice_id
    return Draft(topic, key, data, key), derived_id(notice["notice_id"], "notice", 0)
