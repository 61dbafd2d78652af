"""The case of one attempt: from its event, the texts of its workbook, and the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from services.events.common import Head
from services.events.validation import FlagCombination, SubmissionReturned, SubmissionValidated
from services.kernel.events import Event
from services.model.enumerations import Regime
from services.model.flags import Combination, Flags
from services.model.regulation import day
from services.policy.decisions.facts import Evidence, Facts
from services.policy.evidence.finding import shown
from services.policy.evidence.identifiers.scan import scan
from services.policy.evidence.secrecy.scan import markings, names_work_secret
from services.policy.evidence.texts import CellsError, Texts, read
from services.policy.law.case import Case
from services.policy.law.consent import agreed, purpose_of
from services.policy.law.verdict import (
    ACCEPTANCE,
    COMPILERS,
    KINDS,
    SHARED_WITH,
    Audience,
    WorkSecret,
)

COMPILERS_ALONE = frozenset({COMPILERS.kind})


def evidence_of(
    event: Event[SubmissionValidated | SubmissionReturned], cells: bytes | None
) -> Evidence:
    """What a validated attempt's event and the texts of its workbook show."""
    texts, data = _texts(cells), event.data
    valid = data if isinstance(data, SubmissionValidated) else None
    return Evidence(
        findings=None if texts is None else shown(scan(texts, day(event.time).year)),
        markings=() if texts is None else shown(markings(texts)),
        errors=0 if valid else None,
        integrity=_integrity(valid, cells) if valid else None,
        warnings=data.warnings,
        flags=_flags(valid.flags or ()) if valid else (),
        work_secret=_work_secret(valid is not None and valid.work_secret, texts),
        received_at=data.received_at or event.time,
    )


def case_of(
    head: Head,
    evidence: Evidence,
    facts: Facts,
    today: date,
    waived: frozenset[str] = frozenset(),
    *,
    audience: Audience = COMPILERS,
    published: bool = False,
    private_interest: bool = False,
) -> Case:
    """The case of an attempt for an audience, by the law of `today`.

    A duty of a national form is taken in by national law. What an agency or the office shares in its province, it
    shares by the province's regulation (QĐ 1618/QĐ-UBND, Article 5(2) and (3); the second province's, Article 7). Where
    nothing was agreed about its going on, it is for the compilers alone, but for what national law has all supply.
    """
    form = facts.forms.get(head.form_version)
    duty = form is not None and {form.regime, head.regime} == {Regime.COORDINATION}
    absent = (("form", form is None), ("sender", not facts.sender_known))
    by_room = form is not None and form.acceptance == "room"
    kinds = frozenset(finding.kind for finding in evidence.findings or ())
    purpose = purpose_of(audience, private_interest)
    is_national = form is not None and form.province is None
    is_shared = audience.kind in SHARED_WITH or (audience == COMPILERS and not duty)
    is_provincial = form is not None and (not is_national or is_shared)
    is_national_duty = is_national and duty
    return Case(
        classification=head.classification,
        regime="coordination" if duty else "sharing",
        findings=evidence.findings,
        markings=evidence.markings,
        demanded=form.demanded if form else None,
        errors=evidence.errors,
        integrity=evidence.integrity,
        recipients=facts.item.recipients or (KINDS if is_national_duty else COMPILERS_ALONE),
        named=facts.item.named,
        agreement=facts.item.agreement(today),
        province=head.province if is_provincial else None,
        instruments=tuple(
            instrument for instrument in facts.instruments if instrument.in_force(today)
        ),
        missing=tuple(name for name, missing in absent if missing),
        consent=agreed(facts.consents, kinds, head.period, audience, purpose, today),
        needs_acceptance=_needs_acceptance(evidence, by_room) and ACCEPTANCE not in waived,
        lost=evidence.lost,
        is_after_closing=evidence.is_after_closing,
        is_unexplained=evidence.is_unexplained,
        work_secret=evidence.work_secret,
        unpublished=form is not None and form.unpublished(head, facts.released),
        published=published,
        private_interest=private_interest,
        waived=waived,
    )


def _needs_acceptance(evidence: Evidence, by_room: bool) -> bool:
    doubtful = evidence.warnings > 0 or evidence.lost > 0
    return by_room or doubtful or evidence.is_after_closing or evidence.is_unexplained


def _flags(given: Iterable[FlagCombination]) -> tuple[Combination, ...]:
    return tuple(
        Combination(Flags(flags.conf_status, flags.conf_redist, flags.embargo_time), flags.figures)
        for flags in given
    )


def _texts(cells: bytes | None) -> Texts | None:
    try:
        return None if cells is None else read(cells)
    except CellsError:
        return None


def _work_secret(stated: bool, texts: Texts | None) -> WorkSecret:
    if stated:
        return WorkSecret.YES
    named = texts is not None and names_work_secret(texts)
    return WorkSecret.UNDECIDED if named else WorkSecret.NO


def _integrity(data: SubmissionValidated, cells: bytes | None) -> str:
    """Whether the cells are the bytes that the event names, and the figures have a hash at all."""
    hashes = (data.cells.sha256, data.observations.sha256, data.rule_set)
    if cells is None or not all(len(digest) == 64 for digest in hashes):
        return "unproven"
    return "intact" if hashlib.sha256(cells).hexdigest() == data.cells.sha256 else "altered"
