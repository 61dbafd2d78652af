"""`solieu submit`, `report` and `keys new`: what an agency types. Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.connector import show
from services.connector.show import say
from services.model.messages import LANGUAGES
from services.model.observation import Completeness
from services.model.statement import Classification, Regime
from services.model.text import Language

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
KeyFile = Annotated[Path, typer.Option("--key", envvar="SOLIEU_KEY", help="Tệp khóa · Key file")]
Sender = Annotated[
    str | None,
    typer.Option(help="Mã cơ quan, nếu tệp khóa không ghi · Sender, if not the key's"),
]
Url = Annotated[str, typer.Option(envvar="SOLIEU_INTAKE_URL", help="Địa chỉ tiếp nhận · Intake")]


@app.command(help="Gửi một bảng tính · Send a workbook")
def submit(
    file: Annotated[Path, typer.Argument(help="Bảng tính · The workbook")],
    form: Annotated[str, typer.Option(help="Mã biểu · Form, e.g. cv17809-1")],
    area: Annotated[str, typer.Option(help="Mã khu vực · Area code")],
    period: Annotated[str, typer.Option(help="Kỳ · Period, e.g. 2026-Q3")],
    completeness: Annotated[Completeness, typer.Option(help="Mức độ hoàn chỉnh · Completeness")],
    regime: Annotated[Regime, typer.Option(help="Phối hợp hay chia sẻ · A duty, or shared")],
    key: KeyFile,
    sender: Sender = None,
    area_list: Annotated[str, typer.Option(help="Danh mục khu vực · List of the area")] = "63",
    classification: Annotated[
        Classification, typer.Option(help="Mức độ mật · Classification")
    ] = Classification.INTERNAL,
    round: Annotated[int, typer.Option(help="Lần ước tính, sơ bộ · Round", min=1)] = 1,
    url: Url = "http://127.0.0.1:18001",
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
            show.as_json(asdict(receipt))


@app.command(help="Báo cáo kiểm tra một lần gửi · The report of a submission")
def report(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Mã lần gửi (UUID) · Its id")],
    key: KeyFile,
    sender: Sender = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Lần gửi, mặc định là lần cuối · Attempt, or the last")
    ] = None,
    url: Url = "http://127.0.0.1:18001",
    as_json: AsJson = False,
) -> None:
    """Its findings in words, or all of it as JSON. Exit codes: 0 no error, 1 returned, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with _errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        found = connector.report(id_, attempt)
        if as_json:
            show.as_json(found)
        else:
            say(f"report_{found['verdict']}", form=found["form"], figures=found["figures"])
            show.findings(found["findings"])
        if found["verdict"] == "returned":
            raise typer.Exit(Exit.RETURNED)


@contextmanager
def _errors(as_json: bool, *, url: str, key: Path, file: Path | None = None) -> Iterator[None]:
    """Says what went wrong, and ends the command with its exit code."""
    from services.connector.client import Refused, Unreachable
    from services.connector.keys import BadKey

    try:
        yield
    except Refused as refused:
        _show_refusal(refused, as_json)
    except Unreachable as error:
        say("unreachable", url=url, reason=error)
        raise typer.Exit(Exit.UNREACHABLE) from None
    except BadKey:
        say("bad_key", file=key)
    except OSError:
        say("no_file", file=file)
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
        say("key_exists", file=file)
        raise typer.Exit(Exit.REFUSED) from None
    if not as_json:
        say("keys_made", sender=sender, file=file)
    show.as_json({"id": key.id, "sender": sender, "public_key": key.public()})


def _wait(connector: Connector, receipt: Receipt, seconds: float, as_json: bool) -> None:
    from services.connector.client import Undecided

    try:
        state = connector.wait(receipt.id, receipt.attempt, seconds=seconds)
    except Undecided as undecided:
        say("waiting", seconds=seconds, state=undecided.state["state"])
        raise typer.Exit(Exit.UNREACHABLE) from None
    if as_json:
        show.as_json(state)
    else:
        _show_state(connector, state)
    raise typer.Exit(EXITS.get(state["state"], Exit.CLEARED))


def _show_receipt(receipt: Receipt, silent: bool) -> None:
    if not silent:
        say("received" if receipt.new else "repeated", id=receipt.id, attempt=receipt.attempt)


def _show_state(connector: Connector, state: dict[str, Any]) -> None:
    """The state in words, and each finding as the report has it."""
    from services.connector.client import Refused, Unreachable

    show.state(state)
    if not state["findings"]:
        return
    try:
        report = connector.report(state["id"], state["attempt"])
    except (Refused, Unreachable):
        show.codes(state["findings"])
    else:
        show.findings(report["findings"])


def _show_refusal(refused: Refused, as_json: bool) -> None:
    if as_json:
        show.as_json(refused.problem)
        return
    english = refused.problem.get("en", refused.problem)
    by_language = zip(LANGUAGES, (refused.problem, english), strict=True)
    show.both({lang: _refusal(refused.code, lang, texts) for lang, texts in by_language})


def _refusal(code: str, lang: Language, texts: Mapping[str, Any]) -> str:
    named = {name: texts.get(name, "") for name in ("title", "detail")}
    return show.text("refused", lang, code=code, **named)
