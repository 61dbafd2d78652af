"""`solieu due`: who owes what, by when, and what is late; of an agency, by its key, what it owes itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.connector.commands import Sender
from services.connector.outcome import errors, write
from services.connector.own import CATALOGUE, CatalogueUrl
from services.connector.show import say
from services.model.csv_file import csv_file
from services.model.enumerations import MeasuredBy
from services.model.messages import LANGUAGES, texts
from services.model.text import Text
from services.model.wording import day
from services.terminal.client import operator
from services.terminal.show import AsJson, first_language, table
from services.terminal.show import as_json as print_json

app = typer.Typer()

LATE = ("missing", "late", "on_time_then_returned")
"""What `--late` shows: what did not come in time, or not well."""
Key = Annotated[
    Path | None,
    typer.Option(
        envvar="SOLIEU_KEY",
        help="Tệp khóa của cơ quan; không có: mọi cơ quan · An agency's key file; none: all agencies",
    ),
]
First = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="Hạn từ ngày này · Due from this day on"),
]
Last = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help="Hạn đến ngày này · Due until this day"),
]


@app.command(help="Ai phải cung cấp gì, hạn nào, còn thiếu gì · Who owes what, by when, what lacks")
def due(
    key: Key = None,
    sender: Sender = None,
    url: CatalogueUrl = CATALOGUE,
    late: Annotated[
        bool,
        typer.Option(
            "--late", help="Chỉ những gì trễ, thiếu, bị trả lại · Late, missing, returned"
        ),
    ] = False,
    first: First = None,
    last: Last = None,
    calendar: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Ghi lịch các hạn (iCalendar) · Write the terms as a calendar"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Terms of 92 days before and after today, where no days are named. Exit codes: 0 shown, 1 with --late where
    anything is, 4 refused, 5 unreachable.
    """
    days = _days(first, last)
    if calendar is not None:
        wanted = days | {"lang": first_language()}
        write(calendar, _calendar(key, sender, url, as_json, wanted))
        return
    answer = _of_sender(key, sender, url, as_json, days) if key else _of_all(days)
    duties = [one for one in answer["duties"] if not late or one["timeliness"] in LATE]
    if as_json:
        print_json(duties)
    elif duties:
        names = ("due", "name", "period", "supplier", "duty", "timeliness")
        table([f"connector.column.{name}" for name in names], [_row(one) for one in duties])
        if answer["total"] > len(answer["duties"]):
            say("due.more", count=answer["total"] - len(answer["duties"]))
    else:
        say("due.nothing")
    if late and duties:
        raise typer.Exit(1)


@app.command(help="Đúng hạn, đầy đủ, trả lại, thời gian phản hồi · How well duties were met")
def measures(
    by: Annotated[
        MeasuredBy,
        typer.Option(help="Theo cơ quan, mục, phòng, tháng · By supplier, item, room or month"),
    ] = MeasuredBy.SUPPLIER,
    first: First = None,
    last: Last = None,
    file: Annotated[
        Path | None, typer.Option("--csv", dir_okay=False, help="Ghi thành tệp CSV · Write as CSV")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Of the duties whose terms end in these days, 92 before and after today where none are named."""
    wanted = {"by": by.value, **_days(first, last)}
    found = operator("catalogue").get("/v1/duties/measures", **wanted)["measures"]
    if file is not None:
        write(file, _csv(found))
    if as_json:
        print_json(found)
    elif file is None and found:
        names = ("group", "counted", "on_time", "complete", "missing", "returns", "response")
        headings = [f"connector.measure.{name}" for name in names]
        table(headings, [_measure(one) for one in found])
    elif file is None:
        say("due.nothing")


def _of_sender(
    key: Path, sender: str | None, url: str, as_json: bool, days: Mapping[str, str | None]
) -> dict[str, Any]:
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        return connector.duties(**days)


def _calendar(
    key: Path | None, sender: str | None, url: str, as_json: bool, wanted: Mapping[str, str | None]
) -> bytes:
    from services.connector.client import Connector

    if key is None:
        return operator("catalogue").download("/v1/duties/calendar", **wanted)
    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        return connector.calendar(**wanted)


def _of_all(days: Mapping[str, str | None]) -> dict[str, Any]:
    found: dict[str, Any] = operator("catalogue").get("/v1/duties", **days)
    return found


def _row(duty: Mapping[str, Any]) -> list[object]:
    until = date.fromisoformat(duty["due"])
    completeness = texts(f"validation.completeness.{duty['completeness']}")
    period = (f"{duty['period']}, {completeness.of(lang)}" for lang in LANGUAGES)
    return [
        Text(*(day(until, lang) for lang in LANGUAGES)),
        Text(**duty["name"]),
        Text(*period),
        Text(**duty["supplier_name"]),
        texts(f"connector.due.state.{duty['state']}"),
        texts(f"connector.due.timeliness.{duty['timeliness']}"),
    ]


def _days(first: datetime | None, last: datetime | None) -> dict[str, str | None]:
    named = (("first", first), ("last", last))
    return {name: found.date().isoformat() if found else None for name, found in named}


def _measure(one: Mapping[str, Any]) -> list[object]:
    shares = ("–" if one[name] is None else f"{one[name]:.0%}" for name in ("on_time", "complete"))
    missing, response = one["timeliness"].get("missing", 0), one["response_days"]
    return [
        Text(**one["name"]) if one["name"] else one["group"],
        one["counted"],
        *shares,
        missing,
        one["returns"],
        "–" if response is None else response,
    ]


def _csv(measures: Sequence[Mapping[str, Any]]) -> bytes:
    """A line for each group, by its id and its name; counts of each kind of timeliness and state have their columns."""
    rows = [_flat(one) for one in measures]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return csv_file(names, ([row.get(name, 0) for name in names] for row in rows))


def _flat(one: Mapping[str, Any]) -> dict[str, object]:
    counts = {
        f"{name}.{kind}": n for name in ("timeliness", "states") for kind, n in one[name].items()
    }
    plain = {name: found for name, found in one.items() if not isinstance(found, dict)}
    name = (one["name"] or {}).get(first_language(), "")
    return {"group": one["group"], "name": name, **plain, **counts}
