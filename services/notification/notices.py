"""Who is told what of each event. Nothing of it is a figure, a cell's value or a person's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.events.catalogue import CalendarReleased, PeopleChanged
from services.events.common import Article, Head
from services.events.grdp import FigureRecalled
from services.events.intake import SubmissionRefused
from services.events.policy import (
    IncidentClosed,
    IncidentOpened,
    Reason,
    RequestDecided,
    ReviewDecided,
    SubmissionCleared,
    SubmissionHeld,
    SubmissionWithdrawn,
    SubmissionWithheld,
)
from services.events.validation import (
    FindingAnswered,
    SectionsCompared,
    SubmissionReturned,
    VerificationChanged,
)
from services.model.messages import joined, texts
from services.model.period import Period, PeriodError
from services.model.text import ModelError, Text
from services.model.wording import law, moment
from services.notification.facts import Facts, Known

NONE = Text("không có", "none")
AUDIENCES_OF_ORGANISATIONS = ("agency", "room", "provincial_committee", "national_office")
Verdict = (
    SubmissionReturned
    | SubmissionCleared
    | SubmissionHeld
    | SubmissionWithheld
    | SubmissionWithdrawn
)
Based = Article | Reason | SubmissionRefused | IncidentOpened
"""What names the article that it rests on."""


@dataclass(frozen=True)
class Notice:
    """A message for one organisation, and for its head where that is asked to see to it."""

    recipient: str
    message: str
    values: Mapping[str, Text]
    to_head: bool = False


def of_verdict(data: Verdict, facts: Facts) -> Iterator[Notice]:
    """What the sender is told, of a held attempt those who decide about it, of one taken back the office."""
    verdict = data.TOPIC.removeprefix("submission.")
    reasons = data.reasons if isinstance(data, SubmissionHeld | SubmissionWithheld) else ()
    values = {**_submission(data.head, facts), "reasons": _reasons(reasons, facts)}
    yield Notice(data.head.sender, f"notice.{verdict}", values)
    if isinstance(data, SubmissionHeld):
        reviewers = str(data.reviewers)
        asked = {**values, "due": _time(data.due), "reviewers": Text(reviewers, reviewers)}
        for decider in deciders(data.room, data.head.province, facts):
            yield Notice(decider, "notice.to_review", asked)
    if isinstance(data, SubmissionWithdrawn):
        for office in facts.offices(data.head.province):
            yield Notice(office, "notice.withdrawn_office", values)


def of_recall(data: FigureRecalled, facts: Facts) -> Iterator[Notice]:
    """What those who read figures before are told; the compilers have it in their feed, and in the office's notice."""
    if data.audience_kind == "compilers":
        return
    values = {**_submission(data, facts), "last": _time(data.last_read_at)}
    own = data.organisation or data.audience_id
    readers = data.audience_id.split() if data.audience_kind == "room" else (own,)
    for reader in readers:
        yield Notice(reader, "notice.recalled", values)


def of_refusal(data: SubmissionRefused, facts: Facts) -> Iterator[Notice]:
    """What the sender is told. What it stated is shown only where the catalogue knows it: else it could be anything."""
    if data.sender is None:
        return
    if data.code == "state-secret":
        articles = [data] if data.instrument else []
        yield Notice(data.sender, "notice.secret", {"articles": _articles(articles, facts)})
        return
    form = data.form if data.form in facts.titles else None
    reason = _text(f"intake.{data.code.replace('-', '_')}") or plain(data.code)
    values = {
        "form": named_form(form, facts),
        "period": named_period(data.period),
        "reason": reason,
    }
    yield Notice(data.sender, "notice.refused", values)


def of_answer(data: FindingAnswered, facts: Facts) -> Iterator[Notice]:
    """An explanation is told to the room, or the office, that decides about it; a decision to the sender."""
    found = plain(data.rule or data.code)
    values = {**_submission(data.head, facts), "finding": plain(data.finding), "rule": found}
    told = Notice(data.head.sender, f"notice.finding_{data.kind}", values)
    if data.kind != "explained":
        yield told
        return
    for decider in deciders(data.room, data.head.province, facts):
        yield replace(told, recipient=decider)


def of_verification(data: VerificationChanged, facts: Facts) -> Iterator[Notice]:
    """A question is told to the room that verifies, what was found to the one that asked, a fault to the sender."""
    cells = plain(", ".join(data.cells)) if data.cells else texts("notice.all_cells")
    told = Notice(
        data.head.sender,
        f"notice.verification_{data.state}",
        {**_submission(data.head, facts), "cells": cells},
    )
    whose = data.verifier if data.state == "asked" else data.room
    for room in deciders(whose, data.head.province, facts):
        yield replace(told, recipient=room)
    if data.state == "wrong":
        yield replace(told, message="notice.verification_correct")


def of_sections(data: SectionsCompared, facts: Facts) -> Iterator[Notice]:
    """Whoever sent a part and its room are asked which is wrong, by the rule alone: a value is its sender's."""
    failing = dict.fromkeys((one.expression, ", ".join(one.sections)) for one in data.failing)
    values = {
        "form": named_form(data.form, facts),
        "period": named_period(data.period),
        "completeness": texts(f"notice.completeness.{data.completeness}"),
        "rules": joined(
            (
                texts("notice.section_rule", expression=expression, sections=sections)
                for expression, sections in failing
            ),
            "; ",
        ),
    }
    message = "notice.sections_differ" if data.failing else "notice.sections_agree"
    senders = [part.sender for part in data.parts]
    rooms = [
        room
        for part in data.parts
        if (sender := facts.organisations.get(part.sender)) is not None
        for room in deciders(part.room, sender.province, facts)
    ]
    for recipient in dict.fromkeys((*senders, *rooms)):
        yield Notice(recipient, message, values)


def of_review(data: ReviewDecided, known: Known, facts: Facts) -> Iterator[Notice]:
    """What the room, or the office, whose turn it was is told; the sender hears of the verdict that follows."""
    message = "notice.reviewed" if data.step >= data.steps else "notice.second_review"
    values = {
        "submission": plain(data.submission_id),
        "attempt": plain(str(data.attempt)),
        "form": named_form(known.form, facts),
        "period": named_period(known.period),
        "outcome": texts(f"notice.outcome.{data.outcome}"),
    }
    for decider in deciders(data.room, known.province, facts):
        yield Notice(decider, message, values)


def of_incident(data: IncidentOpened, facts: Facts) -> Iterator[Notice]:
    """A suspected state secret is told to its sender, and to the leadership of the office."""
    articles = [data] if data.instrument else []
    values = {
        "submission": plain(data.submission_id),
        "attempt": plain(str(data.attempt)),
        "form": named_form(data.form, facts),
        "level": texts(f"policy.kind.{data.level}"),
        "articles": _articles(articles, facts),
    }
    yield Notice(data.sender, "notice.secret_suspected", values)
    for office in facts.offices(data.province):
        yield Notice(office, "notice.secret_incident", values)


def of_ending(data: IncidentClosed, known: Known, facts: Facts) -> Iterator[Notice]:
    """How an incident ended is told to the leadership."""
    values = {
        "submission": plain(data.submission_id),
        "attempt": plain(str(data.attempt)),
        "form": named_form(known.form, facts),
        "outcome": texts(f"notice.ending.{data.outcome}"),
    }
    for office in facts.offices(known.province):
        yield Notice(office, "notice.secret_ended", values)


def of_request(data: RequestDecided, facts: Facts) -> Iterator[Notice]:
    """What the asking organisation is told. A user group is no organisation: nobody."""
    if data.audience_kind in AUDIENCES_OF_ORGANISATIONS:
        values = {
            **_figure(data),
            "articles": _articles(data.articles, facts),
            "reason": _text(data.message) or NONE,
        }
        yield Notice(data.audience_id, f"notice.request_{data.state}", values)


def of_people(data: PeopleChanged, facts: Facts) -> Iterator[Notice]:
    """Who may act is told to the statistics office's leadership, and to the organisation concerned.

    A contact address is told at the one that holds until the change does: the old one hears of it. What was set up
    before there were leaders is told to nobody, but the founding itself is; nor is that somebody chose a new password.
    """
    is_own = data.what == "password" and data.author == data.person
    if is_own or (data.founding and data.what != "founding"):
        return
    values = {
        "what": texts(f"notice.change.{data.what}"),
        "subject": plain(data.person or data.entry or data.organisation or "?"),
        "author": plain(data.author),
        "second": plain(data.decided_by) if data.decided_by else NONE,
        "change": plain(data.change_id),
    }
    concerned = facts.organisations.get(data.organisation or "")
    offices = facts.offices(concerned.province if concerned else None)
    for recipient in dict.fromkeys([*offices, *([concerned.id] if concerned else [])]):
        yield Notice(recipient, f"notice.people_{data.state}", values)


def of_release(data: CalendarReleased, facts: Facts) -> Iterator[Notice]:
    """What is published concerns everyone of the province, and those without one."""
    day = data.document_date
    document = Text(
        f"{data.document_number} ngày {day:%d/%m/%Y}",
        f"{data.document_number} of {day.isoformat()}",
    )
    values = {**_figure(data), "document": document}
    province = data.area if data.area_list == "34" else None
    for organisation in facts.organisations.values():
        if None in (province, organisation.province) or province == organisation.province:
            yield Notice(organisation.id, "notice.published", values)


def deciders(room: str | None, province: str | None, facts: Facts) -> tuple[str, ...]:
    """Who decides: the room, the office of the province where there is none."""
    return (room,) if room else facts.offices(province)


def _submission(data: Head | FigureRecalled, facts: Facts) -> dict[str, Text]:
    section = facts.own_section(data.form, data.sender) if isinstance(data, Head) else None
    return {
        "submission": plain(data.submission_id),
        "attempt": plain(str(data.attempt)),
        "form": named_form(data.form, facts, section),
        "period": named_period(data.period),
        "completeness": texts(f"notice.completeness.{data.completeness}"),
    }


def _figure(data: RequestDecided | CalendarReleased) -> dict[str, Text]:
    """Which figure, never the figure."""
    return {
        "indicator": plain(data.indicator),
        "area": plain(data.area),
        "period": named_period(data.period),
        "completeness": texts(f"notice.completeness.{data.completeness}"),
    }


def named_form(form: str | None, facts: Facts, section: Text | None = None) -> Text:
    """A form by its id and title, and the section where it is about one of them."""
    title = facts.titles.get(form) if form else None
    if not form:
        return Text("?", "?")
    named = Text(f"{form} ({title.vi})", f"{form} ({title.en})") if title else plain(form)
    return texts("notice.part", form=named, section=section) if section else named


def named_period(text: str | None) -> Text:
    """A period in its one spelling."""
    try:
        return plain(str(Period.parse(text or "")))
    except PeriodError:
        return Text("?", "?")


def _reasons(reasons: Iterable[Reason], facts: Facts) -> Text:
    """Each reason in words, with its article."""
    found = []
    for reason in reasons:
        article = _article(reason, facts)
        words = _text(reason.message) or plain(reason.policy)
        # What a person decided names no article.
        vi, en = (f" ({named})" if named else "" for named in (article.vi, article.en))
        found.append(Text(f"- {words.vi}{vi}", f"- {words.en}{en}"))
    if not found:
        return NONE
    return Text("\n".join(reason.vi for reason in found), "\n".join(reason.en for reason in found))


def _articles(articles: Iterable[Based], facts: Facts) -> Text:
    found = [_article(article, facts) for article in articles]
    if not found:
        return NONE
    return Text(
        "; ".join(article.vi for article in found), "; ".join(article.en for article in found)
    )


def _article(based: Based, facts: Facts) -> Text:
    instrument = based.instrument or ""
    return law(facts.instruments.get(instrument, instrument), based.article, based.clause)


def _text(message: str) -> Text | None:
    """A message of the catalogue; None for one that is unknown or would need values."""
    try:
        return texts(message)
    except ModelError:
        return None


def _time(at: datetime | None) -> Text:
    return NONE if at is None else moment(at)


def plain(text: str) -> Text:
    """What is the same in both languages."""
    return Text(text, text)
