"""The table of the acts that published figures; rows are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, col, select

from services.catalogue.calendar.release import Document, Facts, Figure, Release
from services.catalogue.entry import EntryKind
from services.catalogue.store import SCHEMA, newest
from services.model.enumerations import Completeness


class ReleaseRow(SQLModel, table=True):
    """One act; nothing is ever changed or deleted."""

    __tablename__ = "releases"
    __table_args__ = (
        sa.Index("releases_figure", "indicator_list", "indicator", "period"),
        SCHEMA,
    )

    id: UUID = Field(primary_key=True)
    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    completeness: str
    document_number: str
    document_date: date
    person: str
    released_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


def facts(session: Session, figure: Figure) -> Facts:
    """The codes that the figure's names are looked up in: the newest versions of its lists."""
    return Facts(*(_codes(session, list_) for list_ in (figure.indicator_list, figure.area_list)))


def _codes(session: Session, list_: str) -> frozenset[str] | None:
    codelist = newest(session, EntryKind.CODELIST, list_)
    return frozenset(code["code"] for code in codelist.body["codes"]) if codelist else None


def add(session: Session, release: Release) -> bool:
    """Writes the act; False where it is there already, perhaps by somebody who was quicker."""
    figure, document = release.figure, release.document
    values = {
        "id": release.id,
        **vars(figure),
        "completeness": figure.completeness.value,
        "document_number": document.number,
        "document_date": document.date,
        "person": release.person,
        "released_at": release.released_at,
    }
    statement = (
        insert(ReleaseRow).values(values).on_conflict_do_nothing().returning(col(ReleaseRow.id))
    )
    return session.execute(statement).first() is not None


def get(session: Session, id_: UUID) -> Release:
    """An act that is there."""
    return _release(session.exec(select(ReleaseRow).where(ReleaseRow.id == id_)).one())


def listed(session: Session, equal: Mapping[str, str], limit: int) -> list[Release]:
    """The latest acts, newest first; `equal` names columns and what they must be."""
    columns = SQLModel.metadata.tables["catalogue.releases"].c
    statement = (
        select(ReleaseRow)
        .where(*(columns[name] == value for name, value in equal.items()))
        .order_by(col(ReleaseRow.released_at).desc(), col(ReleaseRow.id))
        .limit(limit)
    )
    return [_release(row) for row in session.exec(statement)]


def _release(row: ReleaseRow) -> Release:
    return Release(
        row.id,
        Figure(
            row.indicator_list,
            row.indicator,
            row.area_list,
            row.area,
            row.period,
            Completeness(row.completeness),
        ),
        Document(row.document_number, row.document_date),
        row.person,
        row.released_at,
    )
