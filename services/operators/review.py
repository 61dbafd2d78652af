"""`solieu review`: what an officer or the leadership decides about a finding, with their own password."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from services.terminal.client import person
from services.terminal.show import AsJson, as_json, say

app = typer.Typer(no_args_is_help=True, help="Xem xét, quyết định · Reviews by a person")


class Decision(StrEnum):
    """What may be decided about a finding."""

    ACCEPTED = "accepted"
    DOWNGRADED = "downgraded"
    REFUSED = "refused"


@app.callback()
def commands() -> None:
    """Without it a single command would take the place of the group."""


@app.command(
    help="Quyết định về một phát hiện; mật khẩu đọc từ đầu vào chuẩn"
    " · Decide about a finding; password on standard input"
)
def finding(
    submission: Annotated[str, typer.Argument(help="Mã hồ sơ · The submission's id")],
    finding: Annotated[
        str, typer.Argument(help="Mã phát hiện, trong báo cáo · The finding's id, of its report")
    ],
    by: Annotated[str, typer.Option("--person", help="Mã của bạn · Your own id")],
    decision: Annotated[
        Decision,
        typer.Option(
            help="Chấp nhận cảnh báo, hạ lỗi, không chấp nhận · Accept a warning, downgrade an error, refuse"
        ),
    ],
    reason: Annotated[
        str, typer.Option(help="Lý do, cơ quan gửi đọc được · Why; the sender reads it")
    ],
    document: Annotated[
        str | None,
        typer.Option(
            help="Số văn bản làm căn cứ, như 12/TKĐB · Number of the document, e.g. 12/TKĐB"
        ),
    ] = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Lần gửi, mặc định là lần cuối · Attempt, or the last")
    ] = None,
    json: AsJson = False,
) -> None:
    """A downgraded error is a warning once the sender sends the very same workbook again."""
    api = person("validation", by)
    answer = api.post(
        f"/v1/submissions/{submission}/findings/{finding}/decisions",
        {"decision": decision.value, "reason": reason, "document": document},
        attempt=attempt,
    )
    if json:
        as_json(answer)
    else:
        say(f"operators.review.{decision.value}", finding=finding, submission=submission)
