"""Short-lived tokens of persons (JWS, RFC 7515 and 8037): what they say, and how they are signed. Pure.

Every service verifies them itself (services.kernel.auth), so reading goes on to its end, after 15 minutes at most. It
is renewed only while its session lives and the person may log in; and whoever decides something asks for that, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from services.kernel.auth import ALGORITHM, ISSUER, LONGEST

LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True)
class Holder:
    """Whom a token names: a person with its rooms, and those lent to it on this day, each by the person of that id.

    `session`: the login that it comes of. `raised_at`: when others last gave the person more rights, or a new password.
    `name`: what the person is called, for who shows it to the person itself.
    """

    id: str
    organisation: str
    roles: tuple[str, ...]
    rooms: tuple[str, ...]
    lent: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    raised_at: datetime | None = None
    name: str = ""


def claims(holder: Holder, now: datetime, authenticated: datetime, id_: str) -> dict[str, Any]:
    """What the token says. `authenticated` is when the password was given; times in whole seconds (RFC 7519)."""
    ends = min(now + LIFETIME, authenticated + LONGEST)
    return {
        "iss": ISSUER,
        "sub": holder.id,
        "name": holder.name,
        "organisation": holder.organisation,
        "roles": list(holder.roles),
        "rooms": sorted({*holder.rooms, *holder.lent}),
        "lent": dict(holder.lent),
        "iat": int(now.timestamp()),
        "exp": int(ends.timestamp()),
        "auth_time": int(authenticated.timestamp()),
        "jti": id_,
        "sid": holder.session,
        "raised_at": int(holder.raised_at.timestamp()) if holder.raised_at else None,
    }


def sign(said: Mapping[str, Any], key: OKPKey) -> str:
    """The compact JWS; its header names the key by its thumbprint (RFC 7638)."""
    header = {"alg": ALGORITHM, "kid": key.thumbprint()}
    return jwt.encode(header, dict(said), key, algorithms=[ALGORITHM])


def public_jwk(key: OKPKey) -> dict[str, Any]:
    """The key as /v1/jwks shows it (RFC 7517): its public half."""
    public = key.as_dict(private=False)
    half = {name: public[name] for name in ("kty", "crv", "x")}
    return {**half, "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
