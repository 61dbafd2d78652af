"""A receipt in words, checked by one click; whether a file is the one that was sent, or a kept receipt still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from services.console import receipts, words
from services.console.form import LOOK, Typed
from services.console.pages.downloads import receipt_name
from services.console.pages.submission import attempt_of
from services.console.receipts import TONES, Checked, Known
from services.console.rendering import page
from services.console.security import RECEIPT, Upload, form_with_file
from services.console.session import Person, Who
from services.console.words import switch_language
from services.model import verifier, wording
from services.model.text import Language
from services.model.verifier import Checkpoint, ProofError

router = APIRouter(include_in_schema=False)
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
KEPT = "kept"
"""The button of who has a receipt from before; the other one asks about a workbook."""


@router.get(RECEIPT + "{submission_id}", dependencies=[Depends(switch_language)])
async def shown(
    request: Request,
    who: Who,
    submission_id: UUID,
    attempt: Which = None,
    wants: Annotated[bool, Query(alias="kiem-tra")] = False,
) -> Response:
    """Of the latest attempt unless one is named; with `kiem-tra`, each step of its proof."""
    receipt = await _receipt(request, who, submission_id, attempt)
    known = await _log(request, who, receipt) if wants else Known()
    found = await _checked(receipt, receipt, known)
    return await _shown(request, who, receipt, found, is_asked=wants)


@router.post(RECEIPT + "{submission_id}")
async def compared(request: Request, who: Who, submission_id: UUID) -> Response:
    """The same with a file of the person's: nothing of it is kept."""
    fields, upload = await form_with_file(request)
    typed, say = Typed(fields), words.sayer(words.language_of(request))
    receipt = await _receipt(request, who, submission_id, attempt_of(typed) or None)
    if typed[LOOK] or upload is None:
        wrong = "unsent" if typed[LOOK] else "receipt.no_file"
        typed = replace(typed, problem=(say(wrong), say(f"{wrong}.mend")))
        found = await _checked(receipt, receipt, Known())
        return await _shown(request, who, receipt, found, typed, status=422)
    if typed["do"] == KEPT:
        found = await _kept(request, who, receipt, upload)
    else:
        known = await _log(request, who, receipt)
        found = await _checked(receipt, receipt, replace(known, original=upload.content))
    return await _shown(request, who, receipt, found, typed, upload, is_asked=True)


async def _receipt(
    request: Request, who: Person, submission_id: UUID, attempt: int | None
) -> dict[str, Any]:
    services, path = request.app.state.services, f"/v1/receipts/{submission_id}"
    found: dict[str, Any] = await services.get("audit", path, who.token, {"attempt": attempt})
    return found


async def _log(request: Request, who: Person, receipt: Mapping[str, Any]) -> Known:
    """The log's newest state, with the proof that the receipt's is one of the same log."""
    services = request.app.state.services
    newest = await services.get("audit", "/v1/checkpoint", who.token)
    checkpoint = Checkpoint(newest["size"], bytes.fromhex(newest["root"]))
    match receipt:
        case {"checkpoint": {"size": int(size)}} if 0 < size < checkpoint.size:
            between = {"first": size, "second": checkpoint.size}
            proof = await services.get("audit", "/v1/consistency", who.token, between)
            return Known(checkpoint, proof)
        case _:
            return Known(checkpoint)


async def _kept(
    request: Request, who: Person, receipt: Mapping[str, Any], upload: Upload
) -> Checked:
    """A receipt from before: it has to be of the same attempt, and the log still to hold what it says."""
    try:
        kept = await run_in_threadpool(verifier.read_receipt, upload.content)
    except ProofError as error:
        return receipts.refuted(error.reason, Known())
    return await _checked(kept, receipt, await _log(request, who, kept))


async def _checked(receipt: Mapping[str, Any], asked: Mapping[str, Any], known: Known) -> Checked:
    about = str(asked["submission"]), int(asked["attempt"])
    return await run_in_threadpool(receipts.checked, receipt, about, known)


async def _shown(
    request: Request,
    who: Person,
    receipt: Mapping[str, Any],
    found: Checked,
    typed: Typed | None = None,
    upload: Upload | None = None,
    *,
    is_asked: bool = False,
    status: int = 200,
) -> Response:
    language, names = words.language_of(request), request.app.state.names
    # What it says stays in sight, whatever file it is compared with.
    own = await _checked(receipt, receipt, Known())
    about = [own.received] if own.received else []
    return page(
        request,
        "receipt.html",
        status=status,
        receipt=receipt,
        # What contradicts itself is said, though nobody asked.
        is_asked=is_asked or not found.holds,
        found=found,
        number=wording.number,
        tones=TONES,
        why=receipts.why(found, language),
        typed=typed or Typed(),
        upload=upload,
        hashed=receipts.hash_of(upload.content) if upload else "",
        is_kept=typed is not None and typed["do"] == KEPT,
        file=receipt_name(receipt["submission"], receipt["attempt"]),
        **_facts(own, await names.of(about, who), language),
    )


def _facts(found: Checked, names: Any, language: Language) -> dict[str, Any]:
    """What the receipt says, in words."""
    if found.verified is None or found.received is None:
        return {"said": None}
    form, sender = found.received["form"], found.received["sender"]
    return {
        "said": found.received,
        "key": found.verified.key,
        "form": words.in_language(names.get(("form", form)), language, form),
        "sender": words.in_language(names.get(("organisation", sender)), language, sender),
        "verdict": receipts.verdict(found.verified, language),
        "events": receipts.events(found.verified, language),
    }
