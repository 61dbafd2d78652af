"""What is taken in, and as what: pure decisions on a statement, on facts, and on what was sent before."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.intake import content as contents
from services.intake.content import Workbook
from services.intake.refusal import Code, Refusal
from services.intake.sections import unsuitable
from services.intake.status import State
from services.model.crosswalk import Area, provinces
from services.model.form import Form
from services.model.organisation import is_office_for
from services.model.period import Period, PeriodError
from services.model.sender import SKEW, SenderKey
from services.model.statement import MAX_BYTES, SecretNotice, Statement
from services.model.text import ModelError

LIFE = timedelta(days=10)
"""How old a statement may be that is taken in: its sender may have been cut off for so long."""


@dataclass(frozen=True)
class Facts:
    """What the catalogue says about a statement's sender, office, form and area.

    `item` is the one by which the sender supplies the form; None for none. `areas` are the codes of the stated list;
    None where the catalogue has no such list. `agreement` is the number and
    last day of the one by which the form was shared and which has ended; None where none has. `sections` are those of
    the form that the sender answers for.
    """

    catalogue_version: int
    organisation: Mapping[str, Any] | None
    office: Mapping[str, Any] | None
    form: Form | None
    item: str | None
    forms: tuple[str, ...] = ()
    areas: frozenset[str] | None = None
    agreement: tuple[str, date] | None = None
    sections: frozenset[str] = frozenset()

    @property
    def province(self) -> str | None:
        """The sender's province (list 34); None for a national body."""
        return (self.organisation or {}).get("province")


@dataclass(frozen=True)
class Attempt:
    """An attempt that was taken in before, as far as repeating it goes."""

    submission_id: UUID
    attempt: int
    sha256: str
    regime: str
    classification: str
    form_version: int
    state: State
    sequence: int
    issued_at: datetime
    nil: str = ""
    token: str = ""

    def has(self, statement: Statement) -> bool:
        """Whether it is about the same content, under the same declarations."""
        mine = (self.sha256, self.regime, self.classification, self.nil)
        stated = (statement.sha256, statement.regime, statement.classification, nil_of(statement))
        return mine == stated


def nil_of(statement: Statement) -> str:
    """Why the attempt is meant to have no numbers, as its event says it; empty where it is not."""
    return statement.nil.kind.value if statement.nil else ""


@dataclass(frozen=True)
class Repeat:
    """It is here already."""

    attempt: Attempt


@dataclass(frozen=True)
class New:
    """A new attempt, with its number."""

    attempt: int


def signer(
    claims: Statement | SecretNotice,
    key: SenderKey,
    now: datetime,
    person: str | None = None,
    *,
    by_office: bool = False,
) -> Refusal | None:
    """Why the holder of `key` may not state this now; None where it may.

    A person's key is good in the hands of who is logged in as that `person`, and nowhere else; the statement names
    that person, and a program's nobody. Where the office signs on a person's word, the statement says so, and is for
    that office: `by_office` where this service itself has just done it, since the office's programs may not.
    """
    sender, issued_at, approver = claims.sender, claims.issued_at, person
    if isinstance(claims, Statement):
        if office := claims.countersigned_by:
            sender = office if by_office and office == claims.aud else ""
        approver = claims.approved_by
    if issued_at - now > SKEW:  # first: by a clock that is behind, a new key is not in force yet
        return Refusal(Code.CLOCK, {"now": now.isoformat(timespec="seconds")})
    if not key.in_force(now):
        return Refusal(Code.KEY_NOT_IN_FORCE)
    if key.sender != sender:
        return Refusal(Code.OTHER_SENDER, {"sender": sender})
    is_named = by_office or approver == person
    return None if key.person == person and is_named else Refusal(Code.OTHER_SIGNER)


def door(statement: Statement, facts: Facts) -> Refusal | None:
    """What can be refused before any of the content is read."""
    if facts.organisation is None:
        return Refusal(Code.UNKNOWN_SENDER, {"sender": statement.sender})
    if facts.office is None or not is_office_for(facts.office, facts.province):
        return Refusal(Code.OTHER_OFFICE, {"office": statement.aud})
    if facts.form is None:
        return _unknown_form(statement.form, facts.forms)
    if not facts.form.may_come_from(facts.organisation):
        return Refusal(Code.OTHER_SENDERS_FORM, {"form": statement.form})
    if facts.item is None:
        values = {"form": statement.form, "sender": statement.sender, "office": statement.aud}
        return Refusal(Code.NO_ITEM, values)
    if (ended := facts.agreement) and "sharing" in (statement.regime, facts.form.regime):
        number, day = ended
        values = {"form": statement.form, "number": number, "day": f"{day:%d/%m/%Y}"}
        return Refusal(Code.AGREEMENT_ENDED, values)
    if statement.size == 0:
        return Refusal(Code.EMPTY)
    if statement.size > MAX_BYTES:
        return contents.too_large()
    return (
        _period(statement.period)
        or _area(statement, facts, facts.form)
        or unsuitable(statement.sections or (), facts.form, facts.sections)
    )


def content(statement: Statement, body: bytes) -> Workbook | Refusal:
    """The kind of workbook that was sent, or why it is none that the statement is about."""
    if not body:
        return Refusal(Code.EMPTY)
    if len(body) != statement.size or sha256(body).hexdigest() != statement.sha256:
        return Refusal(Code.OTHER_CONTENT)
    return contents.inspect(body)


def decide(
    token: str,
    statement: Statement,
    submission_id: UUID,
    known: Attempt | None,
    latest: Attempt | None,
    form: Form,
    now: datetime,
) -> Repeat | New | Refusal:
    """A new attempt, or one that is here already.

    `known` is what the statement's nonce was used for: the very same `token` is that attempt, whatever its sender has
    become responsible for since. `latest` is the submission's latest attempt. What was returned or
    withheld, or taken back, may be sent again unchanged: the form, the rules or the decision may have changed since.
    What is here already is repeated however old its statement is; nothing new rests on an old one, or on one from
    before the latest attempt's: whoever found it could put aside what its sender has corrected.
    """
    if known is not None:
        same = known.token == token or (
            known.submission_id == submission_id and known.has(statement)
        )
        return Repeat(known) if same else Refusal(Code.NONCE_USED)
    if latest is None:
        return _old(statement, None, now) or New(1)
    closed = latest.state in (State.RETURNED, State.WITHHELD, State.WITHDRAWN)
    if latest.has(statement) and latest.form_version == form.version and not closed:
        return Repeat(latest)
    return _old(statement, latest, now) or New(latest.attempt + 1)


def _old(statement: Statement, latest: Attempt | None, now: datetime) -> Refusal | None:
    if now - statement.issued_at > LIFE:
        return Refusal(Code.STATEMENT_EXPIRED, {"days": LIFE.days})
    if latest is not None and statement.issued_at < latest.issued_at:
        at = latest.issued_at.isoformat(timespec="seconds")
        return Refusal(Code.STATEMENT_OLDER, {"attempt": latest.attempt, "issued_at": at})
    return None


def _unknown_form(form: str, known: tuple[str, ...]) -> Refusal:
    nearest = difflib.get_close_matches(form, known, n=3, cutoff=0.4) or sorted(known)[:3]
    return Refusal(
        Code.UNKNOWN_FORM, {"form": form, "nearest": ", ".join(nearest)}, {"nearest": nearest}
    )


def _period(text: str) -> Refusal | None:
    try:
        Period.parse(text)
    except PeriodError:
        return Refusal(Code.MALFORMED_PERIOD, {"period": text})
    return None


def _area(statement: Statement, facts: Facts, form: Form) -> Refusal | None:
    unknown = Refusal(
        Code.UNKNOWN_AREA,
        {
            "area": statement.area,
            "area_list": statement.area_list,
            "lists": ", ".join(form.area_lists),
        },
        {"area_lists": list(form.area_lists)},
    )
    if statement.area_list not in form.area_lists:
        return unknown
    if facts.areas is not None and statement.area not in facts.areas:
        return unknown
    try:
        lies_in = provinces().successor(Area(statement.area_list, statement.area))
    except ModelError:
        return unknown
    if facts.province is not None and lies_in.code != facts.province:
        return Refusal(Code.OTHER_SENDERS_AREA, {"area": statement.area})
    return None
