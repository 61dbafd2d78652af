"""One submission: where it stands and what to do, its path, what was found in which cells, its documents."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.console import findings, inbox, live, standing, words
from services.console.calls import Away
from services.console.form import Typed
from services.console.live import Part
from services.console.pages import consents
from services.console.pages.downloads import receipt_name
from services.console.rendering import fragment, page
from services.console.security import FORM_FIELD, form_token
from services.console.session import Person, Who
from services.console.words import switch_language
from services.kernel.refused import Refused
from services.model.text import Language

router = APIRouter(include_in_schema=False)
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def attempt_of(typed: Typed) -> int:
    """The number of the attempt that a form is about; 0 for none."""
    number = typed["attempt"]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


TypedByPart = Mapping[str, Typed]
NOTHING: TypedByPart = {}
ANSWERS = ("explained", "accepted", "downgraded", "refused")
"""What may be said about a finding: the first by its sender, the others by the room."""
DECIDED = ("release", "withhold", "withdrawn", "asked", *ANSWERS)
"""What the page may say thanks for."""


@dataclass(frozen=True)
class Seen:
    """All that the owning services told this person of one attempt; None for what isn't theirs to read.

    The report is as it was written; `answered` has its findings with what was answered to them until now. `before` is
    the review of the attempt before this one.
    """

    attempt: dict[str, Any]
    report: dict[str, Any] | None
    answered: dict[str, Any] | None
    review: dict[str, Any] | None
    verifications: list[dict[str, Any]]
    names: Any = field(repr=False)
    people: Mapping[str, str] = field(repr=False, default_factory=dict)
    before: dict[str, Any] | None = None


@router.get("/submissions/{submission_id}", dependencies=[Depends(switch_language)])
async def submission(
    request: Request, who: Who, submission_id: UUID, attempt: Which = None, decided: str = ""
) -> Response:
    """The page, of the latest attempt unless one is named."""
    return await show(request, who, (submission_id, attempt), decided=decided)


@router.get("/submissions/{submission_id}/stream")
async def followed(
    request: Request, who: Who, submission_id: UUID, attempt: Which = None, seen: str = ""
) -> Response:
    """The changes of that page."""
    token = form_token(request)

    async def compose() -> Sequence[Part]:
        seen = await _seen(request, who, (submission_id, attempt))
        return _parts(seen, who, words.language_of(request), NOTHING, token)

    return live.stream(request, compose, seen)


async def show(
    request: Request,
    who: Person,
    which: tuple[UUID, int | None],
    *,
    typed: TypedByPart = NOTHING,
    decided: str = "",
    status: int = 200,
) -> Response:
    """The page, with what was typed where a decision was refused, or a word of thanks where one was taken."""
    found, language = await _seen(request, who, which), words.language_of(request)
    parts = _parts(found, who, language, typed, form_token(request))
    return page(
        request,
        "submission.html",
        status=status,
        parts=parts,
        # Of the page as the stream makes it: that knows of nothing typed.
        version=live.version(_parts(found, who, language, NOTHING, form_token(request))),
        which=which[1],
        way_back=inbox.way_back(request),
        decided=decided if decided in DECIDED else "",
        people=found.people,
        **head(found.attempt, found.names, language),
    )


async def _seen(request: Request, who: Person, which: tuple[UUID, int | None]) -> Seen:
    """Asks the services; raises Refused where intake knows of no such attempt for this person."""
    app, path = request.app.state, f"/v1/submissions/{which[0]}"
    attempt = await app.services.get("intake", path, who.token, {"attempt": which[1]})
    number = attempt["attempt"]
    is_checked = {"validated", "returned"} & attempt["times"].keys()
    reviews = f"/v1/reviews/{which[0]}"
    report, answered, review, before, doubts, names = await asyncio.gather(
        _optional(request, who, "intake", f"{path}/report?attempt={number}", bool(is_checked)),
        _optional(
            request, who, "validation", f"{path}/findings?attempt={number}", bool(is_checked)
        ),
        _optional(request, who, "policy", f"{reviews}/{number}", "held" in attempt["times"]),
        _optional(request, who, "policy", f"{reviews}/{number - 1}", number > 1),
        _optional(
            request,
            who,
            "validation",
            f"/v1/verifications?submission={which[0]}",
            bool(is_checked) and who.may("validation", "verification.read"),
        ),
        app.names.of([attempt], who),
    )
    if review and review.get("room"):
        room = await app.names.organisation(review["room"], who)
        names = names | ({("organisation", review["room"]): room} if room else {})
    verifications = doubts["verifications"] if doubts else []
    people = await app.names.people(
        [answered or report, review, before, verifications, attempt],
        who,
        words.language_of(request),
    )
    return Seen(attempt, report, answered, review, verifications, names, people, before)


async def _optional(
    request: Request, who: Person, service: str, path: str, is_wanted: bool
) -> dict[str, Any] | None:
    """What only some may read, or a service that may be away: the page goes on without it."""
    if not is_wanted:
        return None
    try:
        found: dict[str, Any] = await request.app.state.services.get(service, path, who.token)
    except (Refused, Away):
        return None
    return found


def _has_decided(who: Person, waits: dict[str, Any] | None) -> bool:
    """Whether the person has had a say about this hold already: it then waits for somebody else."""
    if waits is None:
        return False
    # Of this hold alone: about one that ended before, somebody may have decided otherwise.
    return any(
        act["person"] == who.id and act["decision"] == waits["decision"] for act in waits["acts"]
    )


def _may_decide(who: Person, waits: dict[str, Any] | None, is_sender: bool) -> bool:
    """Whether to offer the decision about what waits; whether it is taken, policy says."""
    if waits is None or is_sender or not who.reaches("policy", "review.decide", waits.get("room")):
        return False
    return not _has_decided(who, waits)


def _answering(who: Person, seen: Seen, is_sender: bool) -> Sequence[str]:
    """What to offer to say about findings; whether it is taken, validation says."""
    if seen.answered is None:
        return ()
    if is_sender:
        return ANSWERS[:1] if who.may("validation", "finding.explain") else ()
    return ANSWERS[1:] if who.may("validation", "finding.decide") else ()


def _may_withdraw(who: Person, seen: Seen) -> bool:
    """Whether to offer to take it back: somebody may read it, could once, or might be let read it.

    Which room is responsible only a review says; where there is none, policy refuses a room that isn't.
    """
    if seen.attempt["state"] not in standing.WITHDRAWABLE:
        return False
    if "agency" in who.roles or not seen.review or not seen.review.get("room"):
        return who.may("policy", "submission.withdraw")
    return who.reaches("policy", "submission.withdraw", seen.review["room"])


def _may_doubt(who: Person, seen: Seen) -> bool:
    """Whether to offer to have its figures verified: they may be used, and it is another's to answer for them."""
    is_sender = seen.attempt["sender"] == who.organisation
    is_used = seen.attempt["state"] in ("cleared", "stored")
    return is_used and not is_sender and who.may("validation", "verification.ask")


def head(attempt: dict[str, Any], names: Any, language: Language) -> dict[str, Any]:
    """What a page about an attempt is headed with."""
    area = f"{attempt['area_list']}/{attempt['area']}"
    return {
        "attempt": attempt,
        "title": words.in_language(names.get(("form", attempt["form"])), language, attempt["form"]),
        "sender": words.in_language(
            names.get(("organisation", attempt["sender"])), language, attempt["sender"]
        ),
        "area": words.in_language(names.get(("area", area)), language, attempt["area"]),
    }


def _parts(
    seen: Seen, who: Person, language: Language, typed: TypedByPart, token: str
) -> list[Part]:
    """The sections in the order in which they matter; a section without content isn't there."""
    attempt, say = seen.attempt, words.sayer(language)
    values = _values(seen, who, language) | {"form_field": FORM_FIELD, "form_token": token}
    sections = {
        "standing": True,
        "path": True,
        "reasons": bool(attempt["reasons"]),
        "findings": bool(values["listed"]),
        "decided": bool(values["acts"] or values["acts_before"]),
        "decision": values["may_decide"],
        "verifications": bool(seen.verifications),
        "documents": values["has_receipt"],
        "attempts": len(attempt["attempts"]) > 1,
        "verification": _may_doubt(who, seen),
        "withdrawal": _may_withdraw(who, seen),
    }
    says = {"standing": say("said", state=say(f"state.{attempt['state']}"))}
    return [
        Part(
            name,
            fragment(f"_{name}.html", language, **values, typed=typed.get(name, Typed())),
            says.get(name, ""),
        )
        for name, is_there in sections.items()
        if is_there
    ]


def _values(seen: Seen, who: Person, language: Language) -> dict[str, Any]:
    """What the sections show."""
    attempt, is_sender = seen.attempt, seen.attempt["sender"] == who.organisation
    with_words = seen.answered or seen.report
    from_report = (with_words or attempt)["findings"]
    section = findings.section(from_report, seen.report, language, seen.people)
    room_id = (seen.review or {}).get("room") or ""
    room = words.in_language(seen.names.get(("organisation", room_id)), language, room_id)
    # Who decided, when and why is shown also when nothing waits any more.
    waits = seen.review if attempt["state"] == "held" else None
    return {
        "attempt": attempt,
        "tone": standing.TONES[attempt["state"]],
        "corrections": (seen.answered or {}).get("corrections", []),
        "advice": standing.advice(attempt, is_sender, language),
        "steps": standing.steps(attempt, language),
        "people": seen.people,
        "review": seen.review,
        "acts": seen.review["acts"] if seen.review else [],
        "acts_before": seen.before["acts"] if seen.before else [],
        "is_sender": is_sender,
        "may_explain": bool({"held", "withheld", "cleared"} & attempt["times"].keys())
        and who.may("policy", "decision.explain"),
        "may_see_figures": bool({"validated", "returned"} & attempt["times"].keys())
        and attempt["state"] not in ("withheld", "withdrawn")
        and who.may("validation", "finding.read"),
        "newest": standing.newest(attempt),
        "consent_query": consents.needed(attempt) if who.may("policy", "consent.record") else "",
        "whose_turn": standing.whose_turn(waits, room, language),
        "may_decide": _may_decide(who, waits, is_sender),
        "answering": _answering(who, seen, is_sender),
        "nothing": Typed(),
        "has_decided": _has_decided(who, waits),
        **section,
        "verifications": seen.verifications,
        "has_report": with_words is not None,
        # Intake gives the workbook to whom it gives its report; one without a mark is what was sent.
        "may_download": any(count for _, count in section["counts"][:2])
        and seen.report is not None,
        "has_original": seen.report is not None,
        "has_receipt": attempt["verdict"] in standing.RECEIPT_VERDICTS
        and who.may("audit", "receipt.read"),
        "receipt_name": receipt_name(attempt["id"], attempt["attempt"]),
    }
