"""The workbook, marked and as it was sent, and the receipt, passed on as the owning service gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.console.session import Person, Who

router = APIRouter(include_in_schema=False)
Which = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("/submissions/{submission_id}/marked")
async def marked(request: Request, who: Who, submission_id: UUID, attempt: Which) -> Response:
    """The sender's workbook with what was found marked in it."""
    path = f"/v1/submissions/{submission_id}/marked"
    return await _passed_on(request, who, ("intake", path), attempt, "")


@router.get("/submissions/{submission_id}/original")
async def original(request: Request, who: Who, submission_id: UUID, attempt: Which) -> Response:
    """The sender's workbook as it came."""
    path = f"/v1/submissions/{submission_id}/original"
    return await _passed_on(request, who, ("intake", path), attempt, "")


@router.get("/submissions/{submission_id}/receipt")
async def receipt(request: Request, who: Who, submission_id: UUID, attempt: Which) -> Response:
    """What `solieu audit verify` verifies offline."""
    name = receipt_name(str(submission_id), attempt)
    return await _passed_on(request, who, ("audit", f"/v1/receipts/{submission_id}"), attempt, name)


def receipt_name(submission_id: str, attempt: int) -> str:
    """The file name of a receipt."""
    return f"bien-nhan-{submission_id}-{attempt}.json"


async def _passed_on(
    request: Request, who: Person, source: tuple[str, str], attempt: int, name: str
) -> Response:
    """The content as it comes; the service's file name unless `name` is one."""
    async with AsyncExitStack() as stack:
        answer = await stack.enter_async_context(
            request.app.state.services.download(*source, who.token, {"attempt": attempt})
        )
        disposition = (
            f'attachment; filename="{name}"'
            if name
            else answer.headers.get("content-disposition", "attachment")
        )
        open_ = stack.pop_all()

    async def content() -> AsyncIterator[bytes]:
        async with open_:
            async for chunk in answer.aiter_bytes():
                yield chunk

    media_type = answer.headers.get("content-type", "application/octet-stream")
    return StreamingResponse(
        content(), media_type=media_type, headers={"Content-Disposition": disposition}
    )
