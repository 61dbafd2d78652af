"""People through the API: the administrator adds and changes them; each sets its own password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from services.catalogue.people import passwords, store
from services.catalogue.people.login import address, is_right
from services.catalogue.people.passwords import hashing
from services.catalogue.people.person import ID, Deputy, Ids, Person, Written, flaws
from services.catalogue.people.vacancies import vacant
from services.catalogue.refusals import absent, wrong
from services.kernel.api import Context, context_of
from services.kernel.auth import Access, Role, allowed

With = Annotated[Context, Depends(context_of)]
router = APIRouter(prefix="/v1", tags=["people"])


class Wanted(BaseModel):
    """What a person shall be from now on; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200)
    organisation: str | None = Field(None, max_length=100)
    roles: Annotated[tuple[Role, ...] | None, Field(min_length=1, max_length=len(Role))] = None
    rooms: Ids | None = None
    head_of: Ids | None = None
    deputies: Annotated[tuple[Deputy, ...] | None, Field(max_length=100)] = None
    locked: bool | None = None


class NewPerson(BaseModel):
    """A person who is not there yet, with or without a password."""

    model_config = ConfigDict(extra="forbid")

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


class NewPassword(BaseModel):
    """The password from now on; who changes its own shows the one it has."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=1000, json_schema_extra={"writeOnly": True})
    current: str | None = Field(None, max_length=1000, json_schema_extra={"writeOnly": True})


class Vacancies(BaseModel):
    """Where nobody is named who answers."""

    agencies_without_focal_point: list[str]
    rooms_without_head: list[str]


@router.post("/people", status_code=201, summary="Thêm người · Add a person")
async def create(
    wanted: NewPerson,
    response: Response,
    context: With,
    access: Annotated[Access, Depends(allowed("person.change"))],
) -> Shown:
    """201; 200 where the same person is there already, whose password then stays; 409 where it is another."""
    if wanted.password is not None:
        _check_password(wanted.password, wanted.id)
    hashed = await hashing.hash(wanted.password) if wanted.password is not None else None
    author = access.principal.id
    written, is_new = await run_in_threadpool(_create, context, wanted.person(), hashed, author)
    if not is_new:
        response.status_code = 200
    return _shown(written)


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
        raise _nobody(id)
    return _shown(written)


@router.patch("/people/{id}", summary="Thay đổi, khóa, mở khóa, cử người thay · Change a person")
def change(
    id: str,
    wanted: Wanted,
    context: With,
    access: Annotated[Access, Depends(allowed("person.change"))],
) -> Shown:
    """A new version, from the next token on: within 15 minutes. Nothing is written where nothing changes."""
    values = {k: v for k, v in wanted if v is not None}
    return _shown(_change(context, id, values, access.principal.id))


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
    """One's own needs the current one, wrong ones of which count as failed logins. Ends renewals on the old one."""
    is_own = access.principal.id == id
    if not ID.fullmatch(id) or not (is_own or access.is_all):
        raise _nobody(id)
    if is_own and not await is_right(context, id, wanted.current or "", address(request)):
        raise wrong(403, "password-current", "catalogue.password.current", [])
    _check_password(wanted.password, id)
    hashed = await hashing.hash(wanted.password)
    if not await run_in_threadpool(_set_password, context, id, hashed):
        raise _nobody(id)


@router.get(
    "/vacancies",
    dependencies=[Depends(allowed("person.read"))],
    summary="Cơ quan chưa có đầu mối, phòng chưa có người đứng đầu · Where nobody answers",
)
def vacancies(context: With) -> Vacancies:
    """Agencies that owe figures and have nobody in the role `agency`; rooms that accept them and have no head.

    QĐ 1618/QĐ-UBND, Điều 8 khoản 2 điểm b; QĐ 1908/QĐ-TCTK, Điều 14 khoản 2.
    """
    with Session(context.engine) as session:
        found = vacant(session, context.clock())
    return Vacancies(
        agencies_without_focal_point=list(found.agencies), rooms_without_head=list(found.rooms)
    )


def _set_password(context: Context, person: str, hashed: str) -> bool:
    with Session(context.engine) as session, session.begin():
        return store.set_password(session, person, hashed, context.clock())


def _create(
    context: Context, person: Person, hashed: str | None, author: str
) -> tuple[Written, bool]:
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        _check(session, person)
        if not store.create(session, person.id, hashed, now):
            existing = store.lock(session, person.id)
            assert existing is not None
            if existing.person != person:
                message = "catalogue.person.exists"
                raise wrong(409, "person-exists", message, [], id=person.id)
            return existing, False
        written = Written(person, 1, now, author)
        store.add(session, written)
        return written, True


def _change(context: Context, id_: str, values: Mapping[str, Any], author: str) -> Written:
    with Session(context.engine) as session, session.begin():
        existing = store.lock(session, id_) if ID.fullmatch(id_) else None
        if existing is None:
            raise _nobody(id_)
        person = Person(**{**vars(existing.person), **values})
        if person == existing.person:
            return existing
        _check(session, person)
        written = Written(person, existing.version + 1, context.clock(), author)
        store.add(session, written)
        return written


def _check(session: Session, person: Person) -> None:
    if found := flaws(person, store.known(session)):
        raise wrong(422, "person", "catalogue.person.refused", found, id=person.id)


def _check_password(password: str, person: str) -> None:
    if found := passwords.flaws(password, person):
        raise wrong(422, "password", "catalogue.password.refused", found)


def _nobody(id_: str) -> Exception:
    return absent("no-person", "catalogue.person.absent", id=id_[:100])


def _shown(written: Written) -> Shown:
    more = {k: v for k, v in vars(written).items() if k != "person"}
    return Shown(**{**vars(written.person), **more})
