"""Notification's API: how each notice fared, and the secrets of web hooks. Its process also does the sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from services.kernel import replica
from services.kernel.api import Context, With, create, serve
from services.kernel.auth import Access, allowed
from services.kernel.clock import Clock, utc_now
from services.kernel.problems import Problem
from services.kernel.settings import Settings
from services.kernel.signed import proof, reader
from services.model.messages import advice
from services.model.sender import asker
from services.notification import queries
from services.notification.delivery import Channel
from services.notification.mail import Mail
from services.notification.queries import Cursor
from services.notification.sender import Sender
from services.notification.settings import DeliverySettings
from services.notification.store import State
from services.notification.targets import networks
from services.notification.webhook import WebHook

DESCRIPTION = (
    "Thông báo cho các cơ quan và tình trạng gửi của từng thông báo. · "
    "Notices to organisations, and how each delivery fared."
)
ORGANISATION = Path(max_length=200, examples=["so-tai-chinh-dien-bien"])
ENDING_SECONDS = 8.0
"""Less than supervisor and container wait before they kill; what is cut off becomes uncertain."""
router = APIRouter(prefix="/v1", tags=["notices"])


class Notice(BaseModel):
    """One notice. `uncertain`: it was handed over and no answer came; it is not sent again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "notice_id": "8a53e3b6-3a0c-5c5e-9d4e-2a1b6c9f8001",
                    "event_id": "b1d0c1de-35b5-5e1a-8f5f-1c2d3e4f5001",
                    "topic": "submission.returned",
                    "submission_id": "3c9f4a4e-6f0f-5a3b-9a44-0d6f6a1f3f10",
                    "recipient": "so-tai-chinh-dien-bien",
                    "channel": "email",
                    "message": "notice.returned",
                    "subject": "Biểu cv17809-1, kỳ 2025-Q4: trả lại để sửa",
                    "state": "sent",
                    "attempts": 1,
                    "error": "",
                    "created_at": "2026-11-23T08:15:30Z",
                    "changed_at": "2026-11-23T08:15:31Z",
                }
            ]
        }
    )

    notice_id: UUID
    event_id: UUID
    topic: str
    submission_id: UUID | None
    recipient: str
    channel: str
    message: str
    subject: str
    state: State
    attempts: int
    error: str
    created_at: datetime
    changed_at: datetime


class Page(BaseModel):
    """The newest first; `next` is the cursor of the page after this, null at the end."""

    notices: list[Notice]
    next: str | None


class Webhook(BaseModel):
    """With what this organisation's web hooks are signed from now on. It is never shown again."""

    organisation: str
    secret: str
    previous_until: datetime | None
    """Until then they are signed with the secret before, too."""


@router.get("/notices", summary="Tình trạng các thông báo · How notices fared")
def notices(
    context: With,
    access: Annotated[Access, Depends(reader("delivery.read", proof(asker)))],
    state: Annotated[State | None, Query(description="Tình trạng · State")] = None,
    submission: Annotated[UUID | None, Query(description="Hồ sơ · Submission")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Số dòng · Page size")] = 100,
    cursor: Annotated[str | None, Query(description="`next` của trang trước")] = None,
) -> Page:
    """All, or those to the asker's own organisation."""
    try:
        after = Cursor.parse(cursor) if cursor is not None else None
    except ValueError:
        raise _problem(400, "unknown_cursor") from None
    recipient = None if access.is_all else access.principal.organisation
    with Session(context.engine) as session:
        rows = queries.notices(session, recipient, state, submission, after, limit + 1)
    notices = [Notice.model_validate(row, from_attributes=True) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        notices=notices, next=str(Cursor(last.created_at, last.notice_id)) if last else None
    )


@router.put(
    "/webhooks/{organisation}",
    status_code=201,
    summary="Tạo hoặc thay khóa bí mật ký webhook · Make or change the secret of web hooks",
    responses={404: {"description": "no-organisation"}},
)
def webhook(
    context: With,
    access: Annotated[Access, Depends(allowed("webhook.change"))],
    organisation: Annotated[str, ORGANISATION],
    response: Response,
) -> Webhook:
    """201 with a first secret, 200 with a new one. Where to send is the organisation's contact in the catalogue."""
    response.headers["Cache-Control"] = "no-store"
    with Session(context.engine) as session, session.begin():
        known = "\0" not in organisation and replica.get(session, "organisation", organisation)
        if not known or not access.reaches(organisation, None):
            raise _problem(404, "no_organisation", organisation=organisation)
        changed = queries.change_secret(session, organisation, context.clock(), context.master_key)
    if changed.previous_until:
        response.status_code = 200
    return Webhook(
        organisation=organisation,
        secret=changed.secret,
        previous_until=changed.previous_until,
    )


def channels(context: Context, config: DeliverySettings) -> Mapping[str, Channel]:
    """How this process delivers; ValueError where the settings name no networks."""

    def known(organisation: str) -> list[str]:
        with Session(context.engine) as session:
            now, master = context.clock(), context.master_key
            return queries.secrets_of(session, organisation, now, master)

    return {
        "email": Mail(config, context.clock),
        "webhook": WebHook(known, networks(config.webhook_networks), context.clock),
    }


def create_app(
    config: Settings | None = None, clock: Clock = utc_now, delivery: DeliverySettings | None = None
) -> FastAPI:
    """The application of the notification service; the senders run as long as it does."""
    sending = partial(_sending, delivery or DeliverySettings())
    app = create(
        "notification", "Thông báo · Notices", DESCRIPTION, config, clock, background=sending
    )
    app.include_router(router)
    return app


@asynccontextmanager
async def _sending(config: DeliverySettings, context: Context) -> AsyncIterator[None]:
    by_name = channels(context, config)
    senders = [Sender(context, name, channel) for name, channel in by_name.items()]
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    try:
        yield
    finally:
        for sender in senders:
            sender.close()
        _, cut_off = await asyncio.wait(tasks, timeout=ENDING_SECONDS)
        for task in cut_off:
            task.cancel()


def _problem(status: int, code: str, **values: str) -> Problem:
    return Problem(status, code.replace("_", "-"), *advice(f"notice.{code}", **values))


if __name__ == "__main__":
    serve(create_app())
