"""Parts of a form compared once one of them is in use, corrected or taken back: told where that changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.events.common import Head
from services.events.validation import SectionsCompared
from services.kernel.events import Outcome, Row
from services.model.form import Form
from services.model.period import spelt
from services.validation.checking.across import Part, inconsistencies
from services.validation.findings import Inconsistency
from services.validation.reading.statement import Statement
from services.validation.store import ComparedRow

NAMESPACE = uuid5(NAMESPACE_URL, "urn:solieu:sections.compared")


@dataclass(frozen=True)
class Across:
    """What a part is compared with: by which form, beside which other parts in use, and what was told last.

    `room` is responsible for the part itself.
    """

    form: Form
    room: str | None
    others: tuple[Part, ...] = ()
    told: tuple[Inconsistency, ...] = ()


@dataclass(frozen=True)
class Standing:
    """`first`: the first attempt whose figures would take the place of those kept. `across`: None for a whole form."""

    first: int = 0
    across: Across | None = None


def about(head: Head) -> UUID:
    """The same for all parts of a form about the same area and time, of one completeness and round."""
    period = spelt(head.period)
    parts = (head.form, head.area_list, head.area, period, head.completeness, head.round)
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


def compared(head: Head, across: Across | None, figures: bytes | None, at: datetime) -> Outcome:
    """The event where something else holds, or does not, than was told last. `figures` of the part; None: it is gone.

    Raises ValueError where the figures of a part can't be read.
    """
    if across is None:
        return Outcome()
    own = (
        ()
        if figures is None
        else (Part(UUID(head.submission_id), head.attempt, head.sender, across.room, figures),)
    )
    parts = tuple(sorted((*across.others, *own), key=lambda part: part.submission_id))
    found = inconsistencies(across.form, Statement.of(head), parts)
    if found == across.told:
        return Outcome()
    id_ = about(head)
    what = {name: getattr(head, name) for name in ("form", "area_list", "area", "round")}
    event = SectionsCompared(
        comparison_id=str(uuid5(id_, f"{head.submission_id}/{head.attempt}/{at.isoformat()}")),
        about=str(id_),
        form_version=across.form.version,
        period=spelt(head.period),
        completeness=head.completeness,
        parts=tuple(part.told for part in parts),
        failing=tuple(one.told for one in found),
        compared_at=at,
        **what,
    )
    values = {
        "about": id_,
        "form_version": across.form.version,
        "period": spelt(head.period),
        "completeness": head.completeness.value,
        "parts": event.parts,
        "failing": found,
        "compared_at": at,
    }
    return Outcome((event,), (Row(ComparedRow, what | values, conflict="replace"),))
