"""`solieu submit` and `solieu keys new`: what an agency types. Vietnamese first, English second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.model.observation import Completeness
from services.model.statement import Classification, Regime

if TYPE_CHECKING:
    from services.connector.client import Connector, Receipt, Refused

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Khóa ký của cơ quan · Signing keys of a sender")
app.add_typer(keys, name="keys")


class Exit(IntEnum):
    """What became of a submission, as an exit code."""

    CLEARED = 0
    RETURNED = 1
    WITHHELD = 2
    HELD = 3
    REFUSED = 4
    UNREACHABLE = 5


EXITS = {
    "returned": Exit.RETURNED,
    "withheld": Exit.WITHHELD,
    "held": Exit.HELD,
}
AsJson = Annotated[
    bool, typer.Option("--json", help="In JSON cho chương trình · JSON for programs")
]


@app.command(help="Gửi một bảng tính · Send a workbook")
def submit(
    file: Annotated[Path, typer.Argument(help="Bảng tính · The workbook")],
    form: Annotated[str, typer.Option(help="Mã biểu · Form, e.g. cv17809-1")],
    area: Annotated[str, typer.Option(help="Mã khu vực · Area code")],
    period: Annotated[str, typer.Option(help="Kỳ · Period, e.g. 2026-Q3")],
    completeness: Annotated[Completeness, typer.Option(help="Mức độ hoàn chỉnh · Completeness")],
    regime: Annotated[Regime, typer.Option(help="Phối hợp hay chia sẻ · A duty, or shared")],
    key: Annotated[Path, typer.Option(envvar="SOLIEU_KEY", help="Tệp khóa · Key file")],
    sender: Annotated[
        str | None,
        typer.Option(help="Mã cơ quan, nếu tệp khóa không ghi · Sender, if not the key's"),
    ] = None,
    area_list: Annotated[str, typer.Option(help="Danh mục khu vực · List of the area")] = "63",
    classification: Annotated[
        Classification, typer.Option(help="Mức độ mật · Classification")
    ] = Classification.INTERNAL,
    round: Annotated[int, typer.Option(help="Lần ước tính, sơ bộ · Round", min=1)] = 1,
    url: Annotated[
        str, typer.Option(envvar="SOLIEU_INTAKE_URL", help="Địa chỉ tiếp nhận · Intake")
    ] = "http://127.0.0.1:18001",
    wait: Annotated[
        bool, typer.Option("--wait", help="Chờ kết quả · Wait for the verdict")
    ] = False,
    seconds: Annotated[float, typer.Option(help="Chờ tối đa · How long to wait")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Exit codes: 0 cleared (or received), 1 returned, 2 withheld, 3 held, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    claims: dict[str, Any] = {
        "form": form, "area_list": area_list, "area": area, "period": period, "round": round,
        "completeness": completeness, "regime": regime, "classification": classification,
    }  # fmt: skip
    with _errors(as_json, url=url, key=key, file=file), Connector(url, key, sender) as connector:
        receipt = connector.submit(file, **claims)
        _show_receipt(receipt, as_json and wait)
        if wait:
            _wait(connector, receipt, seconds, as_json)
        elif as_json:
            _print(asdict(receipt))


@contextmanager
def _errors(as_json: bool, *, url: str, key: Path, file: Path) -> Iterator[None]:
    """Says what went wrong, and ends the command with its exit code."""
    from services.connector.client import Refused, Unreachable
    from services.connector.keys import BadKey

    try:
        yield
    except Refused as refused:
        _show_refusal(refused, as_json)
    except Unreachable as error:
        _say("unreachable", url=url, reason=error)
        raise typer.Exit(Exit.UNREACHABLE) from None
    except BadKey:
        _say("bad_key", file=key)
    except OSError:
        _say("no_file", file=file)
    else:
        return
    raise typer.Exit(Exit.REFUSED)


@keys.command("new", help="Tạo khóa ký · Make a signing key")
def new(
    sender: Annotated[str, typer.Option(help="Mã cơ quan · Organisation of the catalogue")],
    file: Annotated[Path, typer.Option(help="Tệp khóa sẽ tạo · The key file to make")],
    as_json: AsJson = False,
) -> None:
    """Writes the private key for its owner alone, and prints the public one."""
    from services.connector.keys import Key

    key = Key.generate(sender)
    try:
        key.save(file)
    except FileExistsError:
        _say("key_exists", file=file)
        raise typer.Exit(Exit.REFUSED) from None
    if not as_json:
        _say("keys_made", sender=sender, file=file)
    _print({"id": key.id, "sender": sender, "public_key": key.public()})


def _wait(connector: Connector, receipt: Receipt, seconds: float, as_json: bool) -> None:
    from services.connector.client import Undecided

    try:
        state = connector.wait(receipt.id, receipt.attempt, seconds=seconds)
    except Undecided as undecided:
        _say("waiting", seconds=seconds, state=undecided.state["state"])
        raise typer.Exit(Exit.UNREACHABLE) from None
    if as_json:
        _print(state)
    else:
        _show_state(state)
    raise typer.Exit(EXITS.get(state["state"], Exit.CLEARED))


def _show_receipt(receipt: Receipt, silent: bool) -> None:
    if not silent:
        _say("received" if receipt.new else "repeated", id=receipt.id, attempt=receipt.attempt)


def _show_state(state: dict[str, Any]) -> None:
    _say(f"state_{state['state']}", figures=state["figures"])
    for finding in state["findings"]:
        _say("finding", **{**finding, "cells": " ".join(finding["cells"])})
    for reason in state["reasons"]:
        cells = " ".join(f"{cell['sheet']}!{cell['cell']}" for cell in reason["cells"])
        _say("reason", **{**reason, "cells": cells, "clause": reason["clause"] or "–"})


def _show_refusal(refused: Refused, as_json: bool) -> None:
    if as_json:
        _print(refused.problem)
        return
    vietnamese = refused.problem
    english = vietnamese.get("en", vietnamese)
    for lang, texts in (("vi", vietnamese), ("en", english)):
        named = {name: texts.get(name, "") for name in ("title", "detail")}
        typer.echo(_text("refused", lang, code=refused.code, **named), err=True)


def _say(message: str, **values: object) -> None:
    """Both languages, on standard error: standard output is for what a program reads."""
    texts = {lang: _text(message, lang, **values) for lang in ("vi", "en")}
    typer.echo(texts["vi"], err=True)
    if texts["en"] != texts["vi"]:
        typer.secho(texts["en"], err=True, dim=True)


def _text(message: str, lang: Any, **values: object) -> str:
    from services.model.messages import text

    return text(f"connector.{message}", lang, **values)


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
