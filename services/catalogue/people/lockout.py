"""How often a password may be guessed: a few times from one address, and not without end from all of them.

Whoever knows an id may try. So failures count for a person and an address together: a stranger shuts the door for the
own address, not for the person. Only many addresses at once shut it for everybody, and only for a quarter of an hour.
Who shares an address with the person (an office behind one router) still can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from services.catalogue.store import SCHEMA

FROM_ONE_ADDRESS = 5
FROM_ALL = 100
"""Failures in a row; after so many nobody gets in for BLOCKED, whatever the password."""
BLOCKED = timedelta(minutes=15)
LONGEST = 2 * BLOCKED
"""A block that is to last longer was set by a clock that was set back since, and is over."""
KEPT = timedelta(days=1)
IPV6_PREFIX = 64
"""One household or office has so many bits of addresses to itself."""

COUNT_OF_ADDRESS = sa.text("""
insert into failures as f (person, address, failures, changed_at)
select person, :address, 1, :now from credentials where person = :person
on conflict (person, address) do update set (failures, blocked_until, changed_at) = (
    select n, case when n >= :most then cast(:until as timestamptz) end, :now
    from (select case when f.blocked_until is null then f.failures else 0 end + 1 as n) counted)
where f.blocked_until is null or f.blocked_until <= :now or f.blocked_until > :longest
returning person
""")
COUNT_OF_ALL = sa.text("""
update credentials set (failures, blocked_until) = (
    select n, case when n >= :most then cast(:until as timestamptz) end
    from (select case when blocked_until is null then failures else 0 end + 1 as n) counted)
where person = :person
    and (blocked_until is null or blocked_until <= :now or blocked_until > :longest)
returning hash
""")
FORGET = sa.text("""
delete from failures where (person, address) in (
    select person, address from failures where changed_at < :before for update skip locked)
""")


class FailureRow(SQLModel, table=True):
    """A person's failures in a row from one address; rows of strangers' ids there are none."""

    __tablename__ = "failures"
    __table_args__ = SCHEMA

    person: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    failures: int
    blocked_until: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    changed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


@dataclass(frozen=True)
class Attempt:
    """A login that may go on: the hash to compare with."""

    hash: str | None


def address_of(host: str) -> str:
    """What counts as one address: of IPv6 the network, since a single host has the whole of it to choose from."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:100]
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), IPV6_PREFIX), strict=False))


def attempt(session: Session, person: str, address: str, now: datetime) -> Attempt | None:
    """Counts a failure before the password is compared, so that many tries at once are counted too.

    None where nobody has the id, or it is blocked. The commit doesn't wait for the disk: it would tell who is there.
    """
    session.execute(sa.text("set local synchronous_commit = off"))
    values = {"person": person, "now": now, "until": now + BLOCKED, "longest": now + LONGEST}
    here = {**values, "address": address, "most": FROM_ONE_ADDRESS}
    if session.execute(COUNT_OF_ADDRESS, here).first() is None:
        return None
    row = session.execute(COUNT_OF_ALL, {**values, "most": FROM_ALL}).first()
    return Attempt(row[0]) if row else None


def forgive(session: Session, person: str, now: datetime, address: str | None = None) -> None:
    """The password was right from this address, or is another one now (None): nothing counts any more."""
    failed = sa.delete(FailureRow).where(sa.column("person") == person)
    session.execute(failed if address is None else failed.where(sa.column("address") == address))
    session.execute(
        sa.text("update credentials set failures = 0, blocked_until = null where person = :person"),
        {"person": person},
    )
    session.execute(FORGET, {"before": now - KEPT})
