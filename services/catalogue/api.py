"""The catalogue's API: its entries, people and tokens. `python -m services.catalogue.api` runs it."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from services.catalogue import (
    agreement_routes,
    changing,
    ending,
    own_keys,
    reading,
    registry,
    supplying_routes,
)
from services.catalogue.calendar import routes as calendar
from services.catalogue.duties import act_routes, sweep
from services.catalogue.duties import routes as duties
from services.catalogue.entry import Command, EntryKind, Refused, Version
from services.catalogue.people import change_routes, login, vacancies
from services.catalogue.people import routes as people
from services.catalogue.people.change_views import Decided, decided
from services.catalogue.people.governing import Outcome
from services.catalogue.people.signing import StoredKeys
from services.catalogue.refusals import absent, named
from services.kernel.api import Context, With, create, every, serve
from services.kernel.auth import Access, allowed
from services.kernel.clock import Clock, utc_now
from services.kernel.command import carried_out
from services.kernel.settings import Settings
from services.kernel.signed import proof, reader
from services.model.sender import asker

TEXT = (
    "Danh mục: cơ quan, khóa, biểu mẫu, quy định, con người · "
    "Catalogue: organisations, keys, forms, rules, people"
)


router = APIRouter(prefix="/v1", tags=["catalogue"])


Reader = Annotated[Access, Depends(reader("entry.read", proof(asker, reading.sender_key)))]


class Change(BaseModel):
    """What an entry shall say, and when it is in force."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "body": {
                        "id": "so-tai-chinh-dien-bien",
                        "name": {
                            "vi": "Sở Tài chính tỉnh Điện Biên",
                            "en": "Department of Finance",
                        },
                        "kind": "finance_department",
                        "province": "11",
                    }
                },
                {
                    "body": {
                        "sender": "so-tai-chinh-dien-bien",
                        "public_key": {
                            "kty": "OKP",
                            "crv": "Ed25519",
                            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                        },
                    },
                    "valid_from": "2026-01-01T00:00:00Z",
                    "valid_to": "2027-01-01T00:00:00Z",
                },
            ]
        },
    )

    body: dict[str, Any]
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    base: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """The version that was changed, 0 for none: where another is the newest by now, the change is refused."""


class Summary(BaseModel):
    """The newest version of an entry, without its content."""

    kind: EntryKind
    id: str
    version: int
    catalogue_version: int
    valid_from: AwareDatetime | None
    valid_to: AwareDatetime | None
    changed_at: AwareDatetime


class Whole(Summary):
    """One version of an entry."""

    body: dict[str, Any]


@router.put(
    "/{kind}/{id}",
    status_code=201,
    responses={202: {"model": Decided}},
    response_model=Whole,
    summary="Thêm hoặc thay đổi · Add or change an entry",
)
async def put(
    kind: EntryKind,
    id: str,
    change: Change,
    response: Response,
    context: With,
    access: Annotated[Access, Depends(allowed("entry.change"))],
) -> Any:
    """201 with a new version, 200 where nothing changed; both after the broker's acknowledgement.

    202 where it waits for a second person: a sender's key, a regulation, an organisation's contact addresses. 409 where
    somebody else changed it since the version that `base` names.
    """
    command = Command(
        kind,
        id,
        change.body,
        valid_from=change.valid_from and change.valid_from.astimezone(UTC),
        valid_to=change.valid_to and change.valid_to.astimezone(UTC),
        base=change.base,
    )
    try:
        act = partial(changing.change, context.outbox, command, access.principal.id)
        changed = await carried_out(context, act)
    except Refused as refused:
        raise changing.refusal(command, refused) from None
    if changed.version is None:
        waits = decided(Outcome(change=changed.change))
        return JSONResponse(waits.model_dump(mode="json"), 202)
    if not changed.is_new:
        response.status_code = 200
    return _whole(changed.version)


@router.get("/{kind}", summary="Các mục của một loại · The entries of a kind")
def entries(kind: EntryKind, context: With, access: Reader) -> list[Summary]:
    """The newest version of each, by id; of an agency those that concern it."""
    with Session(context.engine) as session:
        found = reading.listed(session, access, kind, context.clock())
        return [Summary(**vars(version)) for version in found]


@router.get(
    "/{kind}/{id}",
    summary="Một mục, phiên bản mới nhất hoặc chỉ định · One entry",
)
def entry(
    kind: EntryKind,
    id: str,
    context: With,
    access: Reader,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Whole:
    """The newest version, or the one that is asked for; 404 where there is none that the asker may read."""
    if "\0" in id:
        raise absent(
            "no-entry", "catalogue.absent", kind=kind.value, entry=named(kind.value), id=id
        )
    with Session(context.engine) as session:
        found = reading.entry(session, access, kind, id, version, context.clock())
    if found is None:
        raise absent(
            "no-entry", "catalogue.absent", kind=kind.value, entry=named(kind.value), id=id
        )
    return _whole(found)


def _whole(version: Version) -> Whole:
    return Whole(**vars(version))


def look(context: Context) -> None:
    """What is vacant, what ends, and what is late, as it is now: for the alarms."""
    vacancies.count(context)
    ending.look(context)
    sweep.look(context)


def create_app(config: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The application with its routes; while it runs, it looks at what is vacant, ends, or is late."""
    app = create(
        "catalogue", "Danh mục · Catalogue", TEXT, config, clock,
        background=every(vacancies.SECONDS, look),
    )  # fmt: skip
    app.state.keys = StoredKeys(app.state.context.engine, clock)
    # The entries come last: a kind of entries is what nothing else is.
    parts = (
        login,
        change_routes,
        people,
        calendar,
        agreement_routes,
        supplying_routes,
        duties,
        act_routes,
        own_keys,
        registry,
    )
    for part in (*(part.router for part in parts), router):
        app.include_router(part)
    return app


if __name__ == "__main__":
    serve(create_app())
