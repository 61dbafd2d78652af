"""`solieu people`: the administrator adds, changes and locks people, through catalogue's API; a leader confirms.

Passwords come from standard input, or are asked for at a terminal; never from the command line, which others can see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from services.model.messages import joined, known, texts
from services.model.text import Text
from services.model.wording import moment
from services.terminal.client import Api, administrator, password_of, waits
from services.terminal.client import person as as_person
from services.terminal.show import AsJson, Exit, as_json, say, table

COLUMNS = ("id", "name", "organisation", "roles", "rooms")
CHANGE_COLUMNS = ("change_id", "what", "subject", "fields", "proposed_by", "proposed_at")

app = typer.Typer(no_args_is_help=True, help="Con người và vai trò · People and their roles")

Id = Annotated[str, typer.Argument(metavar="ID", help="Mã của người đó · The person's id")]
ChangeId = Annotated[str, typer.Argument(metavar="ID", help="Mã thay đổi · The change's id")]
Leader = Annotated[str, typer.Option("--as", help="Mã lãnh đạo xác nhận · The leader's id")]
Day = Annotated[
    str,
    typer.Option(metavar="YYYY-MM-DD", help="Ngày, theo giờ Việt Nam · Day, in Viet Nam"),
]


@app.command(
    help="Thêm người; mật khẩu đọc từ đầu vào chuẩn · Add a person; password on standard input"
)
def add(
    id_: Id,
    name: Annotated[str, typer.Option(help="Họ tên · Name of the person")],
    organisation: Annotated[str, typer.Option(help="Mã cơ quan · The organisation's id")],
    role: Annotated[list[str], typer.Option(help="Vai trò, một hoặc nhiều · Role, one or more")],
    room: Annotated[list[str] | None, typer.Option(help="Phòng · Room")] = None,
    head_of: Annotated[
        list[str] | None, typer.Option(help="Đứng đầu phòng, cơ quan · Head of this unit")
    ] = None,
    without_password: Annotated[
        bool,
        typer.Option(
            "--without-password",
            help="Người đó tự đặt mật khẩu bằng liên kết · The person sets the password by a link",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Safe to run again: a person who is there already keeps the password.

    Whose role decides or reads figures waits for a leader, and sets the password by a link.
    """
    body = {
        "id": id_,
        "name": name,
        "organisation": organisation,
        "roles": role,
        "rooms": room or [],
        "head_of": head_of or [],
        "password": None if without_password else password_of(id_, confirm=True),
    }
    answer = _catalogue().ask("POST", "/v1/people", body)
    if json:
        as_json(answer.json())
    elif not waits(answer):
        say(f"operators.people.{'added' if answer.status_code == 201 else 'same'}", id=id_)


@app.command("list", help="Mọi người, và cơ quan chưa có đầu mối · Everybody, and who is missing")
def list_people(json: AsJson = False) -> None:
    """As they are now, by id; never a password."""
    people, vacancies = _catalogue().get("/v1/people"), _catalogue().get("/v1/vacancies")
    if json:
        as_json({"people": people, **vacancies})
        return
    if not people:
        say("operators.people.none")
    else:
        headings = [f"operators.people.{name}" for name in (*COLUMNS, "is-locked")]
        table(
            headings,
            [
                [*(_cell(n, person[n]) for n in COLUMNS), "✓" * person["locked"]]
                for person in people
            ],
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
    if not _change(id_, {"locked": False}):
        say("operators.people.unlocked", id=id_)


@app.command(help="Đặt lại mật khẩu bằng liên kết · Reset a password by a one-time link")
def reset(id_: Id) -> None:
    """The old one ends, and with it the quarter of an hour after five failures, once a leader agrees."""
    answer = _catalogue().ask("POST", f"/v1/people/{id_}/reset")
    if not waits(answer):
        _show_link(answer.json()["link"])


@app.command(help="Những thay đổi chờ người thứ hai · What waits for a second person")
def changes(json: AsJson = False) -> None:
    """The newest first; `confirm` and `refuse` take the id."""
    catalogue = _catalogue()
    changes = catalogue.get("/v1/changes", state="proposed")["changes"]
    if json:
        as_json(changes)
    elif not changes:
        say("operators.changes.none")
    else:
        new = {change["subject"]: change["body"].get("name") for change in changes}
        people = {person["id"]: person["name"] for person in catalogue.get("/v1/people")}
        names = {id_: name for id_, name in {**new, **people}.items() if name}
        headings = [f"operators.changes.{name}" for name in CHANGE_COLUMNS]
        rows = [[_cell(name, change[name], names) for name in CHANGE_COLUMNS] for change in changes]
        table(headings, rows)


@app.command(help="Lãnh đạo xác nhận một thay đổi · A leader confirms a change")
def confirm(change: ChangeId, person: Leader) -> None:
    """The password comes from standard input. A one-time link that it leads to is for the person alone."""
    decided = as_person("catalogue", person).post(f"/v1/changes/{change}/confirmation")
    say("operators.changes.confirmed", id=change)
    if decided["link"]:
        _show_link(decided["link"])


@app.command(help="Lãnh đạo từ chối một thay đổi · A leader refuses a change")
def refuse(change: ChangeId, person: Leader) -> None:
    """Nothing of it happens; its author can propose it again."""
    as_person("catalogue", person).post(f"/v1/changes/{change}/refusal")
    say("operators.changes.refused", id=change)


@app.command(help="Lập hai lãnh đạo đầu tiên, trên máy chủ · The first two leaders, on the machine")
def found(
    organisation: Annotated[str, typer.Option(help="Mã cơ quan · The office's id")],
    leader: Annotated[
        list[str],
        typer.Option(metavar="ID=NAME", help="Mã và họ tên, hai lần · Id and name, given twice"),
    ],
    json: AsJson = False,
) -> None:
    """As the database's administrator. At once before the first submission; later, run again after 24 hours."""
    from services.operators import founding

    try:
        done = founding.found(organisation, leader)
    except founding.NotFounded as error:
        say(f"operators.founding.{error.code}", error=True)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    if json:
        links = [vars(link) for link in done.links]
        as_json({"links": links, "waits": done.waits and vars(done.waits)})
    elif done.waits:
        say(
            "operators.founding.waits",
            at=done.waits.not_before and moment(done.waits.not_before),
            error=True,
        )
    else:
        for link in done.links:
            _show_link(vars(link))
    if done.waits:
        raise typer.Exit(Exit.DIFFERS)


@app.command(help="Cử người làm thay trong một thời gian · Name a deputy for some days")
def deputy(
    id_: Id,
    person: Annotated[str, typer.Option("--deputy", help="Mã người làm thay · The deputy's id")],
    first: Day,
    last: Day,
) -> None:
    """Added to the deputies who are named already; the last day counts."""
    named = _catalogue().get(f"/v1/people/{id_}")["deputies"]
    new = {"person": person, "first": first, "last": last}
    if not _change(id_, {"deputies": [*(deputy for deputy in named if deputy != new), new]}):
        say("operators.people.deputy", id=id_, deputy=person, first=first, last=last)


@app.command("rotate-key", help="Đổi khóa ký mã truy cập · Change the key that signs tokens")
def rotate_key(
    revoke: Annotated[
        bool,
        typer.Option(
            "--revoke",
            help="Hủy ngay khóa cũ: mọi người đăng nhập lại · Old keys end now: everybody logs in again",
        ),
    ] = False,
) -> None:
    """Without --revoke nobody notices: tokens of the old key are good to their end."""
    made = _catalogue().post("/v1/signing-keys", {"revoke": revoke})
    say("operators.people.key", kid=made["kid"])


def _change(id_: str, values: dict[str, Any]) -> bool:
    """Whether it waits, which is then said."""
    return waits(_catalogue().ask("PATCH", f"/v1/people/{id_}", values))


def _show_link(link: dict[str, Any]) -> None:
    from services.kernel.settings import settings

    url = f"{settings().console_url}/password?token={link['token']}"
    say("operators.changes.link", id=link["person"], url=url, at=moment(link["expires_at"]))


def _catalogue() -> Api:
    return administrator("catalogue")


def _cell(column: str, value: Any, names: Mapping[str, str] | None = None) -> Text | str:
    """A cell in words; `names` are those of people, by id."""
    match column:
        case "roles":
            return joined(_role(role) for role in value)
        case "what":
            return known(f"console.change.of.{value}", value)
        case "fields":
            return joined(known(f"console.change.field.{field}", field) for field in value)
        case "proposed_at":
            return moment(value)
        case "subject" | "proposed_by":
            return _called(value, names or {})
        case _:
            return ", ".join(value) if isinstance(value, list) else str(value)


def _role(role: str) -> Text:
    return known(f"console.role.{role}", role)


def _called(id_: str, names: Mapping[str, str]) -> Text | str:
    """Name and id: of namesakes it must be clear who is meant. A program is called by its role."""
    if id_ in names:
        return f"{names[id_]} ({id_})"
    return (
        texts("console.person.founding") if id_ == "founding" else _role(id_.removeprefix("token:"))
    )
