"""`solieu submit`, `report`, `receipt` and `keys new`: what an agency types. Vietnamese first, English second."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.connector import show
from services.connector.outcome import EXITS, Exit, errors, wait, write
from services.connector.show import say
from services.model.enumerations import Completeness, Regime, SecretLevel
from services.model.messages import texts
from services.model.statement import Classification, Nil, NilKind
from services.model.text import ModelError, read
from services.terminal.show import AsJson
from services.terminal.show import as_json as print_json
from services.terminal.usage import Wrong, wrong

if TYPE_CHECKING:
    from services.connector.client import Connector

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Khóa ký của cơ quan · Signing keys of a sender")
app.add_typer(keys, name="keys")

SUBMISSION = "Của lần gửi · Of the submission"
SECRET = "Của tài liệu mật, với --classification state_secret · Of a state secret"
"""Panels of the help: which options go together."""
KeyFile = Annotated[Path, typer.Option("--key", envvar="SOLIEU_KEY", help="Tệp khóa · Key file")]
Sender = Annotated[
    str | None,
    typer.Option(
        help="Mã cơ quan gửi, nếu tệp khóa không ghi · Sender, where the key file names none"
    ),
]
Office = Annotated[
    str | None,
    typer.Option(
        help="Mã cơ quan thống kê nhận, nếu tệp khóa không ghi · Office, where the key file names none"
    ),
]
Url = Annotated[
    str, typer.Option(envvar="SOLIEU_INTAKE_URL", help="Địa chỉ tiếp nhận · Address of intake")
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="Mã lần gửi (UUID) · Id of the submission (UUID)")
]
Attempt = Annotated[
    int | None,
    typer.Option(min=1, help="Lần gửi, mặc định là lần cuối · Attempt, or the last"),
]


def _of_submission(text: str, **more: Any) -> Any:
    return typer.Option(help=text, rich_help_panel=SUBMISSION, **more)


def _of_secret(text: str) -> Any:
    return typer.Option(help=text, rich_help_panel=SECRET)


Form = Annotated[str | None, _of_submission("Mã biểu, như cv17809-1 · Form, e.g. cv17809-1")]
Area = Annotated[str | None, _of_submission("Mã khu vực · Area code")]
Period = Annotated[str | None, _of_submission("Kỳ, như 2026-Q3 · Period, e.g. 2026-Q3")]
HowComplete = Annotated[Completeness | None, _of_submission("Mức độ hoàn chỉnh · Completeness")]
ByRegime = Annotated[
    Regime | None, _of_submission("Phối hợp hay chia sẻ · Whether it is a duty, or shared")
]
AreaList = Annotated[str, _of_submission("Danh mục khu vực · List of the area")]
Round = Annotated[int, _of_submission("Lần ước tính, sơ bộ · Round of the estimate", min=1)]
HasNil = Annotated[
    NilKind | None,
    _of_submission(
        "Biểu để trống vì: không phát sinh, không thu thập · Blank because none occurred, or none was collected"
    ),
]
Reason = Annotated[
    str | None,
    _of_submission("Lý do sửa; với --nil: để trống · Why it is corrected; with --nil: blank"),
]
Sections = Annotated[
    list[str] | None,
    _of_submission("Chỉ phần này của biểu, như A; nhiều lần được · This section alone, e.g. A"),
]
DocumentNumber = Annotated[
    str | None, _of_secret("Số văn bản, như 12/BC-STC · Number of the document, e.g. 12/BC-STC")
]
Level = Annotated[SecretLevel | None, _of_secret("Độ mật · How secret")]
Dated = Annotated[
    str | None, _of_secret("Ngày văn bản, như 2026-11-20 · Date of the document, e.g. 2026-11-20")
]
Receiver = Annotated[str | None, _of_secret("Mã cơ quan nhận · Receiving organisation")]


@app.command(
    help="Gửi một bảng tính, hoặc báo có tài liệu mật · Send a workbook, or announce a state secret"
)
def submit(
    file: Annotated[Path, typer.Argument(help="Bảng tính · The workbook")],
    key: KeyFile,
    form: Form = None,
    area: Area = None,
    period: Period = None,
    completeness: HowComplete = None,
    regime: ByRegime = None,
    area_list: AreaList = "63",
    round: Round = 1,
    nil: HasNil = None,
    reason: Reason = None,
    section: Sections = None,
    document_number: DocumentNumber = None,
    level: Level = None,
    date: Dated = None,
    receiver: Receiver = None,
    sender: Sender = None,
    office: Office = None,
    classification: Annotated[
        Classification, typer.Option(help="Mức độ mật · Classification")
    ] = Classification.INTERNAL,
    url: Url = "http://127.0.0.1:18001",
    wait_: Annotated[
        bool, typer.Option("--wait", help="Chờ kết quả · Wait for the outcome")
    ] = False,
    seconds: Annotated[float, typer.Option(help="Chờ tối đa · How long to wait")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Exit codes: 0 cleared (received, announced), 1 returned, 3 held, 4 refused, 5 unreachable, 6 withheld."""
    from services.connector.client import Connector

    claims = {
        "form": form, "area": area, "period": period, "completeness": completeness, "regime": regime,
        "area_list": area_list, "round": round, "classification": classification,
    }  # fmt: skip
    document = {
        "document_number": document_number, "level": level, "date": date, "receiver": receiver,
    }  # fmt: skip
    is_secret = classification is Classification.STATE_SECRET
    _need(document if is_secret else claims)
    stated = _explained(nil, reason) | _sections(section)
    if not is_secret and any(value is not None for value in document.values()):
        # Whoever names a secret document means it, whatever the classification says.
        raise wrong("--document-number, --level, --date, --receiver", "secret_only")
    with (
        errors(as_json, url=url, key=key, file=file),
        Connector(url, key, sender, office=office) as connector,
    ):
        if is_secret:
            _announce(connector, file, document, as_json)
        else:
            _send(connector, file, claims | stated, seconds if wait_ else None, as_json)


@app.command(help="Báo cáo kiểm tra một lần gửi · The report of a submission")
def report(
    id_: Id,
    key: KeyFile,
    sender: Sender = None,
    attempt: Attempt = None,
    marked: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Ghi bảng tính có đánh dấu chỗ sai · Write the marked workbook"
        ),
    ] = None,
    url: Url = "http://127.0.0.1:18001",
    as_json: AsJson = False,
) -> None:
    """Its findings in words, or all of it as JSON; and where it stands, where that is not what the report says.

    Exit codes: 0 no error, 1 returned, 3 held, 4 refused, 5 unreachable, 6 withheld.
    """
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        report = connector.report(id_, attempt)
        state = connector.state(id_, attempt)
        if as_json:
            print_json(report)
        else:
            say(f"report_{report['verdict']}", form=report["form"], figures=report["figures"])
            show.findings(report["findings"])
            if state["state"] in ("held", "withheld"):
                show.state(state)
        if marked:
            write(marked, connector.marked(id_, attempt))
        if code := EXITS.get(state["state"]):
            raise typer.Exit(code)


@app.command(help="Lấy biên nhận của lần mình gửi · Fetch the receipt of one's own submission")
def receipt(
    id_: Id,
    key: KeyFile,
    output: Annotated[
        Path, typer.Option("-o", "--output", dir_okay=False, help="Tệp sẽ ghi · The file to write")
    ],
    sender: Sender = None,
    attempt: Attempt = None,
    url: Annotated[
        str,
        typer.Option(
            envvar="SOLIEU_AUDIT_URL", help="Địa chỉ nhật ký · Address of the evidence log"
        ),
    ] = "http://127.0.0.1:18004",
) -> None:
    """`solieu audit verify` proves it, offline. Exit codes: 0 written, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(False, url=url, key=key), Connector(url, key, sender) as connector:
        receipt = connector.receipt(id_, attempt)
        write(output, (json.dumps(receipt, ensure_ascii=False, indent=1) + "\n").encode())


@keys.command("new", help="Tạo khóa ký · Make a signing key")
def new(
    sender: Annotated[
        str, typer.Option(help="Mã cơ quan trong danh mục · Organisation of the catalogue")
    ],
    file: Annotated[Path, typer.Option(help="Tệp khóa sẽ tạo · The key file to make")],
    office: Annotated[
        str | None,
        typer.Option(help="Mã cơ quan thống kê nhận số liệu · The statistics office it reports to"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Writes the private key for its owner alone, and prints the public one."""
    from services.connector.keys import Key, office_of

    key = Key.generate(sender, office or office_of(sender))
    try:
        key.save(file)
    except FileExistsError:
        say("key_exists", file=file)
        raise typer.Exit(Exit.REFUSED) from None
    if not as_json:
        say("keys_made", sender=sender, file=file)
        if key.office:
            say("keys_office", office=key.office)
        else:
            say("no_office", sender=sender)
    print_json({"id": key.id, "sender": sender, "office": key.office, "public_key": key.public()})


def _need(options: Mapping[str, Any]) -> None:
    """Ends the command with its usage where one of these is missing."""
    missing = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is None]
    if missing:
        raise Wrong(texts("usage.missing", what=", ".join(missing)))


def _sections(section: list[str] | None) -> dict[str, list[str]]:
    if not all(one.strip() for one in section or ()):
        raise wrong("--section", "section")
    return {"sections": section} if section else {}


def _explained(kind: NilKind | None, reason: str | None) -> dict[str, Nil | str]:
    """Why it is corrected, or that it is blank on purpose and why; ends the command with its usage for a blank one
    without a reason, or one that is none.
    """
    if kind is not None and reason is None:
        raise Wrong(texts("usage.missing", what="--reason"))
    if reason is None:
        return {}
    try:
        nil = read(Nil, {"kind": kind or NilKind.NONE_OCCURRED, "reason": reason})
    except ModelError:
        raise wrong("--reason", "reason") from None
    return {"reason": nil.reason} if kind is None else {"nil": nil}


def _send(
    connector: Connector,
    file: Path,
    claims: Mapping[str, Any],
    seconds: float | None,
    as_json: bool,
) -> None:
    """Sends the file; waits for its verdict at most so long, or not at all (None)."""
    receipt = connector.submit(file, **claims)
    if seconds is None or not as_json:
        said = "received" if receipt.new else "repeated"
        say(said, id=receipt.id, attempt=receipt.attempt)
    if seconds is not None:
        wait(connector, receipt, seconds, as_json)
    elif as_json:
        print_json(asdict(receipt))


def _announce(connector: Connector, file: Path, document: Mapping[str, Any], as_json: bool) -> None:
    """Sends four fields instead of the file, of which nothing is read: it only has to be there."""
    file.stat()
    try:
        notice = connector.announce_secret(**document)
    except ModelError as error:
        say("bad_particulars", reason=error.text)
        raise typer.Exit(Exit.REFUSED) from None
    if as_json:
        print_json(asdict(notice))
    else:
        said = "secret_announced" if notice.new else "secret_repeated"
        say(said, number=document["document_number"], receiver=document["receiver"])
