"""Who asks, and what they may: a person by a short-lived token of catalogue, a program by a token of the settings.

Every service verifies tokens itself, with catalogue's public keys, and authorises its own actions by the table of
schemas/roles.yaml. Nothing here asks another service once the keys are known.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from ssl import SSLContext
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import httpx2
import structlog
import yaml
from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from services.kernel.problems import UNAVAILABLE, Problem
from services.kernel.rates import take_read
from services.kernel.settings import Settings

if TYPE_CHECKING:
    from services.kernel.clock import Clock

log = structlog.get_logger()

ISSUER = "catalogue"
ALGORITHM = "Ed25519"
TABLE = Path(__file__).resolve().parents[2] / "schemas" / "roles.yaml"
REFETCH_SECONDS = 10.0
"""An unknown key id asks catalogue again, at most so often, whether or not it answered."""
FRESH_SECONDS = 300.0
"""Known keys are asked for again after so long: one that was revoked is not believed for ever."""


class Role(StrEnum):
    """What a person may be; schemas/roles.yaml says what each may do."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    COMPILER = "compiler"
    OFFICER = "officer"
    LEADER = "leader"
    AUDITOR = "auditor"
    AGENCY = "agency"
    SIGNATORY = "signatory"


class Scope(StrEnum):
    """How far an action reaches."""

    OWN = "own"
    ROOM = "room"
    OFFICE = "office"
    ALL = "all"


LONGEST = timedelta(hours=10)
"""From a password to the end of the last token that is renewed on it: a working day."""


@dataclass(frozen=True)
class Principal:
    """Who asks. `organisation` is empty for a program; `rooms` holds those in whose stead the person acts, too.

    `lent` tells by whom those are lent. `authenticated`: when the person gave its password; None for a program.
    `session`: the login that its token comes of. `raised_at`: when others last gave it more rights or a new password.
    """

    id: str
    organisation: str
    roles: frozenset[str]
    rooms: frozenset[str] = frozenset()
    authenticated: datetime | None = field(default=None, compare=False)
    lent: Mapping[str, str] = field(default_factory=dict, compare=False)
    session: str = field(default="", compare=False)
    raised_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Access:
    """That a principal may do something, and how far."""

    principal: Principal
    scopes: frozenset[Scope]

    @property
    def is_all(self) -> bool:
        """Whether it reaches everything."""
        return Scope.ALL in self.scopes

    def reaches(self, organisation: str | None, room: str | None) -> bool:
        """Whether it reaches what concerns this organisation, or what this room is responsible for."""
        return (
            self.is_all
            or (Scope.OWN in self.scopes and organisation == self.principal.organisation != "")
            or (Scope.ROOM in self.scopes and room in self.principal.rooms)
        )


class Keys(Protocol):
    """What catalogue knows of tokens."""

    def find(self, key_id: str) -> KeySet:
        """The keys known now, asked for again where this one is not among them."""

    def is_live(self, principal: Principal, authorization: str) -> bool:
        """Whether the session of a person's token goes on, as of now; raises Problem 503 where nobody can say."""


class RemoteKeys:
    """Catalogue's keys by HTTP (RFC 7517), kept; while catalogue is away the known ones go on.

    One thread asks at a time, and nobody waits for it but those who come before the first answer:
    what anybody makes up as a key's name holds up no one. A new key is shown before it signs.
    """

    def __init__(self, url: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._url = f"{url}/v1/jwks"
        self._session_url = f"{url}/v1/sessions/current"
        self._seconds = seconds
        self._known: KeySet | None = None
        self._asked = float("-inf")
        self._turn = Lock()

    def find(self, key_id: str) -> KeySet:
        """The keys; raises Problem 503 where none are known and catalogue is away."""
        if self._is_due(key_id) and self._turn.acquire(blocking=self._known is None):
            try:
                if self._is_due(key_id):
                    self._known = self._fetch() or self._known
                    self._asked = self._seconds()
            finally:
                self._turn.release()
        if self._known is None:
            raise UNAVAILABLE
        return self._known

    def is_live(self, principal: Principal, authorization: str) -> bool:
        """Asks each time: what was so a moment ago is no answer to whoever has just logged out."""
        try:
            answer = httpx2.get(
                self._session_url,
                headers={"Authorization": authorization},
                timeout=3,
                trust_env=False,
                verify=self._trusted,
            )
        except httpx2.HTTPError as error:
            log.warning("no answer about a session", error=repr(error)[:300])
            raise UNAVAILABLE from None
        if answer.status_code not in (204, 401):
            raise UNAVAILABLE
        return answer.status_code == 204

    @cached_property
    def _trusted(self) -> SSLContext:
        """Made once: it reads the certificates of all authorities, which takes longer than to ask."""
        return httpx2.create_ssl_context(trust_env=False)

    def _is_due(self, key_id: str) -> bool:
        known = {key.kid for key in self._known.keys} if self._known else set()
        limit = FRESH_SECONDS if key_id in known else REFETCH_SECONDS
        return self._seconds() - self._asked > limit

    def _fetch(self) -> KeySet | None:
        try:
            answer = httpx2.get(self._url, timeout=3, trust_env=False, verify=self._trusted)
            answer.raise_for_status()
            return KeySet.import_key_set(answer.json())
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("no keys of tokens", error=repr(error)[:300])
            return None


@cache
def acts() -> frozenset[tuple[str, str]]:
    """Service and action of what is done only while the person's session lives."""
    named = yaml.safe_load(TABLE.read_text(encoding="utf-8"))["acts"]
    return frozenset((service, action) for service, actions in named.items() for action in actions)


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, Scope]]]:
    """service → action → role → scope."""
    services = yaml.safe_load(TABLE.read_text(encoding="utf-8"))["services"]
    return {
        service: {
            action: {role: Scope(scope) for role, scope in roles.items()}
            for action, roles in actions.items()
        }
        for service, actions in services.items()
    }


def principal_of(
    authorization: str, settings: Settings, keys: Keys, clock: Clock
) -> Principal | None:
    """Whom a header `Authorization: Bearer …` names; None for a token that is not valid now."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return _program(token, settings) or _person(token, keys, clock)


def hash_of(token: str) -> str:
    """What an API knows of the administrator's token: SHA-256 of a long random text, in hex."""
    return sha256(token.encode(errors="surrogatepass")).hexdigest() if token else ""


def _program(token: str, settings: Settings) -> Principal | None:
    held = {
        Role.ADMINISTRATOR: settings.administrator_token_sha256.lower(),
        Role.COMPILER: hash_of(settings.compiler_token.get_secret_value()),
        Role.OPERATOR: hash_of(settings.operator_token.get_secret_value()),
    }
    digest = hash_of(token)
    for role, expected in held.items():
        if expected and secrets.compare_digest(digest, expected):
            return Principal(f"token:{role}", "", frozenset({role}))
    return None


def _person(token: str, keys: Keys, clock: Clock) -> Principal | None:
    try:
        key_id = str(extract_compact(token.encode()).headers()["kid"])
        claims = jwt.decode(token, keys.find(key_id), algorithms=[ALGORITHM]).claims
        now = clock().timestamp()
        # By hand: the leeway of the library's check would let an expired token live longer, too.
        if claims["iss"] != ISSUER or not claims["iat"] - 60 <= now < claims["exp"]:
            return None
        return Principal(
            claims["sub"],
            claims["organisation"],
            frozenset(claims["roles"]),
            frozenset(claims["rooms"]),
            datetime.fromtimestamp(claims["auth_time"], UTC),
            dict(claims.get("lent", {})),
            str(claims.get("sid", "")),
            _moment(claims.get("raised_at")),
        )
    except (JoseError, KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def principal_asking(request: Request) -> Principal:
    """Who sent this request; raises Problem 401 for nobody who is known."""
    context: Any = request.app.state.context
    header = request.headers.get("authorization", "")
    principal = principal_of(header, context.settings, request.app.state.keys, context.clock)
    if principal is None:
        raise UNKNOWN
    return principal


def limit_reads(request: Request, principal: Principal) -> None:
    """Counts a read of this person, program or sender; raises Problem 429 where there are too many."""
    if request.method == "GET":
        take_read(request.app.state.reads, principal.id)


def access_of(service: str, action: str, principal: Principal) -> Access:
    """How far a principal may do this action of the service, by schemas/roles.yaml; raises Problem 403."""
    access = reach_of(service, action, principal)
    if not access.scopes:
        raise _forbidden(service, action)
    return access


def reach_of(service: str, action: str, principal: Principal) -> Access:
    """The same, which reaches nothing where the principal may not do it at all."""
    granted = table()[service][action]
    return Access(principal, frozenset(granted[one] for one in principal.roles if one in granted))


def allowed(action: str) -> Callable[[Request], Access]:
    """A dependency that lets in who may do this action of the service: 401 unknown, 403 not allowed.

    An act of a person asks catalogue whether its session lives: 401 where it ended, 503 while catalogue is away.
    """

    def check(request: Request) -> Access:
        context: Any = request.app.state.context
        principal = principal_asking(request)
        access = access_of(context.service, action, principal)
        limit_reads(request, principal)
        if (context.service, action) in acts() and principal.authenticated is not None:
            header = request.headers.get("authorization", "")
            if not request.app.state.keys.is_live(principal, header):
                raise UNKNOWN
        return access

    # The test of all routes reads it: tests/unit/test_rights.py.
    check.__dict__["action"] = action
    return check


def settled(action: str) -> Callable[[Request], Access]:
    """The same, for what cannot be undone: nobody to whom others gave rights or a password within a day."""
    let_in = allowed(action)

    def check(request: Request) -> Access:
        access = let_in(request)
        raised_at, now = access.principal.raised_at, request.app.state.context.clock()
        if raised_at is not None and now < raised_at + SETTLED:
            raise LATELY
        return access

    check.__dict__["action"] = action
    return check


SETTLED = timedelta(days=1)
LATELY = Problem(
    403,
    "rights-changed-lately",
    {
        "vi": "Quyền hoặc mật khẩu của bạn vừa được người khác thay đổi trong 24 giờ qua",
        "en": "Others gave you rights or a new password within the last 24 hours",
    },
    {
        "vi": "Việc này không làm lại được: hãy đợi đủ 24 giờ, hoặc nhờ lãnh đạo khác.",
        "en": "This can't be undone: wait until 24 hours are over, or ask another leader.",
    },
)
UNKNOWN = Problem(
    401,
    "token",
    {"vi": "Thiếu mã truy cập hoặc mã đã hết hạn", "en": "No valid token"},
    {
        "vi": "Đăng nhập (POST /v1/tokens của danh mục) rồi gửi kèm «Authorization: Bearer <mã>».",
        "en": "Log in (POST /v1/tokens of catalogue) and send «Authorization: Bearer <token>».",
    },
    {"WWW-Authenticate": "Bearer"},
)


def _forbidden(service: str, action: str) -> Problem:
    return Problem(
        403,
        "not-allowed",
        {
            "vi": "Vai trò của bạn không có quyền làm việc này",
            "en": "Your role may not do this",
        },
        {
            "vi": "Hãy nhờ người có quyền, hoặc quản trị hệ thống cấp vai trò.",
            "en": "Ask someone who may, or the administrator for the role.",
        },
        action=f"{service}:{action}",
    )
