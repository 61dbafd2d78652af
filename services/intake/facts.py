"""What intake's copy of the catalogue says about a statement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from services.intake.handler import Facts
from services.kernel import replica
from services.kernel.replica import Entry
from services.model import organisation
from services.model.codelist import WHOLE_COUNTRY
from services.model.crosswalk import BEFORE, SINCE, provinces
from services.model.form import Form
from services.model.regulation import day
from services.model.responsibility import Item, item_of, items_of
from services.model.statement import Statement


def facts(session: Session, statement: Statement, now: datetime) -> Facts:
    """What the catalogue says about the statement's sender, office, form and area, as of `now`."""
    entry = _form_in_force(session, statement.form, now)
    bodies = (entry.body for entry in replica.in_force(session, "item", now))
    items = items_of(bodies, statement.sender, statement.form)
    item = item_of(items, statement.sender, statement.form)
    sender = _organisation(session, statement.sender, now)
    form = Form.from_dict(entry.body) if entry else None
    codelist = replica.get(session, "codelist", statement.area_list)
    return Facts(
        catalogue_version=replica.version(session),
        organisation=sender,
        office=_organisation(session, statement.aud, now),
        form=form,
        item=item["id"] if item else None,
        forms=() if entry else _form_ids(session),
        agreement=_ended(item, now),
        areas=frozenset(code["code"] for code in codelist.body["codes"]) if codelist else None,
        sections=form.sections_of(sender["kind"], items) if form and sender else frozenset(),
    )


def _organisation(session: Session, id_: str, now: datetime) -> dict[str, Any] | None:
    entry = replica.at(session, "organisation", id_, now)
    return entry.body if entry else None


def office_of(session: Session, sender: str, now: datetime) -> str:
    """The statistics office to which an organisation reports: that of its province, or the national one.

    Blank where the catalogue has none.
    """
    province = (_organisation(session, sender, now) or {}).get("province")
    known = (
        (one.id, one.body.get("kind"), one.body.get("province"))
        for one in replica.in_force(session, "organisation", now)
    )
    return organisation.office_of(province, known) or ""


def home_of(session: Session, sender: str, form: str, now: datetime) -> tuple[str, str]:
    """The list by which a form tells areas, its first one, and the sender's own area in it.

    Of a national body the whole country's code; of a province that has several areas in that list the first.
    """
    entry = _form_in_force(session, form, now)
    (area_list, *_) = Form.from_dict(entry.body).area_lists if entry else (SINCE,)
    province = (_organisation(session, sender, now) or {}).get("province")
    if province is None:
        return area_list, WHOLE_COUNTRY
    if area_list != BEFORE:
        return area_list, province
    return area_list, next((one.code for one in provinces().predecessors(province)), province)


def _ended(item: Item | None, now: datetime) -> tuple[str, date] | None:
    """Number and last day of the agreement of an item, where that day is over."""
    agreement = (item or {}).get("agreement") or {}
    last = date.fromisoformat(agreement["valid_to"]) if agreement.get("valid_to") else None
    return (agreement["number"], last) if last is not None and last < day(now) else None


def _form_in_force(session: Session, form: str, now: datetime) -> Entry | None:
    """The newest version of the form that is in force."""
    rows = session.execute(
        sa.text(
            "select kind, id, version, body, valid_from, valid_to from replica"
            " where kind = 'form' and id = :id order by version desc"
        ),
        {"id": form},
    )
    return next((entry for entry in (Entry(*row) for row in rows) if entry.in_force(now)), None)


def _form_ids(session: Session) -> tuple[str, ...]:
    statement = sa.text("select distinct id from replica where kind = 'form' order by id")
    return tuple(session.execute(statement).scalars())
