"""`solieu audit`: fetch a receipt, and verify one offline.

Exit codes: 0 proved; 1 refuted; 2 wrong usage, or a file that can't be read; 3 consistent in itself, and
not proved, since no checkpoint is known; 4 no receipt, or refused; 5 unreachable.
"""

from __future__ import annotations

import json as json_
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from services.model.messages import texts
from services.terminal.client import operator
from services.terminal.show import AsJson, as_json, say
from services.terminal.usage import wrong

if TYPE_CHECKING:
    from services.model.verifier import Checkpoint, ProofError, Verified

app = typer.Typer(no_args_is_help=True, help="Nhật ký bằng chứng · The evidence log")


class Exit(IntEnum):
    """Exit codes besides 0, and those of all commands."""

    REFUTED = 1
    CONSISTENT = 3


def _file(text: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, readable=True, help=text)


@app.command(help="Kiểm tra biên nhận, không cần mạng · Verify a receipt offline")
def verify(
    receipt: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="Tệp biên nhận · The receipt"
        ),
    ],
    file: Annotated[Path | None, _file("Tệp đã gửi · The file that was sent")] = None,
    key: Annotated[Path | None, _file("Khóa của người gửi (JWK) · The sender's key")] = None,
    checkpoint: Annotated[
        Path | None,
        _file(
            "Độ dài và gốc đã biết từ nguồn khác (JSON) · Size and root known from elsewhere (JSON)"
        ),
    ] = None,
    consistency: Annotated[
        Path | None,
        _file(
            "Chứng minh nhật ký chỉ được nối dài (JSON) · Proof that the log was only appended to (JSON)"
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Exit code 0 where everything is proved, 1 where anything is wrong, 3 where no checkpoint is known to prove it.

    A checkpoint of another time than the receipt's takes what GET /v1/consistency of audit answers about both sizes.
    """
    from services.model.verifier import ProofError, read_receipt, verify_receipt

    jwk = _object(key, "--key")
    known = _checkpoint(checkpoint)
    original = file.read_bytes() if file else None
    link = _object(consistency, "--consistency")
    try:
        verified = verify_receipt(read_receipt(receipt.read_bytes()), original, jwk, known, link)
    except ProofError as error:
        _show_refusal(error, json)
        raise typer.Exit(Exit.REFUTED) from None
    if json:
        as_json(_facts(verified))
    else:
        _show(verified, known)
    if not verified.proved:
        raise typer.Exit(Exit.CONSISTENT)


@app.command(help="Lấy biên nhận của một hồ sơ · Fetch the receipt of a submission")
def receipt(
    submission: Annotated[
        str, typer.Argument(help="Mã lần gửi (UUID) · Id of the submission (UUID)")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", dir_okay=False, help="Tệp sẽ ghi · The file to write")
    ],
    attempt: Annotated[
        int | None, typer.Option(min=1, help="Lần gửi, mặc định là lần cuối · Attempt, or the last")
    ] = None,
    json: AsJson = False,
) -> None:
    """Writes the receipt as audit gives it; `verify` is what proves it."""
    path = f"/v1/receipts/{quote(submission, safe='')}"
    given = operator("audit").get(path, attempt=attempt)
    output.write_text(json_.dumps(given, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if json:
        as_json({"submission": given["submission"], "attempt": given["attempt"], "file": output})
    else:
        say("audit.written", file=output, attempt=given["attempt"], events=len(given["events"]))


def _object(path: Path | None, option: str) -> dict[str, Any] | None:
    """The JSON object of a file that the person who verifies trusts."""
    if path is None:
        return None
    try:
        loaded = json_.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        raise wrong(f"{option} {path}", "json")
    return loaded


def _checkpoint(path: Path | None) -> Checkpoint | None:
    from services.model.verifier import Checkpoint

    checkpoint = _object(path, "--checkpoint")
    if checkpoint is None:
        return None
    try:
        return Checkpoint(int(checkpoint["size"]), bytes.fromhex(checkpoint["root"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise wrong(f"--checkpoint {path}", "checkpoint") from None


def _facts(verified: Verified) -> dict[str, Any]:
    from services.model.verifier import written

    return {
        "consistent": True,
        "proved": verified.proved,
        "submission": verified.submission,
        "attempt": verified.attempt,
        "sender": verified.sender,
        "form": verified.form,
        "office": verified.office,
        "sha256": verified.sha256,
        "file_compared": verified.file,
        "verdict": verified.verdict,
        "key": verified.key,
        "countersigned_by": verified.countersigned_by,
        "checkpoint": {
            "size": verified.checkpoint.size,
            "root": verified.checkpoint.root.hex(),
        },
        "events": [
            {"index": event.index, "time": written(event.time), "topic": event.topic}
            for event in verified.events
        ],
    }


def _show(verified: Verified, known: Checkpoint | None) -> None:
    facts = _facts(verified)
    verdict = texts(f"audit.verdict.{verified.verdict}")
    shown = {**facts, "verdict": verdict, "office": verified.office or "–"}
    say("audit.proved" if verified.proved else "audit.consistent", **shown)
    if verified.countersigned_by:
        say("audit.countersigned", office=verified.countersigned_by)
    for event in facts["events"]:
        typer.echo(f"  {event['index']:>10}  {event['time']}  {event['topic']}")
    say("audit.file.same" if verified.file else "audit.file.not-compared", sha256=verified.sha256)
    checkpoint = verified.checkpoint
    if known is not None and not verified.proved:
        first, second = sorted((checkpoint.size, known.size))
        say(
            "audit.checkpoint.other",
            size=checkpoint.size,
            known=known.size,
            first=first,
            second=second,
        )
        return
    say(
        "audit.checkpoint.same" if verified.proved else "audit.checkpoint.compare",
        size=checkpoint.size,
        root=checkpoint.root.hex(),
    )


def _show_refusal(error: ProofError, is_json: bool) -> None:
    if is_json:
        about = {"reason": error.reason.value, "where": error.where}
        as_json({"consistent": False, "proved": False, **about})
        return
    where = f" ({error.where})" if error.where else ""
    say(
        "audit.unproved", error=True, why=texts(f"audit.unproved.{error.reason.value}"), where=where
    )
