"""What validation tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from services.events.common import OfSubmission
from services.kernel.events import EventData, ObjectReference, derived_id
from services.model.enumerations import Completeness, Severity


@dataclass(frozen=True, kw_only=True)
class FlagCombination:
    """One combination of SDMX flags."""

    conf_status: Annotated[str, "SDMX CONF_STATUS."]
    conf_redist: Annotated[str, "SDMX CONF_REDIST: organisations to which it may go on."]
    embargo_time: Annotated[datetime | None, "SDMX EMBARGO_TIME."] = None
    figures: Annotated[int, "Figures that have it."]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found; never a value."""

    code: Annotated[str, "Stable code of the kind of finding."]
    rule: Annotated[str, "Rule of the form, or empty."]
    level: Annotated[int, "ESS validation level, 0 to 5."]
    severity: Annotated[Severity, "Weight."]
    sheet: Annotated[str, "Which sheet, #1 the first; its name may hold a value."]
    cells: Annotated[tuple[str, ...], "A1 addresses."]


class AnswerKind(StrEnum):
    """What an answer to a finding is: the sender's explanation, or an officer's decision."""

    EXPLAINED = "explained"
    ACCEPTED = "accepted"
    DOWNGRADED = "downgraded"
    REFUSED = "refused"


class VerificationState(StrEnum):
    """How far a verification is."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    WRONG = "wrong"
    METHOD = "method"


@dataclass(frozen=True, kw_only=True)
class SubmissionValidated(OfSubmission):
    """The content satisfies its form's rules."""

    TOPIC = "submission.validated"

    figures: Annotated[int, "Figures read."]
    rounded: Annotated[int, "Figures rounded to 6 decimals."]
    warnings: Annotated[int, "Findings of severity warning."]
    rules: Annotated[int, "Rules evaluated."]
    rule_set: Annotated[str, "SHA-256 of the rule set, hexadecimal."]
    observations: Annotated[ObjectReference, "Parquet, one row a figure."]
    cells: Annotated[ObjectReference, "Every text of the workbook."]
    report: Annotated[ObjectReference, "The validation report."]
    marked: Annotated[
        ObjectReference | None,
        "The sender's workbook with what was found marked in it, where anything was.",
    ] = None
    flags: Annotated[
        tuple[FlagCombination, ...] | None,
        "The distinct combinations of flags, the 64 most frequent; null: no figure has any.",
    ] = None
    work_secret: Annotated[
        bool,
        "Declared a work secret (bí mật công tác): it stays inside the statistics office. The"
        " classification is then internal, as far as older programs know.",
    ] = False
    received_at: Annotated[
        datetime | None, "When intake accepted the attempt; null from before this was told."
    ] = None
    sections: Annotated[
        str,
        "Sections of the form that it covers, parted by commas; empty where the form is one whole.",
    ] = ""
    explained: Annotated[
        bool, "Whether its statement says why it corrects what came before, or has no numbers."
    ] = False


@dataclass(frozen=True, kw_only=True)
class SubmissionReturned(OfSubmission):
    """The content breaks rules of its form; back to the sender."""

    TOPIC = "submission.returned"

    figures: Annotated[int, "Figures read."]
    errors: Annotated[int, "Findings of severity error."]
    warnings: Annotated[int, "Findings of severity warning."]
    rule_set: Annotated[str, "SHA-256 of the rule set, hexadecimal."]
    findings: Annotated[tuple[Finding, ...], "The first 20, without values; all are in the report."]
    report: Annotated[ObjectReference, "The validation report."]
    cells: Annotated[
        ObjectReference | None, "Every text of the workbook, where it could be read."
    ] = None
    marked: Annotated[
        ObjectReference | None,
        "The sender's workbook with what was found marked in it, where anything was.",
    ] = None
    received_at: Annotated[
        datetime | None, "When intake accepted the attempt; null from before this was told."
    ] = None


@dataclass(frozen=True, kw_only=True)
class FindingAnswered(OfSubmission):
    """Somebody answered to a finding of a report."""

    TOPIC = "finding.answered"

    answer_id: Annotated[str, "Identity of this answer."]
    finding: Annotated[str, "Id of the finding in the attempt's report."]
    code: Annotated[str, "Stable code of the kind of finding."]
    rule: Annotated[str, "Rule of the form, or empty."]
    cells: Annotated[tuple[str, ...], "A1 addresses, the first 100."]
    kind: Annotated[
        AnswerKind,
        "Explained by the sender; or by the office: a warning accepted, an error downgraded to a warning for this"
        " content, an explanation refused.",
    ]
    person: Annotated[
        str, "Who answered; an id of the catalogue or sender:<organisation>, never a name."
    ]
    organisation: Annotated[str, "Whose person that is."]
    role: Annotated[str, "In which role: agency, officer or leader."]
    room: Annotated[str | None, "Room that is responsible; null: the leadership."] = None
    content: Annotated[
        str,
        "SHA-256 of the attempt's original, hexadecimal; a downgrade holds for that content alone.",
    ]
    text: Annotated[
        str,
        "SHA-256 of the explanation or reason, hexadecimal; the text itself may hold figures and stays in validation.",
    ]
    document: Annotated[str | None, "Number of the document that it rests on."] = None
    answered_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class VerificationChanged(OfSubmission):
    """A room asked for figures to be verified, or was answered (QĐ 1908/QĐ-TCTK, Điều 10.2)."""

    TOPIC = "verification.changed"

    verification_id: Annotated[str, "Identity of the question; its answer has the same."]
    state: Annotated[
        VerificationState,
        "Asked; or answered: the figures are right, the sender must correct them, or the office's own processing is at"
        " fault.",
    ]
    cells: Annotated[tuple[str, ...], "A1 addresses that are in doubt; none: the whole submission."]
    room: Annotated[str | None, "Room that is responsible and asks; null: the leadership."] = None
    verifier: Annotated[str | None, "Room that verifies; null: the leadership."] = None
    person: Annotated[str, "Who asked or answered; an id of the catalogue, never a name."]
    organisation: Annotated[str, "Whose person that is."]
    role: Annotated[str, "In which role: compiler, officer or leader."]
    text: Annotated[
        str,
        "SHA-256 of the question or the answer, hexadecimal; the text itself may hold figures and stays in validation.",
    ]
    document: Annotated[str | None, "Number of the document that the answer rests on."] = None
    changed_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class RulesTried(EventData):
    """Somebody tried changed rules over attempts that were received."""

    TOPIC = "rules.tried"
    KEY = "person"

    trial_id: Annotated[str, "Trial."]
    person: Annotated[str, "Who tried them."]
    organisation: Annotated[str, "Organisation of that person."]
    form: Annotated[str, "Form of the catalogue."]
    change_sha256: Annotated[
        str, "SHA-256 of the change as canonical JSON: it may hold figures that were guessed."
    ]
    since: Annotated[str, "Day of receipt, in Viet Nam, from which on attempts were tried."]
    attempts: Annotated[int, "How many were tried: of those that the person may read."]
    tried_at: Annotated[datetime, "When."]

    @property
    def own_id(self) -> UUID:
        """A trial has one event."""
        return UUID(self.trial_id)


@dataclass(frozen=True, kw_only=True)
class SectionPart:
    """The attempt that stands for some sections of a form, and the room that is responsible for it."""

    submission_id: Annotated[str, "Its submission."]
    attempt: Annotated[int, "Its attempt."]
    sender: Annotated[str, "Organisation that sent it."]
    room: Annotated[str | None, "Room that is responsible; null: the leadership."] = None


@dataclass(frozen=True, kw_only=True)
class SectionRule:
    """A rule that spans sections and does not hold; never a value."""

    rule: Annotated[str, "Rule of the form."]
    expression: Annotated[str, "What does not hold, by codes of rows."]
    column: Annotated[str, "Column of the form."]
    sections: Annotated[tuple[str, ...], "Sections of which it names rows."]


@dataclass(frozen=True, kw_only=True)
class SectionsCompared(EventData):
    """Sections of a form that several send no longer fit together, or do again: another thing than was told last."""

    TOPIC = "sections.compared"

    comparison_id: Annotated[str, "Identity of what is told."]
    about: Annotated[str, "uuid5 of form, area, period and completeness round."]
    form: Annotated[str, "Form of the catalogue."]
    form_version: Annotated[int, "Version of the form by whose rules they were compared."]
    area_list: Annotated[str, "Code list of the reference area."]
    area: Annotated[str, "Code of the reference area in that list."]
    period: Annotated[str, "SDMX time period or time range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    round: Annotated[int, "Round of the completeness, from 1."]
    parts: Annotated[tuple[SectionPart, ...], "What was compared."]
    failing: Annotated[tuple[SectionRule, ...], "What does not hold; empty: all does again."]
    compared_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """What is told of the same area, time and form stands in one partition: the last word counts."""
        return self.about

    @property
    def own_id(self) -> UUID:
        """What is told has one event."""
        return derived_id(UUID(self.comparison_id), self.TOPIC, 0)
