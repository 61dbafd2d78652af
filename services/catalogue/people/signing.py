"""The keys that sign tokens: made at the first need, changed by command, old ones shown until their tokens end.

Their private halves lie in the database wrapped by the master key: a copy of it lets nobody sign.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, select

from services.catalogue.people import sessions
from services.catalogue.people.tokens import LIFETIME, public_jwk
from services.catalogue.store import SCHEMA
from services.kernel.auth import REFETCH_SECONDS, Principal
from services.kernel.clock import Clock
from services.kernel.masterkey import MasterKey

SHOWN_FIRST = timedelta(seconds=REFETCH_SECONDS + 5)
"""A new key is shown before it signs: by then every service that asks again has it."""
MARGIN = timedelta(minutes=1)


class SigningKey(SQLModel, table=True):
    """One key: its public half, and the private one wrapped.

    `ends_at`: when its last token has ended; None for the newest.
    """

    __tablename__ = "signing_keys"
    __table_args__ = SCHEMA

    id: str = Field(primary_key=True)
    jwk: dict[str, Any] = Field(sa_type=JSONB)
    wrapped: bytes = Field(sa_type=sa.LargeBinary)
    signs_from: datetime = Field(sa_type=sa.DateTime(timezone=True))
    ends_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


class StoredKeys:
    """Catalogue's own keys, as services.kernel.auth.Keys: it needs not ask itself by HTTP."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def find(self, key_id: str) -> KeySet:
        """Every key whose tokens may be valid now."""
        with Session(self._engine) as session:
            return KeySet.import_key_set({"keys": shown(session, self._clock())})

    def is_live(self, principal: Principal, authorization: str) -> bool:
        """By the session's row."""
        with Session(self._engine) as session:
            return sessions.is_live(session, principal.session, principal.id)


def shown(session: Session, now: datetime) -> list[dict[str, Any]]:
    """The public halves of the keys that are not over (RFC 7517)."""
    return [row.jwk for row in _live(session, now)]


def current(session: Session, now: datetime, master: MasterKey) -> OKPKey:
    """The key that signs now; made where there is none."""
    rows = _live(session, now)
    if not rows:
        _turn(session)
        rows = _live(session, now) or [_add(session, now, master)]
    begun = [row for row in rows if row.signs_from <= now]
    return _key(begun[0] if begun else rows[-1], master)


def rotate(session: Session, now: datetime, master: MasterKey, *, revoke: bool) -> str:
    """A new key; returns its id. `revoke` forgets the others at once, and with them every token that they signed.

    Other services ask again for the keys they know after services.kernel.auth.FRESH_SECONDS: until then they believe
    a revoked one.
    """
    _turn(session)
    begins = now if revoke else now + SHOWN_FIRST
    over = sa.delete(SigningKey)
    session.execute(over if revoke else over.where(sa.column("ends_at") <= now))
    ends = begins + LIFETIME + MARGIN
    session.execute(
        sa.update(SigningKey).where(sa.column("ends_at").is_(None)).values(ends_at=ends)
    )
    return _add(session, begins, master).id


def _turn(session: Session) -> None:
    session.execute(
        sa.text("select pg_advisory_xact_lock(hashtext(current_schema || ' signing keys'))")
    )


def _live(session: Session, now: datetime) -> list[SigningKey]:
    """The newest first."""
    rows = session.exec(select(SigningKey).order_by(sa.desc("signs_from")))
    return [row for row in rows if row.ends_at is None or row.ends_at > now]


def _add(session: Session, signs_from: datetime, master: MasterKey) -> SigningKey:
    made = OKPKey.generate_key("Ed25519")
    private = urlsafe_b64decode(f"{made.as_dict(private=True)['d']}=")
    row = SigningKey(
        id=made.thumbprint(),
        jwk=public_jwk(made),
        wrapped=master.wrap(private),
        signs_from=signs_from,
        ends_at=None,
    )
    session.add(row)
    session.flush()
    return row


def _key(row: SigningKey, master: MasterKey) -> OKPKey:
    private = urlsafe_b64encode(master.unwrap(row.wrapped)).rstrip(b"=").decode()
    return OKPKey.import_key({name: row.jwk[name] for name in ("kty", "crv", "x")} | {"d": private})
