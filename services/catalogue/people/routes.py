"""People through the API: the administrator adds and changes them; each sets its own password."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from services.catalogue.people import governing, passwords, store
from services.catalogue.people.change_views import Decided, decided
from services.catalogue.people.governing import Outcome
from services.catalogue.people.password_check import address, is_right
from services.catalogue.people.passwords import hashing
from services.catalogue.people.person import ID, Deputy, Ids, Person, Written
from services.catalogue.people.vacancies import vacant
from services.catalogue.refusals import wrong
from services.kernel.api import With
from services.kernel.auth import Access, Role, allowed
from services.kernel.command import Body, carried_out
from services.model.organisation import OFFICES

router = APIRouter(prefix="/v1", tags=["people"])


class Wanted(Body):
    """What a person shall be from now on; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    organisation: str | None = Field(None, max_length=100)
    roles: Annotated[tuple[Role, ...] | None, Field(min_length=1, max_length=len(Role))] = None
    rooms: Ids | None = None
    head_of: Ids | None = None
    deputies: Annotated[tuple[Deputy, ...] | None, Field(max_length=100)] = None
    locked: bool | None = None


class NewPerson(Body):
    """A person who is not there yet, with or without a password."""

    id: str = Field(pattern=f"^{ID.pattern}$", examples=["p-kinh-te"])
    name: str = Field(min_length=1, max_length=200, examples=["Lò Thị Mẫu"])
    organisation: str = Field(max_length=100, examples=["thong-ke-dien-bien"])
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    rooms: Ids = Field((), examples=[["phong-thong-ke-kinh-te-dien-bien"]])
    head_of: Ids = ()
    password: str | None = Field(None, max_length=1000, json_schema_extra={"writeOnly": True})

    def person(self) -> Person:
        """Without the password."""
        return Person(**{name: value for name, value in self if name != "password"})


class Shown(BaseModel):
    """A person as it is now, who said so, and when."""

    id: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    rooms: tuple[str, ...]
    head_of: tuple[str, ...]
    deputies: tuple[Deputy, ...]
    locked: bool
    version: int
    changed_at: AwareDatetime
    changed_by: str


class Names(BaseModel):
    """What people are called, by id. Who isn't there, or isn't to be named to who asks, is left out."""

    names: dict[str, str]


class NewPassword(Body):
    """The password from now on, and the one until now."""

    password: str = Field(max_length=1000, json_schema_extra={"writeOnly": True})
    current: str = Field("", max_length=1000, json_schema_extra={"writeOnly": True})


class Vacancies(BaseModel):
    """Where nobody is named who answers."""

    agencies_without_focal_point: list[str]
    rooms_without_head: list[str]


@router.post(
    "/people",
    status_code=201,
    responses={202: {"model": Decided}},
    response_model=Shown,
    summary="Thêm người · Add a person",
)
async def create(
    wanted: NewPerson,
    response: Response,
    context: With,
    access: Annotated[Access, Depends(allowed("person.change"))],
) -> Any:
    """201; 202 where a second person must agree, who then hands over a link for the password.

    200 where the same person is there already, whose password then stays; 409 where it is another.
    """
    if wanted.password is not None:
        _check_password(wanted.password, wanted.id)
    hashed = await hashing.hash(wanted.password) if wanted.password is not None else None
    author = access.principal.id
    act = partial(governing.create, context.outbox, wanted.person(), hashed, author)
    outcome = await carried_out(context, act)
    if not outcome.is_new:
        response.status_code = 200
    return _answered(outcome)


@router.get(
    "/people",
    dependencies=[Depends(allowed("person.read"))],
    summary="Những người trong hệ thống · The people of the system",
)
def people(context: With) -> list[Shown]:
    """All of them as they are now, by id."""
    with Session(context.engine) as session:
        return [_shown(written) for written in store.listed(session)]


@router.get(
    "/people/{id}", dependencies=[Depends(allowed("person.read"))], summary="Một người · One person"
)
def person(id: str, context: With) -> Shown:
    """As it is now; 404 where there is no such person."""
    with Session(context.engine) as session:
        written = store.newest(session, id) if ID.fullmatch(id) else None
    if written is None:
        raise governing.nobody(id)
    return _shown(written)


@router.get("/names", summary="Họ tên theo tên đăng nhập · Names of people by their ids")
def names(
    context: With,
    access: Annotated[Access, Depends(allowed("person.name"))],
    id: Annotated[tuple[str, ...], Query(max_length=200)] = (),
) -> Names:
    """As they are called now. An agency learns the names of its own people and of the statistics offices'."""
    with Session(context.engine) as session:
        people, units = store.named(session, id), store.units(session)
    offices = {unit for unit, known in units.items() if known.kind in OFFICES}
    return Names(
        names={
            person.id: person.name
            for person in people
            if person.organisation in offices or access.reaches(person.organisation, None)
        }
    )


@router.patch(
    "/people/{id}",
    responses={202: {"model": Decided}},
    response_model=Shown,
    summary="Thay đổi, khóa, mở khóa, cử người thay · Change a person",
)
async def change(
    id: str,
    wanted: Wanted,
    context: With,
    access: Annotated[Access, Depends(allowed("person.change"))],
) -> Any:
    """A new version, from the next token on: within 15 minutes. Nothing is written where nothing changes.

    202 where the person could do more than before: it waits for a second person.
    """
    values = {k: v for k, v in wanted if v is not None}
    author = access.principal.id
    act = partial(governing.change, context.outbox, id, values, author)
    outcome = await carried_out(context, act)
    return _answered(outcome)


@router.put(
    "/people/{id}/password", status_code=204, summary="Đặt mật khẩu mới · Set a new password"
)
async def set_password(
    id: str,
    wanted: NewPassword,
    request: Request,
    context: With,
    access: Annotated[Access, Depends(allowed("password.change"))],
) -> None:
    """One's own, by the current one, wrong ones of which count as failed logins. Ends all sessions.

    Of others there is a reset (POST /v1/people/{id}/reset): nobody but the person ever knows a password.
    """
    if access.principal.id != id or not ID.fullmatch(id):
        raise governing.nobody(id)
    if not await is_right(context, id, wanted.current, address(request)):
        raise wrong(403, "password-current", "catalogue.password.current", [])
    _check_password(wanted.password, id)
    hashed = await hashing.hash(wanted.password)
    await carried_out(context, partial(governing.set_own, context.outbox, id, hashed))


@router.get(
    "/vacancies",
    dependencies=[Depends(allowed("person.read"))],
    summary="Cơ quan chưa có đầu mối, phòng chưa có người đứng đầu · Where nobody answers",
)
def vacancies(context: With) -> Vacancies:
    """Bodies that may send, or owe figures, and have nobody in the role `agency`; rooms that accept and have no head.

    QĐ 1618/QĐ-UBND, Điều 8 khoản 2 điểm b; QĐ 1908/QĐ-TCTK, Điều 14 khoản 2.
    """
    with Session(context.engine) as session:
        vacancies = vacant(session, context.clock())
    return Vacancies(
        agencies_without_focal_point=list(vacancies.agencies),
        rooms_without_head=list(vacancies.rooms),
    )


def _answered(outcome: Outcome) -> Any:
    """The person as it is now; or that the change waits, which is 202."""
    if outcome.written is None:
        return JSONResponse(decided(outcome).model_dump(mode="json"), 202)
    return _shown(outcome.written)


def _check_password(password: str, person: str) -> None:
    if flaws := passwords.flaws(password, person):
        raise wrong(422, "password", "catalogue.password.refused", flaws)


def _shown(written: Written) -> Shown:
    more = {k: v for k, v in vars(written).items() if k != "person"}
    return Shown(**{**vars(written.person), **more})
