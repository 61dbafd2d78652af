"""Which sections of its form an attempt covers: each part is a submission with corrections of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.intake.refusal import Code, Refusal
from services.intake.status import State
from services.model.form import Form

NOT_THERE = frozenset({State.RETURNED, State.WITHHELD, State.WITHDRAWN})
"""A section of such an attempt is free for another part."""


@dataclass(frozen=True)
class Part:
    """Another submission about the same by the same sender, with the state of its latest attempt."""

    submission_id: UUID
    sections: str
    state: State


def written(stated: Iterable[str], own: frozenset[str]) -> str:
    """The sections as rows and events have them: sorted, parted by commas; blank for all of the sender's own."""
    return "" if own == (named := set(stated)) else ",".join(sorted(named))


def unsuitable(stated: Iterable[str], form: Form, own: frozenset[str]) -> Refusal | None:
    """Why a sender that answers for `own` sections of the form can't send these; None where it can."""
    known = {section.id for section in form.sections}
    values = {"form": form.id, "known": ", ".join(sorted(own)) or "–"}
    for section in stated:
        if section not in known:
            return Refusal(Code.UNKNOWN_SECTION, {**values, "section": section})
        if section not in own:
            return Refusal(Code.OTHER_SENDERS_SECTION, {**values, "section": section})
    return None


def overlapping(sections: str, parts: Iterable[Part]) -> Refusal | None:
    """Why this part can't be taken in beside the others: a section would be covered twice."""
    for part in parts:
        both = _covered(sections) & _covered(part.sections) if sections and part.sections else None
        if part.sections == sections or part.state in NOT_THERE or both == set():
            continue
        values = {"submission": part.submission_id, "sections": part.sections or "*"}
        return Refusal(Code.SECTION_COVERED, values, {"submission": str(part.submission_id)})
    return None


def _covered(sections: str) -> set[str]:
    return set(sections.split(","))
