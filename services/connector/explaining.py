"""`solieu findings` and `explain`: what an agency says about what was found in its workbook."""

from __future__ import annotations

from typing import Annotated

import typer

from services.connector import show
from services.connector.commands import Attempt, Id, KeyFile, Sender
from services.connector.outcome import errors
from services.connector.show import say
from services.terminal.show import AsJson
from services.terminal.show import as_json as print_json

app = typer.Typer()

VALIDATION = "http://127.0.0.1:18008"
ValidationUrl = Annotated[
    str,
    typer.Option(envvar="SOLIEU_VALIDATION_URL", help="Địa chỉ kiểm tra · Address of validation"),
]


@app.command(
    help="Các phát hiện của một lần gửi, với mã và trả lời · Findings, with their ids and answers"
)
def findings(
    id_: Id,
    key: KeyFile,
    sender: Sender = None,
    attempt: Attempt = None,
    url: ValidationUrl = VALIDATION,
    as_json: AsJson = False,
) -> None:
    """An id is what `solieu explain` takes. Exit codes: 0 shown, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        findings = connector.findings(id_, attempt)
    if as_json:
        print_json(findings)
    else:
        show.answered(findings["findings"])


@app.command(help="Giải trình một phát hiện · Explain a finding")
def explain(
    id_: Id,
    finding: Annotated[
        str,
        typer.Argument(
            help="Mã phát hiện, «findings» đã in ra · Id of the finding, of `solieu findings`"
        ),
    ],
    key: KeyFile,
    text: Annotated[str, typer.Option(help="Lời giải trình · What explains it")],
    sender: Sender = None,
    attempt: Attempt = None,
    url: ValidationUrl = VALIDATION,
    as_json: AsJson = False,
) -> None:
    """Signed; the responsible room sees it and decides. Exit codes: 0 recorded, 4 refused, 5 unreachable."""
    from services.connector.client import Connector

    with errors(as_json, url=url, key=key), Connector(url, key, sender) as connector:
        explained = connector.explain(id_, finding, text, attempt)
    if as_json:
        print_json(explained)
    else:
        say("explained", finding=finding, id=id_)
