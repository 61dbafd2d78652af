"""Duties as a calendar (iCalendar, RFC 5545), which the calendars of offices and telephones import or subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from services.catalogue.duties.views import DutyView
from services.model.messages import text
from services.model.product import PRODUCT
from services.model.text import Language
from services.model.wording import day

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar(duties: Iterable[DutyView], at: datetime, language: Language) -> bytes:
    """A day-long event on the last day of each duty, by its id: importing it again moves what moved."""
    made = Calendar()
    made.add("prodid", f"-//{PRODUCT}//")
    made.add("version", "2.0")
    made.add("x-wr-calname", text("catalogue.duties.calendar_name", language))
    for duty in duties:
        event = Event()
        event.add("uid", f"{duty.id}@solieu")
        event.add("dtstamp", at)
        event.add("dtstart", duty.due)
        event.add("dtend", duty.due + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        name = duty.name.get(language, duty.item)
        event.add(
            "summary", text("catalogue.duties.event", language, name=name, period=duty.period)
        )
        event.add(
            "description",
            text(
                "catalogue.duties.event_about",
                language,
                what=_what(duty, language),
                supplier=duty.supplier_name[language],
                area=f"{duty.area_list}/{duty.area}",
                due=day(duty.due, language),
                state=text(f"connector.due.state.{duty.state}", language),
            ),
        )
        made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _what(duty: DutyView, language: Language) -> str:
    if duty.form is None:
        return text("catalogue.duties.by_document", language)
    title = (duty.form_title or {}).get(language)
    form = f"{duty.form} ({title})" if title else duty.form
    return text("catalogue.duties.by_form", language, form=form)
