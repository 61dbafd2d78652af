"""The audit log's size and root: what a receipt is compared with, and whether the log was only appended to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.console.rendering import page
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(switch_language)])
Size = Annotated[int, Query(ge=1, le=2**53)]


@router.get("/nhat-ky")
async def shown(request: Request, who: Who, size: Size | None = None) -> Response:
    """The newest checkpoint; and the root that the log had at the `size` of a receipt, as audit proves it."""
    newest = await request.app.state.services.get("audit", "/v1/checkpoint", who.token)
    earlier = None
    if size:
        try:
            earlier = await _at(request, who, size, newest["size"])
        except Refused as error:
            if error.status != 404:
                raise
    return page(
        request,
        "checkpoint.html",
        newest=newest,
        size=size,
        earlier=earlier,
        file=_file(size or newest["size"]),
    )


@router.get("/nhat-ky/goc")
async def file(request: Request, who: Who, size: Size) -> Response:
    """That size and root as the file which `solieu audit verify --checkpoint` reads."""
    newest = await request.app.state.services.get("audit", "/v1/checkpoint", who.token)
    checkpoint = await _at(request, who, size, newest["size"])
    headers = {"Content-Disposition": f'attachment; filename="{_file(size)}"'}
    return JSONResponse(checkpoint, headers=headers)


async def _at(request: Request, who: Person, size: int, newest: int) -> dict[str, Any]:
    """The checkpoint of this size; raises Refused where the log was never of that size."""
    between = {"first": size, "second": newest}
    services = request.app.state.services
    proof = await services.get("audit", "/v1/consistency", who.token, between)
    return {"size": proof["first"], "root": proof["first_root"]}


def _file(size: int) -> str:
    return f"goc-nhat-ky-{size}.json"
