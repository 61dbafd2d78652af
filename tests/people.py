"""Persons' tokens for tests of any service: `app.state.keys = people.keys`, then `people.headers(...)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from joserfc.jwk import KeySet, OKPKey

from services.catalogue.people.tokens import Holder, claims, public_jwk, sign
from services.kernel.auth import Principal
from services.model.statement import Question
from services.model.statement import sign as sign_claims

PRIVATE = OKPKey.generate_key("Ed25519")
OTHER = OKPKey.generate_key("Ed25519")
"""Of somebody who is not catalogue."""


class KnownKeys:
    """The one key that these tokens are signed with, as services.kernel.auth.Keys; sessions go on but for `ended`."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    def find(self, key_id: str) -> KeySet:
        return KeySet.import_key_set({"keys": [public_jwk(PRIVATE)]})

    def is_live(self, principal: Principal, authorization: str) -> bool:
        return principal.session not in self.ended


keys = KnownKeys()


def token(
    person: str = "p-officer",
    organisation: str = "thong-ke-dien-bien",
    roles: Sequence[str] = ("officer",),
    rooms: Sequence[str] = ("phong-thong-ke-kinh-te-dien-bien",),
    now: datetime | None = None,
    key: OKPKey = PRIVATE,
    lent: Mapping[str, str] | None = None,
    session: str = "",
    raised_at: datetime | None = None,
    name: str = "",
) -> str:
    """A token as catalogue would give it now, or at the time of the service's own clock."""
    now = now or datetime.now(UTC)
    holder = Holder(
        person, organisation, tuple(roles), tuple(rooms), lent or {}, session, raised_at, name
    )
    return sign(claims(holder, now, now, str(uuid4())), key)


def headers(
    person: str = "p-officer",
    organisation: str = "thong-ke-dien-bien",
    roles: Sequence[str] = ("officer",),
    rooms: Sequence[str] = ("phong-thong-ke-kinh-te-dien-bien",),
    now: datetime | None = None,
    lent: Mapping[str, str] | None = None,
    session: str = "",
    raised_at: datetime | None = None,
) -> dict[str, str]:
    """The header that shows such a token."""
    more: dict[str, Any] = {"lent": lent, "session": session, "raised_at": raised_at}
    return {"Authorization": f"Bearer {token(person, organisation, roles, rooms, now, **more)}"}


def signed(path: str, sender: str, key: OKPKey, now: datetime | None = None) -> dict[str, str]:
    """The header by which a sender's key asks for a path, with its query, in place of a token."""
    at = now or datetime.now(UTC)
    question = Question(sender=sender, method="GET", path=path, issued_at=at)
    return {"Authorization": f"Statement {sign_claims(question, key)}"}


def registered(sender: str, key: OKPKey) -> dict[str, Any]:
    """The body of the catalogue's entry of a key; its id is the key's thumbprint."""
    return {"sender": sender, "public_key": key.as_dict(private=False)}
