"""The facts that policy decides from, as they are loaded: comparable, so that a change is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.events.common import Article, Head
from services.events.policy import Reason, Release, ReleaseState
from services.kernel.command import Act
from services.kernel.events import ObjectReference
from services.model.flags import Combination
from services.model.regulation import Instrument
from services.model.text import normalise
from services.policy.decisions.figures import Figure, Reported, figures_of, indicators, reported
from services.policy.evidence.finding import Finding, Kind
from services.policy.law.consent import Consent
from services.policy.law.verdict import COMPILERS, KINDS, Audience, Verdict, WorkSecret

# What the columns of a form may ask for, and the kinds of identifiers that this allows.
DEMANDS: Mapping[str, frozenset[Kind]] = {
    "name": frozenset({Kind.PERSON_NAME, Kind.ORGANISATION_NAME, Kind.HOUSEHOLD}),
    "address": frozenset({Kind.ADDRESS}),
    "personal_id": frozenset({Kind.IDENTITY_NUMBER}),
    "tax_code": frozenset({Kind.TAX_CODE}),
    "phone": frozenset({Kind.PHONE}),
    "email": frozenset({Kind.EMAIL}),
    "bank_account": frozenset({Kind.BANK_ACCOUNT}),
    "coordinates": frozenset({Kind.COORDINATES}),
    "household": frozenset({Kind.HOUSEHOLD}),
}


@dataclass(frozen=True)
class FormFacts:
    """What policy asks of a form: whose it is, its regime, the identifiers that it demands, and who accepts it.

    `indicators` are those that it asks for, `reported` where their figures stand. `systems` are the indicator systems
    that it reports figures of: they are under embargo until released. `is_system`: whether all its figures are of such.
    """

    province: str | None
    regime: str
    demanded: frozenset[str]
    acceptance: str = "automatic"
    systems: frozenset[str] = frozenset()
    is_system: bool = False
    indicators: frozenset[str] = frozenset()
    reported: frozenset[Reported] = frozenset()

    def unpublished(self, head: Head, released: frozenset[Figure]) -> bool:
        """Whether a submission with this head may hold a figure of an indicator system that isn't published."""
        reported = (indicator for indicator in self.reported if indicator[0] in self.systems)
        return any(figure not in released for figure in figures_of(reported, head))

    @classmethod
    def of(cls, body: Mapping[str, Any], lists: Mapping[str, Mapping[str, Any]]) -> FormFacts:
        """From the catalogue's entry, also one that was written before these fields were there.

        `lists` are code lists by id. One that is not known, or doesn't say that it is no indicator system, counts as
        one: nobody can forget an embargo.
        """
        columns = [column for table in body["tables"] for column in table["columns"]]
        systems = frozenset(
            id_
            for id_ in indicator_lists(body)
            if lists.get(id_, {}).get("indicator_system") is not False
        )
        asked = {column["identifier"] for column in columns if column.get("identifier")}
        return cls(
            province=body.get("province"),
            regime=body["regime"],
            demanded=frozenset(
                kind.value for requirement in asked for kind in DEMANDS.get(requirement, ())
            ),
            acceptance=body.get("acceptance", "automatic"),
            systems=systems,
            is_system=all(table.get("indicator_list") in systems for table in body["tables"]),
            indicators=indicators(body),
            reported=frozenset(reported(body)),
        )


def indicator_lists(form: Mapping[str, Any]) -> frozenset[str]:
    """The code lists that a form (the catalogue's entry) takes its indicators from, besides its own codes."""
    named = (table.get("indicator_list") for table in form["tables"])
    return frozenset(name for name in named if name)


@dataclass(frozen=True)
class ItemFacts:
    """What the agreement says: which room is responsible, to whom it may go on and what for, and its last day.

    `recipients` are kinds of audience, `named` organisations, `purposes` as they are compared. Where nothing was
    agreed, there is neither.
    """

    room: str | None = None
    recipients: frozenset[str] | None = None
    agreed: bool = False
    agreed_from: date | None = None
    agreed_to: date | None = None
    named: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()

    def is_for(self, purpose: str) -> bool:
        """Whether it may be asked for with this purpose, in whatever case and spaces it is written."""
        return normalise(purpose) in self.purposes

    def is_to(self, audience: Audience) -> bool:
        """Whether it may go on to this audience: by its kind, or as an organisation that it names (R22)."""
        by_kind = self.recipients is None or audience.kind in self.recipients
        return by_kind or audience.id in self.named

    def agreement(self, today: date) -> str:
        """Whether there is a signed agreement, and it is in force: none, in_force or expired.

        One that has not begun lets figures go on to others no more than one that ended: it is expired, too.
        """
        if not self.agreed:
            return "none"
        if self.agreed_from is not None and today < self.agreed_from:
            return "expired"
        ended = self.agreed_to is not None and self.agreed_to < today
        return "expired" if ended else "in_force"

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> ItemFacts:
        """From the catalogue's entry; an item that names no recipients restrains nobody (R17)."""
        recipients = body.get("recipients")
        allowed = KINDS if recipients is None else KINDS & {COMPILERS.kind, *recipients}
        agreement = body.get("agreement")
        first, last = (
            date.fromisoformat(on) if (on := (agreement or {}).get(name)) else None
            for name in ("valid_from", "valid_to")
        )
        return cls(
            body.get("room"),
            allowed,
            agreement is not None,
            first,
            last,
            named=frozenset(recipients or ()) - KINDS,
            purposes=frozenset(map(normalise, body.get("purposes") or ())),
        )


@dataclass(frozen=True)
class Evidence:
    """What was found in an attempt itself, kept with it: cells and kinds, never a text.

    `flags` are empty where no figure has any. `lost` counts figures that would be without a number from here on.
    `work_secret`: whether it is one, by its statement; undecided where its texts say so, and its statement doesn't.
    `received_at` is None for one from before that was told; `is_after_closing`: the first delivery, after its duty
    closed; `is_unexplained`: a revision after that, and it doesn't say why.
    """

    findings: tuple[Finding, ...] | None
    errors: int | None
    integrity: str | None
    warnings: int = 0
    markings: tuple[Finding, ...] = ()
    flags: tuple[Combination, ...] = ()
    lost: int = 0
    work_secret: WorkSecret = WorkSecret.NO
    received_at: datetime | None = None
    is_after_closing: bool = False
    is_unexplained: bool = False


@dataclass(frozen=True)
class Hold:
    """Who has to decide about a held attempt, by when, and how many of them must agree."""

    room: str | None
    since: datetime
    due: datetime
    reviewers: int


@dataclass(frozen=True)
class Reviewed(Act):
    """What one person decided about a hold; `decision` is the number of the hold.

    `on_behalf` is whose deputy the person was, where it decided for a room of another.
    """

    id: UUID
    attempt: int
    decision: int
    outcome: str
    step: int
    at: datetime
    on_behalf: str | None = None


@dataclass(frozen=True)
class Attempt:
    """An attempt as it was decided last. `observations` is None for one from before this was kept."""

    attempt: int
    verdict: Verdict
    decision: int
    head: Head
    figures: int
    observations: ObjectReference | None
    evidence: Evidence
    checked: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    releases: tuple[Release, ...] = ()
    waived: frozenset[str] = frozenset()
    hold: Hold | None = None


@dataclass(frozen=True)
class Answer:
    """What was decided about a request, and by which number."""

    decision: int
    state: ReleaseState
    message: str
    articles: tuple[Article, ...]
    submission_id: str | None
    at: datetime


@dataclass(frozen=True)
class Judgement(Act):
    """What a person of the office's leadership says about a private interest: whether it harms nobody."""

    is_harmless: bool
    at: datetime


@dataclass(frozen=True)
class Asked:
    """A request of an audience for a figure; `answer` is None before the first."""

    id: UUID
    audience: Audience
    person: str
    figure: Figure
    purpose: str
    basis: str
    at: datetime
    answer: Answer | None = None
    private_interest: bool = False
    judgement: Judgement | None = None

    def needs_judgement(self, item: ItemFacts) -> bool:
        """Whether a person judges it first: by what it says of itself, or since the item is for other purposes.

        Those who ask for an interest of their own need not say so (R21).
        """
        return self.private_interest or not item.is_for(self.purpose)


@dataclass(frozen=True)
class Withdrawal(Act):
    """That an attempt, and all before it, were taken back: who entered it, and on which letter."""

    id: UUID
    attempt: int
    organisation: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of one submission. `forms` are by version, `instruments` all of the catalogue, of any day.

    `requests` are those for figures that it holds, `released` the figures of it that the office published, `standing`
    the audiences to whom the office reports such figures without a request, before it publishes them. `closings` are
    the moments at which the duties close that the attempt is for, `returned` when those came that were sent back.
    """

    forms: Mapping[int, FormFacts]
    sender_known: bool
    instruments: tuple[Instrument, ...]
    item: ItemFacts = ItemFacts()
    attempts: tuple[Attempt, ...] = ()
    reviews: tuple[Reviewed, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    consents: tuple[Consent, ...] = ()
    requests: tuple[Asked, ...] = ()
    released: frozenset[Figure] = frozenset()
    standing: tuple[Audience, ...] = ()
    closings: tuple[datetime, ...] = ()
    returned: tuple[datetime, ...] = ()
    last_decision: int = 0
    current_attempt: int | None = None

    def withdrawal(self, attempt: int) -> Withdrawal | None:
        """The withdrawal that an attempt falls under."""
        withdrawals = (
            withdrawal for withdrawal in self.withdrawals if withdrawal.attempt >= attempt
        )
        return min(withdrawals, key=lambda withdrawal: withdrawal.attempt, default=None)

    def replaced_by(self, attempt: int) -> Attempt | None:
        """The current attempt, whose place one with this number would take; None where it takes nobody's."""
        current = self.current_attempt
        return self.attempt(current) if current is not None and current < attempt else None

    def attempt(self, number: int) -> Attempt | None:
        """The attempt of this number, if it was decided about."""
        return next((attempt for attempt in self.attempts if attempt.attempt == number), None)
