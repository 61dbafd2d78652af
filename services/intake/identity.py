"""What submissions and refusals are called, and the head that every event about an attempt has. Pure."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

from services.events.common import Classification, Head
from services.intake.handler import Facts
from services.intake.refusal import Refusal
from services.intake.sections import covered
from services.model.codelist import WHOLE_COUNTRY
from services.model.form import Form
from services.model.period import Period
from services.model.statement import SecretNotice, Statement

NAMESPACE = UUID("5f0d2c1e-3a53-5b8e-9a63-7b6f1d0c7a11")
"""Of submission ids and refusal ids; never to change."""


def identity(statement: Statement, own: frozenset[str] = frozenset()) -> UUID:
    """The submission's id: sender, form, reference area, period and completeness round; the sections that it covers,
    where its form has any.
    """
    parts: list[str | int] = [
        statement.sender,
        statement.form,
        statement.area_list,
        statement.area,
        str(Period.parse(statement.period)),
        statement.completeness.value,
        statement.round,
    ]
    if sections := covered(statement.sections or (), own):
        parts.append(sections)
    return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False))


def refusal_id(token: str, refusal: Refusal) -> UUID:
    """The same statement refused for the same reason is one refusal, however often it is sent."""
    return uuid5(NAMESPACE, f"{refusal.code.id}/{token}")


def notice_id(notice: SecretNotice) -> UUID:
    """A document has one notice: its numbers begin anew each year (Nghị định 30/2020/NĐ-CP Điều 15)."""
    parts = ["secret-notice", notice.sender, notice.document_number, notice.date.year]
    return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False))


def head(statement: Statement, facts: Facts, form: Form, attempt: int) -> Head:
    """What every event about this attempt begins with."""
    return Head(
        submission_id=str(identity(statement, facts.sections)),
        attempt=attempt,
        sender=statement.sender,
        form=statement.form,
        form_version=form.version,
        area_list=statement.area_list,
        area=statement.area,
        period=str(Period.parse(statement.period)),
        completeness=statement.completeness,
        round=statement.round,
        regime=statement.regime,
        classification=_classification(statement),
        province=facts.province or form.province or WHOLE_COUNTRY,
        catalogue_version=facts.catalogue_version,
    )


def _classification(statement: Statement) -> Classification:
    """As events have it. An enum of Avro can't grow: programs that know no work secret read what is internal, and
    `work_secret` says the rest.
    """
    if statement.is_work_secret:
        return Classification.INTERNAL
    return Classification(statement.classification.value)
