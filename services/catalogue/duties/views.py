"""Duties and measures as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.catalogue.duties.act_views import (
    DifficultyView,
    GrantView,
    QuestionView,
    RefusalView,
    RequestView,
    last_day,
)
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.measures import Measure
from services.catalogue.duties.register import Register
from services.catalogue.duties.standing import Delivery, Standing, State, Timeliness
from services.model.enumerations import Completeness, MeasuredBy
from services.model.item import Item
from services.model.messages import texts
from services.model.regulation import day
from services.model.report import Report
from services.model.text import Text


class SupplyView(BaseModel):
    """By which document a report was sent: it counts from the document's day `on`; somebody said so `at`."""

    document: str
    on: date
    at: AwareDatetime


class DutyView(BaseModel):
    """What somebody owes, and how it stands. `due` is the last day on which it is on time, in Viet Nam.

    Without `form` it is a report of the office, which goes out as a document: `supplied` is the last of them.
    `submission` and `attempt` are the newest that came for it. `is_shared`: offered, not owed. `is_orphaned`: its
    supplier has ended, and the item names no other. `is_unaddressed`: no reminder reaches it. `questions` are those of
    both sides with their answers, `granted` and `refused` what the office answered to requests or gave by itself; all
    in order.
    """

    id: UUID
    item: str
    section: str | None
    section_name: dict[str, str] | None
    name: dict[str, str]
    form: str | None
    form_title: dict[str, str] | None
    area_list: str
    area: str
    period: str
    completeness: Completeness
    round: int
    supplier: str
    supplier_name: dict[str, str]
    room: str | None
    call: str | None
    is_shared: bool
    is_orphaned: bool
    due: date
    late_from: AwareDatetime
    closed_from: AwareDatetime | None
    state: State
    timeliness: Timeliness
    first_received_at: AwareDatetime | None
    submission: UUID | None
    attempt: int | None
    requested: RequestView | None
    granted: Sequence[GrantView]
    refused: Sequence[RefusalView]
    difficulty: DifficultyView | None
    is_unaddressed: bool
    reminders: int
    reminded_at: AwareDatetime | None
    questions: Sequence[QuestionView]
    supplied: SupplyView | None

    @classmethod
    def of(cls, duty: Duty, stood: Standing, found: Register, at: datetime) -> DutyView:
        """From what was found."""
        key, item, names = duty.key, found.items[duty.key.item], found.names
        section = names.section(duty.form, key.section) if key.section else None
        form = names.forms.get(duty.form)
        reminders, reminded_at = found.reminded.get(key.id, (0, None))
        return cls(
            id=key.id,
            item=key.item,
            section=key.section or None,
            section_name=section.to_dict() if section else None,
            name=_named(item, section if key.item in found.parted else None).to_dict(),
            form=duty.form or None,
            form_title=form.to_dict() if form else None,
            area_list=key.area_list,
            area=key.area,
            period=key.period,
            completeness=key.completeness,
            round=key.round,
            supplier=duty.supplier,
            supplier_name=names.organisation(duty.supplier).to_dict(),
            room=duty.recipient,
            call=duty.call or None,
            is_shared=found.is_shared(duty),
            is_orphaned=found.is_orphaned(duty),
            due=last_day(stood.late_from),
            late_from=stood.late_from,
            closed_from=duty.closed_from,
            state=stood.state,
            timeliness=stood.timeliness,
            first_received_at=stood.first,
            submission=stood.submission,
            attempt=stood.attempt,
            requested=RequestView(until=last_day(asked.until), reason=asked.reason, at=asked.at)
            if (asked := stood.requested)
            else None,
            granted=[GrantView.of(one) for one in stood.granted],
            refused=[RefusalView.of(one) for one in stood.refused],
            is_unaddressed=duty.supplier in found.unaddressed,
            reminders=reminders,
            reminded_at=reminded_at,
            difficulty=DifficultyView.of(stood.difficulty, at) if stood.difficulty else None,
            questions=QuestionView.of(stood.thread),
            supplied=_supplied(stood.supplied) if stood.supplied else None,
        )


def _supplied(one: Delivery) -> SupplyView:
    at = one.accepted_at or one.received_at
    return SupplyView(document=one.document or "", on=day(one.received_at), at=at)


def _named(item: Item | Report, section: Text | None) -> Text:
    if section is None:
        return item.name
    return texts("catalogue.duties.section", item=item.name, section=section)


class DutiesView(BaseModel):
    """The duties by when their terms end, as they stood `at`; `total` counts those of all pages.

    `unread` are items of the catalogue that make none, as they can't be read as they stand: enter them anew.
    """

    at: AwareDatetime
    total: int
    duties: Sequence[DutyView]
    unread: Sequence[str] = ()


class MeasureView(BaseModel):
    """How well a group's duties were met; only a month has no `name`. `on_time` is the share of `counted` whose first
    attempt came in time and was not returned, `complete` that of what is accepted by now; both None where nothing
    counts.

    What is open or excused doesn't count; how long the office takes never does. `response_days` is the median from a
    return to the next attempt.
    """

    group: str
    name: dict[str, str] | None
    counted: int
    on_time: float | None
    complete: float | None
    timeliness: Mapping[Timeliness, int]
    states: Mapping[State, int]
    returns: int
    corrections: int
    response_days: float | None

    @classmethod
    def of(cls, group: str, name: Text | None, measure: Measure) -> MeasureView:
        """From what was counted."""
        return cls(
            group=group,
            name=name.to_dict() if name else None,
            counted=measure.counted,
            on_time=measure.on_time,
            complete=measure.complete,
            timeliness=measure.timeliness,
            states=measure.states,
            returns=measure.returns,
            corrections=measure.corrections,
            response_days=None
            if measure.response is None
            else round(measure.response / timedelta(days=1), 2),
        )


class MeasuresView(BaseModel):
    """The measures as they stood `at`; of duties alone, what is shared without one is measured apart."""

    at: AwareDatetime
    by: MeasuredBy
    measures: Sequence[MeasureView]
