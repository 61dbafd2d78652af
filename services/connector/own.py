"""`solieu items`, `forms` and `notices`: what the statistics office holds for this sender, read by its key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.connector.commands import KeyFile, Sender
from services.connector.outcome import errors
from services.connector.show import say
from services.model.messages import LANGUAGES, texts
from services.model.text import Text
from services.model.wording import day, moment
from services.terminal.show import AsJson, table
from services.terminal.show import as_json as print_json

if TYPE_CHECKING:
    from services.connector.client import Connector

app = typer.Typer()

CATALOGUE = "http://127.0.0.1:18002"
CatalogueUrl = Annotated[
    str,
    typer.Option(envvar="SOLIEU_CATALOGUE_URL", help="Địa chỉ danh mục · Address of the catalogue"),
]
SECONDS = 3.0
"""How long what goes on without an answer waits for one."""


@app.command(
    help="Những gì cơ quan mình phải cung cấp hoặc có thể chia sẻ · What one owes or may offer"
)
def items(
    key: KeyFile, sender: Sender = None, url: CatalogueUrl = CATALOGUE, as_json: AsJson = False
) -> None:
    """The items of the catalogue that name this sender. Exit codes: 0 shown, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        found = connector.items()
        _shown(found, as_json, ("id", "name", "form", "regime", "supplied", "agreement"), _item)


@app.command(help="Các biểu của mình, phiên bản hiện hành · One's forms, in the versions in force")
def forms(
    key: KeyFile, sender: Sender = None, url: CatalogueUrl = CATALOGUE, as_json: AsJson = False
) -> None:
    """The forms by which one's items are supplied. Exit codes: 0 shown, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        found = connector.forms()
        _shown(found, as_json, ("id", "version", "title", "due", "changed"), _form)


@app.command(help="Các thông báo gửi cho cơ quan mình · What one was told, and how it fared")
def notices(
    key: KeyFile,
    sender: Sender = None,
    submission: Annotated[
        str | None, typer.Option(help="Chỉ của lần gửi này · Of this submission alone")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Số dòng · How many")] = 20,
    url: Annotated[
        str,
        typer.Option(
            envvar="SOLIEU_NOTIFICATION_URL", help="Địa chỉ thông báo · Address of notices"
        ),
    ] = "http://127.0.0.1:18006",
    as_json: AsJson = False,
) -> None:
    """The newest first. Exit codes: 0 shown, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        page = connector.notices(submission=submission, limit=limit)
        if as_json:
            print_json(page)
        else:
            _shown(page["notices"], False, ("at", "subject", "channel", "state"), _notice)


def office(url: str, key: Path) -> Connector:
    """A connection to the office's catalogue that gives up soon: for what goes on without an answer.

    Raises ValueError for a bad key or one that names no sender, and OSError for what is no address.
    """
    from services.connector.client import Connector

    return Connector(url, key, patience=0.0, timeout=SECONDS)


def _shown(found: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...], row: Any) -> None:
    """Prints what was read: as it is for programs, else a table, or that there is nothing."""
    if as_json:
        print_json(found)
    elif found:
        table([f"connector.column.{name}" for name in columns], [row(one) for one in found])
    else:
        say("nothing")


def _item(entry: Mapping[str, Any]) -> list[object]:
    item = entry["body"]
    regime = texts(f"validation.regime.{item['regime']}")
    agreement = _agreement(item.get("agreement"))
    return [
        item["id"],
        _text(item["name"]),
        item["form"],
        regime,
        _text(item["supplied"]),
        agreement,
    ]


def _agreement(agreement: Mapping[str, Any] | None) -> Text | str:
    if agreement is None:
        return "–"
    if not (last := agreement.get("valid_to")):
        return str(agreement["number"])
    on = date.fromisoformat(last)
    return Text(*(f"{agreement['number']} → {day(on, lang)}" for lang in LANGUAGES))


def _form(entry: Mapping[str, Any]) -> list[object]:
    form = entry["body"]
    due = _text(form["due"]) if form.get("due") else "–"
    changed = moment(entry["changed_at"])
    return [form["id"], entry["version"], _text(form["title"]), due, changed]


def _notice(notice: Mapping[str, Any]) -> list[object]:
    state = texts(f"connector.notice.{notice['state']}")
    at = moment(notice["created_at"]).vi
    return [at, notice["subject"], notice["channel"], state]


def _text(body: Mapping[str, str]) -> Text:
    return Text(body["vi"], body["en"])
