"""What is told of duties: reminders to who owes, and what one side said of one to the other. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from services.events.catalogue import ObligationChanged, ObligationDue, ObligationHead
from services.model.messages import LANGUAGES, texts
from services.model.regulation import day
from services.model.text import Text
from services.model.wording import day as written
from services.notification.facts import Facts
from services.notification.notices import Notice, deciders, named_form, named_period


def of_change(data: ObligationChanged, facts: Facts) -> Iterator[Notice]:
    """What the office said is told to who owes; what that said, to the room that waits."""
    until = data.until and day(data.until - timedelta(microseconds=1))
    values = _values(data.obligation, facts) | {
        "until": Text(*(written(until, lang) if until else "–" for lang in LANGUAGES)),
        "document": Text(*(data.document or "–",) * 2),
        "speaker": _named(data.organisation, facts),
    }
    told = Notice(data.obligation.supplier, f"notice.obligation_{data.change}", values)
    if data.organisation != data.obligation.supplier:
        yield told
        return
    for room in _waiting(data.obligation, facts):
        yield replace(told, recipient=room)


def of_reminder(data: ObligationDue, facts: Facts) -> Iterator[Notice]:
    """Who owes it is reminded; once it escalates the head is addressed, and the room is told who is missing."""
    moment = "soon" if data.offset < 0 else "today" if data.offset == 0 else "overdue"
    values = _values(data.obligation, facts) | {
        "due": Text(*(written(data.due, lang) for lang in LANGUAGES)),
        "what": texts(f"notice.due.{'returned' if data.returned else 'nothing'}"),
    }
    message = "notice.due_head" if data.to_head else f"notice.due_{moment}"
    yield Notice(data.obligation.supplier, message, values, data.to_head)
    if data.to_head:
        for room in _waiting(data.obligation, facts):
            yield Notice(room, "notice.due_missing", values)


def _waiting(obligation: ObligationHead, facts: Facts) -> tuple[str, ...]:
    supplier = facts.organisations.get(obligation.supplier)
    return deciders(obligation.room, supplier.province if supplier else None, facts)


def _values(obligation: ObligationHead, facts: Facts) -> dict[str, Text]:
    section = obligation.section and facts.section(obligation.form, obligation.section)
    form = named_form(obligation.form, facts, section or None)
    report = Text(obligation.report_vi, obligation.report_en)
    owed = report if obligation.report_vi else texts("notice.form", form=form)
    return {
        "form": report if obligation.report_vi else form,
        "owed": owed,
        "Owed": Text(*(name[:1].upper() + name[1:] for name in (owed.vi, owed.en))),
        "period": named_period(obligation.period),
        "completeness": texts(f"notice.completeness.{obligation.completeness}"),
        "supplier": _named(obligation.supplier, facts),
    }


def _named(organisation: str, facts: Facts) -> Text:
    known = facts.organisations.get(organisation)
    return known.name if known else Text(*(organisation,) * 2)
