"""Whatever member of a closed set is shown to people has its words, in both languages.

A message whose id ends with a value is looked up as `f"prefix.{value}"`, or as `t("prefix." ~ value)` in a page. Each
such place of the product is found here, and says below which values may stand there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import get_args

import pytest

from services.catalogue.duties.act import Change as ObligationChange
from services.catalogue.duties.refusals import Code as DutyRefusal
from services.catalogue.duties.standing import State as Standing
from services.catalogue.duties.standing import Timeliness
from services.catalogue.entry import EntryKind
from services.catalogue.people.person import Person
from services.console import figures, inbox, receipts, standing
from services.console.pages import (
    changes,
    consents,
    duties,
    erasures,
    incidents,
    requests,
    submission,
    submissions_file,
    verifications,
)
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.events.policy import IncidentOutcome, ReleaseState
from services.events.policy import Outcome as Choice
from services.events.validation import AnswerKind
from services.intake.status import State
from services.kernel.auth import Role
from services.kernel.comparison import Gap
from services.kernel.growing import Why
from services.kernel.migration import InUse, NewerTables
from services.model import messages, system_errors, verifier
from services.model.enumerations import (
    Completeness,
    CoordinationChannel,
    Regime,
    SecretLevel,
    Severity,
)
from services.model.expression import Kind
from services.model.item import Category, Source
from services.model.observation import Missing
from services.model.period import Frequency
from services.model.regulation import Keeper
from services.model.rule import CellType
from services.model.statement import Classification, NilKind
from services.model.text import SCHEMAS, Language
from services.notification.store import State as Delivery
from services.operators.packs import Change as PackChange
from services.operators.review import Decision
from services.policy.decisions import refusals as policy
from services.policy.evidence.finding import Kind as Identifier
from services.policy.insight.explain import facts_of
from services.policy.law.case import Case
from services.policy.law.verdict import KINDS, Verdict, WorkSecret
from services.validation.checks.plausibility import Base
from services.validation.codes import RULE, Family
from services.validation.people import refusals as validation
from services.validation.people.verification import Result
from services.validation.workbook.kind import Kind as Content

SERVICES = SCHEMAS.parent / "services"
FOR_SOME_VALUES = re.compile(r"[a-z][\w.-]*[._]\{\}[\w.]*")
FOUND_IN = ("", "audit.", "connector.", "console.", "validation.")
"""What a module's own function puts before its ids."""


def symbols(topic: str, field: str) -> tuple[str, ...]:
    """The symbols of an enum in an event."""
    schema = json.loads((SCHEMAS / f"{topic}.avsc").read_text(encoding="utf-8"))
    (type_,) = [one["type"] for one in schema["fields"] if one["name"] == field]
    return tuple(type_["symbols"])


def _titled(codes: Iterable[str]) -> list[str]:
    """A problem has a title, and says how to mend it."""
    return [one for code in codes for one in (code, f"{code}.mend")]


MINIMAL = Case(
    classification=None, regime=None, findings=None, demanded=None, errors=None, integrity=None,
    recipients=None, province=None, instruments=(),
)  # fmt: skip
VERDICTS = [
    topic.rpartition(".")[2]
    for topic in (*verifier.DECISIONS, verifier.RETURNED)
    if topic != verifier.HELD
]
SHOWN: Mapping[str, Iterable[object]] = {
    "audit.unproved.{}": [one.value for one in verifier.Reason],
    "audit.verdict.{}": VERDICTS,
    "connector.answer_{}": AnswerKind,
    "catalogue.entry.{}": EntryKind,
    "catalogue.duties.{}": [f"{one.id}{end}" for one in DutyRefusal for end in ("", ".mend")],
    "connector.due.state.{}": Standing,
    "connector.due.timeliness.{}": Timeliness,
    "connector.report_{}": ("valid", "returned"),
    "connector.state_{}": State,
    "console.advice.{}": [one for one in State if one not in ("returned", "withheld")],
    "console.advice.{}.{}": [
        f"{state}.{who}" for state in ("returned", "withheld") for who in ("sender", "office")
    ],
    "console.answer.{}": AnswerKind,
    "console.answering.{}": submission.ANSWERS,
    "console.change.field.{}": (
        *(one.name for one in fields(Person) if one.name != "id"),
        *(name for names in changes.SHOWN.values() for name in names),
    ),
    "console.change.now.{}": changes.DECISIONS,
    "console.change.of.{}": PeopleChangeKind,
    "console.change.was.{}": set(PeopleChangeState) - {PeopleChangeState.PROPOSED},
    "console.channel.{}": CoordinationChannel,
    "console.check.result.means.{}": ("valid", "returned"),
    "console.check.result.{}": ("valid", "returned"),
    "console.classification.{}": Classification,
    "console.completeness.{}": Completeness,
    "console.consent.done.{}": consents.DONE,
    "console.decided.was.{}": Choice,
    "console.decided.{}": submission.DECIDED,
    "console.draft.nil.{}": NilKind,
    "console.draft.state.{}": ("drafted", "prepared", "sent"),
    "console.draft.step.{}": ("drafted", "prepared", "sent"),
    "console.duty.done.{}": duties.DONE,
    "console.duty.state.{}": Standing,
    "console.duty.timeliness.{}": Timeliness,
    "console.erasure.done.{}": erasures.DONE,
    "console.explanation.verdict.{}": Verdict,
    "console.facts.{}": ("prepared_by", "approved_by"),
    "console.figures.{}": (*figures.BESIDE, *Missing),
    "console.file.{}": submissions_file.COLUMNS,
    "console.filter.{}": ("all", *inbox.STATES[1:], *inbox.PASSING),
    "console.inbox.{}": ("form", "sender", "period"),
    "console.incident.ended.{}": incidents.ENDINGS,
    "console.incident.was.{}": (*IncidentOutcome, *symbols("incident.closed", "outcome")),
    "console.key.state.{}": ("confirmed", "refused", "waiting"),
    "console.period.half_year.{}": ("1", "2"),
    "console.period.{}": set(Frequency) - {Frequency.HALF_YEAR, Frequency.DAY},
    "console.receipt.check.{}": (*receipts.Step, "countersigned"),
    "console.receipt.event.{}": verifier.PERSONS,
    "console.receipt.means.{}": (*receipts.Step, "countersigned"),
    "console.receipt.result.{}": receipts.Result,
    "console.regime.{}": Regime,
    "console.request.done.{}": (*requests.STATES, *requests.JUDGEMENTS),
    "console.request.group.{}": requests.GROUPS,
    "console.request.state.{}": ("all", *ReleaseState),
    "console.request.was.{}": requests.JUDGEMENTS,
    "console.role.{}": Role,
    "console.severity.{}": Severity,
    "console.sort.{}": inbox.SORTS,
    "console.state.{}": (*State, *standing.TONES),
    "console.step.{}": (*State, *standing.TONES),
    "console.step.{}.ahead": ("validated", "cleared", "stored"),
    "console.verification.answered.{}": verifications.RESULTS,
    "console.verification.was.{}": Result,
    "unit.{}": ("VND", "HA", "PERCENT"),
    "unit.times.{}": ("3", "6", "9"),
    "notice.completeness.{}": Completeness,
    "notice.ending.{}": (*IncidentOutcome, *symbols("incident.closed", "outcome")),
    "notice.due.{}": ("nothing", "returned"),
    "notice.due_{}": [f"{one}{end}" for one in ("soon", "today", "overdue") for end in ("", ".subject")],
    "notice.obligation_{}": [f"{one}{end}" for one in ObligationChange for end in ("", ".subject")],
    "notice.finding_{}": [*AnswerKind, *(f"{one}.subject" for one in AnswerKind)],
    "notice.request_{}": symbols("request.decided", "state"),
    "notice.verification_{}": (*symbols("verification.changed", "state"), "correct"),
    "notice.outcome.{}": (*Choice, *symbols("review.decided", "outcome")),
    "operators.gap.{}": Gap,
    "operators.migrate.{}": [InUse.why, NewerTables.why],
    "pack.no_{}": (
        "organisation", "section", "indicator", "room", "recipient", "party", "item", "addressee",
        "office", "other_id",
    ),
    "operators.supply.{}": (
        "code", "indicator", "responsible", "form", "source", "assigned", "unit", "name", "forms",
    ),
    "operators.supply.from.{}": Source,
    "connector.measure.{}": (
        "group", "counted", "on_time", "complete", "missing", "returns", "response",
    ),
    "operators.offers.of.{}": Category,
    "operators.packs.is.{}": PackChange,
    "operators.partitions.{}": Why,
    "operators.part.{}": ("in_flight", "dead"),
    "operators.policy.{}": Verdict,
    "operators.policy.{}.{}": [
        *(f"agreement.{one}" for one in ("none", "in_force", "expired")),
        *(f"integrity.{one}" for one in ("intact", "altered", "unproven")),
        *(f"work_secret.{one}" for one in WorkSecret),
        *(f"missing.{one}" for one in ("form", "sender")),
    ],
    "operators.policy.fact.{}": facts_of(MINIMAL),
    "operators.review.{}": Decision,
    "operators.rules.verdict.{}": ("valid", "returned"),
    "policy.keeper.{}": (*Keeper, "unknown"),
    "policy.refused.{}": _titled(one.id for one in policy.Code),
    "policy.kind.{}": (
        *Identifier, *SecretLevel, *symbols("incident.opened", "level"),
    ),
    "policy.audience.{}": KINDS,
    "connector.notice.{}": Delivery,
    "rule.argument.{}": ("share", "places", "offset", "start", "length", "index"),
    "rule.kind.{}": [one.name.lower() for one in Kind],
    "system.{}": {*system_errors.USUAL.values(), "unknown_host"},
    "validation.answer.{}": [one for one in AnswerKind if one is not AnswerKind.EXPLAINED],
    "validation.completeness.{}": Completeness,
    "validation.base.{}": Base,
    "validation.kind.{}": Content,
    "validation.nil.{}": NilKind,
    "validation.page.next.{}": ("valid", "warned", "returned"),
    "validation.page.verdict.{}": ("valid", "warned", "returned"),
    "validation.refused.{}": _titled(one.id for one in validation.Code),
    "validation.frequency.{}": Frequency,
    "validation.regime.{}": Regime,
    "validation.severity.{}": (*Severity, RULE),
    "validation.codes.{}": ("level", f"level.{RULE}"),
    "validation.family.{}": Family,
    "validation.template.only_{}": set(CellType) - {CellType.TEXT},
}  # fmt: skip
NAMED_WHERE_CALLED = {
    "audit.{}", "audit.{}.{}", "catalogue.registry.{}", "catalogue.{}",
    "catalogue.{}.mend", "console.consent.{}", "console.number.{}", "console.trouble.{}",
    "console.trouble.{}.mend", "console.{}", "grdp.{}", "grdp.{}.mend", "notice.{}", "notice.{}.mend",
    "operators.dead.{}", "operators.difference.{}", "operators.topic.{}", "operators.trace.{}", "operators.rules.{}",
    "operators.{}", "operators.catalogue.{}", "operators.key.{}", "operators.people.{}",
    "operators.rules.untested.{}", "operators.schemas.{}",
    "operators.{}.{}", "policy.class.{}", "policy.if.{}", "policy.{}", "validate.column.{}",
    "validation.column.{}", "validation.marked.{}", "validation.repair.{}",
    "validation.template.{}", "validation.usage.{}", "validation.{}", "validation.{}.mend", "validation.verdict.{}",
    "connector.{}", "intake.{}", "validation.column_{}", "validation.slip.{}", "catalogue.change.{}",
    "notice.change.{}", "notice.people_{}", "operators.changes.{}", "operators.founding.{}",
    "operators.comparisons.{}", "operators.topics.{}", "usage.kind.{}", "operators.agreements.{}", "operators.packs.{}",
    "operators.offers.{}", "connector.column.{}", "help.{}",
}  # fmt: skip
"""Of no closed set: their values are written out beside the call, or are codes that have tests of their own."""


def looked_up() -> Iterator[tuple[str, str]]:
    """Each place where the id of a message ends with a value, with the id as it stands there."""
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield f"{path.name}:{node.lineno}", _pattern(node)
    for path in sorted(SERVICES.rglob("*.html")):
        for found in re.finditer(r'"([\w.]+)" ~ ', path.read_text(encoding="utf-8")):
            yield path.name, found[1] + "{}"


def _pattern(text: ast.JoinedStr) -> str:
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in text.values)


def messages_like(pattern: str) -> Iterator[str]:
    """The ids, with what a module puts before them, that the pattern stands for."""
    for before in FOUND_IN:
        whole = re.escape(before + pattern).replace(r"\{\}", r"[\w-]+")
        if any(re.fullmatch(whole, one) for one in messages.catalogue("vi")):
            yield before + pattern


def test_each_message_that_ends_with_a_value_says_here_which() -> None:
    unknown = {
        (place, pattern)
        for place, pattern in looked_up()
        if FOR_SOME_VALUES.fullmatch(pattern)
        and (found := set(messages_like(pattern)))
        and not found & (SHOWN.keys() | NAMED_WHERE_CALLED)
    }
    assert not unknown


def test_nothing_is_said_of_a_message_that_nobody_looks_up() -> None:
    found = {before + pattern for _, pattern in looked_up() for before in FOUND_IN}
    assert set(SHOWN) <= found


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("pattern", SHOWN)
def test_every_value_that_is_shown_has_its_words(pattern: str, language: Language) -> None:
    head, _, rest = pattern.partition("{}")
    values = [str(one) for one in SHOWN[pattern]]
    assert values
    known = messages.catalogue(language)
    tail = "" if rest == ".{}" else rest
    assert not [one for one in values if f"{head}{one}{tail}" not in known]
