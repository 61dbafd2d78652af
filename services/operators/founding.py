"""The work of `solieu people found`: as the database's administrator, whoever has no token and no password."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from services.catalogue.people.founding import Founded, NotFounded
from services.catalogue.people.founding import found as make
from services.catalogue.people.person import Person
from services.kernel.auth import Role
from services.kernel.clock import utc_now
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.outbox import Outbox
from services.kernel.problems import Problem
from services.kernel.settings import Settings, settings

WORKS = sa.text("select exists (select from intake.attempt)")

__all__ = ["Founded", "NotFounded", "found"]


def found(organisation: str, leaders: Sequence[str], config: Settings | None = None) -> Founded:
    """The first two leaders, each given as id=name, or that they wait. Raises NotFounded.

    Catalogue's process publishes what this writes into its outbox.
    """
    config = config or settings()
    if not config.admin_database_url:
        raise NotFounded("no-database")
    persons = [_person(organisation, leader) for leader in leaders]
    engine = connect(config.admin_database_url, application="solieu people found")
    try:
        outbox = Outbox("catalogue", codec(), utc_now)
        with Session(engine) as session, session.begin():
            works = bool(session.execute(WORKS).scalar_one())
            session.execute(sa.text("set local search_path to catalogue"))
            return make(session, outbox, persons, utc_now(), works_already=works)
    except Problem as problem:
        raise NotFounded("wrong") from problem
    finally:
        engine.dispose()


def _person(organisation: str, text: str) -> Person:
    id_, _, name = text.partition("=")
    try:
        return Person(id=id_, name=name, organisation=organisation, roles=(Role.LEADER,))
    except ValueError:
        raise NotFounded("wrong") from None
