"""`solieu people`: the administrator adds, changes and locks people, through catalogue's API.

Passwords come from standard input, or are asked for at a terminal; never from the command line, which others can see.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.operators.calls import authorization, checked, password_of
from services.operators.show import AsJson, as_json, say, table

TIMEOUT = 30.0
COLUMNS = ("id", "name", "organisation", "roles", "rooms")

app = typer.Typer(no_args_is_help=True, help="Con người và vai trò · People and their roles")

Id = Annotated[str, typer.Argument(metavar="ID", help="Mã của người đó · The person's id")]
Day = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Theo ngày Việt Nam · In Viet Nam")]


@app.command(
    help="Thêm người; mật khẩu đọc từ đầu vào chuẩn · Add a person; password on standard input"
)
def add(
    id_: Id,
    name: Annotated[str, typer.Option(help="Họ tên · The name")],
    organisation: Annotated[str, typer.Option(help="Mã cơ quan · The organisation's id")],
    role: Annotated[list[str], typer.Option(help="Vai trò, một hoặc nhiều · Role, one or more")],
    room: Annotated[list[str] | None, typer.Option(help="Phòng · Room")] = None,
    head_of: Annotated[
        list[str] | None, typer.Option(help="Đứng đầu phòng, cơ quan · Head of this unit")
    ] = None,
    json: AsJson = False,
) -> None:
    """Safe to run again: a person who is there already keeps the password."""
    body = {
        "id": id_,
        "name": name,
        "organisation": organisation,
        "roles": role,
        "rooms": room or [],
        "head_of": head_of or [],
        "password": password_of(id_, confirm=True),
    }
    answer = _ask("POST", "/v1/people", body)
    person = checked(f"people/{id_}", answer)
    if json:
        as_json(person)
    else:
        say(f"operators.people.{'added' if answer.status_code == 201 else 'same'}", id=id_)


@app.command("list", help="Mọi người, và cơ quan chưa có đầu mối · Everybody, and who is missing")
def list_people(json: AsJson = False) -> None:
    """As they are now, by id; never a password."""
    people = checked("people", _ask("GET", "/v1/people"))
    vacancies = checked("vacancies", _ask("GET", "/v1/vacancies"))
    if json:
        as_json({"people": people, **vacancies})
        return
    if not people:
        say("operators.people.none")
    else:
        headings = [f"operators.people.{name}" for name in (*COLUMNS, "is-locked")]
        table(
            headings, [[*(_text(one[n]) for n in COLUMNS), "✓" * one["locked"]] for one in people]
        )
    if agencies := vacancies["agencies_without_focal_point"]:
        say("operators.people.vacant", organisations=", ".join(agencies))
    if rooms := vacancies["rooms_without_head"]:
        say("operators.people.headless", rooms=", ".join(rooms))


@app.command(help="Khóa: không đăng nhập được nữa · Lock out")
def lock(id_: Id) -> None:
    """Tokens in use end within 15 minutes; nothing of what the person did is touched."""
    _change(id_, {"locked": True})
    say("operators.people.locked", id=id_)


@app.command(help="Mở khóa · Let in again")
def unlock(id_: Id) -> None:
    """The password stays what it was."""
    _change(id_, {"locked": False})
    say("operators.people.unlocked", id=id_)


@app.command(help="Đặt mật khẩu mới, từ đầu vào chuẩn · Set a new password, from standard input")
def password(id_: Id) -> None:
    """Also ends the quarter of an hour after five failures."""
    answer = _ask("PUT", f"/v1/people/{id_}/password", {"password": password_of(id_, confirm=True)})
    if not answer.is_success:
        checked(f"people/{id_}", answer)
    say("operators.people.password-set", id=id_)


@app.command(help="Cử người làm thay trong một thời gian · Name a deputy for some days")
def deputy(
    id_: Id,
    person: Annotated[str, typer.Option("--deputy", help="Mã người làm thay · The deputy's id")],
    first: Day,
    last: Day,
) -> None:
    """Added to the deputies who are named already; the last day counts."""
    named = checked(f"people/{id_}", _ask("GET", f"/v1/people/{id_}"))["deputies"]
    new = {"person": person, "first": first, "last": last}
    _change(id_, {"deputies": [*(one for one in named if one != new), new]})
    say("operators.people.deputy", id=id_, deputy=person, first=first, last=last)


@app.command("rotate-key", help="Đổi khóa ký mã truy cập · Change the key that signs tokens")
def rotate_key(
    revoke: Annotated[
        bool,
        typer.Option(
            "--revoke", help="Hủy ngay khóa cũ: mọi người đăng nhập lại · Old keys end now"
        ),
    ] = False,
) -> None:
    """Without --revoke nobody notices: tokens of the old key are good to their end."""
    made = checked("signing-keys", _ask("POST", "/v1/signing-keys", {"revoke": revoke}))
    say("operators.people.key", kid=made["kid"])


def _change(id_: str, values: dict[str, Any]) -> None:
    checked(f"people/{id_}", _ask("PATCH", f"/v1/people/{id_}", values))


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    import httpx2

    from services.kernel.settings import settings

    config = settings()
    headers = authorization(config.administrator_token, "SOLIEU_ADMINISTRATOR_TOKEN")
    url = config.catalogue_url + path
    return httpx2.request(method, url, json=body, headers=headers, timeout=TIMEOUT, trust_env=False)


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
