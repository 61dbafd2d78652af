"""Which sections of its form an attempt covers: each part is a submission with corrections of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.intake.refusal import Code, Refusal
from services.intake.status import State
from services.model.form import Form

NOT_THERE = frozenset({State.RETURNED, State.WITHHELD, State.WITHDRAWN, State.SUPERSEDED})
"""An attempt of which nothing is in use, nor will be. An earlier one may be in use while its correction is returned."""


@dataclass(frozen=True)
class Part:
    """Another submission about the same, of whomever, that has an attempt in use or under way."""

    submission_id: UUID
    sender: str
    sections: str


def covered(stated: Iterable[str], own: frozenset[str]) -> str:
    """What an attempt covers, as rows and events have it: sorted, parted by commas; all of the sender's own where none
    is stated. Blank for a form that is one whole.
    """
    return ",".join(sorted(set(stated) or own))


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


def overlapping(sections: str, parts: Iterable[Part], sender: str) -> Refusal | None:
    """Why this part can't be taken in beside the others: a section would be covered twice. Of another sender's
    submission nothing is told but the section.
    """
    for part in parts:
        both = set(sections.split(",")) & set(part.sections.split(","))
        if not both:
            continue
        values = {"section": ", ".join(sorted(both))}
        if part.sender != sender:
            return Refusal(Code.SECTION_COVERED, values, wording="intake.section_of_other")
        own = {"sections": part.sections, "submission": part.submission_id}
        return Refusal(Code.SECTION_COVERED, values | own, {"submission": str(part.submission_id)})
    return None
