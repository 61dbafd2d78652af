"""What events say of duties, and of what was said of them. Pure."""

from __future__ import annotations

from services.catalogue.duties.act import Said
from services.catalogue.duties.duty import Duty
from services.events.catalogue import ObligationChanged, ObligationHead


def head_of(duty: Duty) -> ObligationHead:
    """What events say of a duty."""
    key = duty.key
    return ObligationHead(
        duty_id=str(key.id),
        item=key.item,
        form=duty.form,
        area_list=key.area_list,
        area=key.area,
        period=key.period,
        completeness=key.completeness,
        round=key.round,
        supplier=duty.supplier,
        room=duty.recipient,
        section=key.section,
        report_vi=duty.report.vi if duty.report else "",
        report_en=duty.report.en if duty.report else "",
    )


def event_of(said: Said, duty: Duty) -> ObligationChanged:
    """The event of an act: of the words their hash."""
    return ObligationChanged(
        act_id=str(said.id),
        obligation=head_of(duty),
        change=said.change.value,
        until=said.until,
        person=said.person,
        organisation=said.organisation,
        document=said.document,
        channel=said.channel.value,
        row=said.row,
        column=said.column,
        reason_sha256=said.reason_sha256,
        changed_at=said.at,
    )
