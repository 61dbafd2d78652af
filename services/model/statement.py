"""What a sender states about a submission or a question, signed: a compact JWS (RFC 7515) with Ed25519 (RFC 8037).

The claims are the payload as JSON. The protected header names the key by its thumbprint (RFC 7638) as `kid`. A
statement binds the content by its SHA-256, and a nonce makes each sending one of its kind.
"""

import datetime
import json
import unicodedata
import warnings
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic.dataclasses import dataclass

from services.model.enumerations import Completeness, Regime, SecretLevel
from services.model.system_errors import reason
from services.model.text import STRICT, ModelError, Text, plain, read

ALGORITHM = "Ed25519"
BEFORE = "EdDSA"
"""What RFC 8037 called it, and most libraries do; RFC 9864 names the curve. The key is of that curve all the same."""
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
MEGABYTE: Final = 1_000_000
MAX_BYTES: Final = 25 * MEGABYTE
"""The largest workbook that is taken in, and so the largest that a check before sending reads."""

FIELD: Final = 2**255 - 19
ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER = frozenset(
    y.to_bytes(32, "little") for y in (0, 1, FIELD - 1, FIELD, FIELD + 1, ORDER_8, FIELD - ORDER_8)
)
"""The public keys that have no private one, by their y: one signature is good for every message."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]


def _readable(words: str) -> str:
    """Raises ValueError for words that nobody can read, or that change how others are read."""
    signs = {unicodedata.category(sign) for sign in words if sign not in "\n\t"}
    if "Cc" in signs or not any(map(str.isalnum, words)) or not BIDIRECTIONAL.isdisjoint(words):
        raise ValueError("words that can be read are needed")
    return words


BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what follows."""
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(_readable),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DocumentNumber = Annotated[str, StringConstraints(pattern=r"^\d{1,7}[\p{L}\d./&_-]{0,57}$")]
"""As 12/BC-STC: begins with its number and has no space, so that no title passes for one."""


class Classification(StrEnum):
    """What the sender declares the content to be."""

    PUBLIC = "public"
    INTERNAL = "internal"
    WORK_SECRET = "work_secret"
    """Bí mật công tác: it stays inside the statistics office (QĐ 1908/QĐ-TCTK, Điều 4.5)."""
    STATE_SECRET = "state_secret"


class NilKind(StrEnum):
    """Why a form comes without numbers: nothing occurred, which is zero, or nothing was collected, which never is."""

    NONE_OCCURRED = "none_occurred"
    NOT_COLLECTED = "not_collected"


class Fault(StrEnum):
    """Why a statement can't be trusted."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    BAD_CLAIMS = "bad_claims"
    KEY_NOT_IN_FORCE = "key_not_in_force"
    OTHER_SENDER = "other_sender"
    OTHER_REQUEST = "other_request"
    CLOCK = "clock"


class Untrusted(ValueError):
    """The statement proves nothing; `fault` says why, and `where` what of it, as a string in English."""

    def __init__(self, fault: Fault, where: Text | str = "") -> None:
        self.where = where if isinstance(where, Text) else Text(where, where)
        super().__init__(self.where.en or fault.value)
        self.fault = fault


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SecretDocument:
    """All that may be said here of a state secret: no title, no content, no hash of it.

    `receiver` is the organisation that gets the document outside this system.
    """

    document_number: DocumentNumber
    level: SecretLevel
    date: datetime.date
    receiver: Name


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SecretNotice(SecretDocument):
    """The claims of a sender that a secret document goes to its receiver outside this system."""

    sender: Name
    issued_at: AwareDatetime


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Nil:
    """That there is nothing to report, and why; the words are the sender's, and go no further than its statement."""

    kind: NilKind
    reason: Words


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Statement:
    """The claims about one submission; `size` in bytes, `period` as written by the sender.

    `aud` (audience, RFC 7519) is the statistics office that it is for: nobody else takes it in. `document` is of a
    state secret: whoever states it sends none of the content along. `nil` says of a blank form that it is meant so.
    `sections` are those of the form that it covers; none: all that its sender answers for. `reason` says why it
    corrects what came before. `prepared_by` and `approved_by` are persons of the sender: who made it ready, and who
    signed it with a key of its own; None where the sender's program signed. `countersigned_by`: the office, which
    signed on the word of that person, who has no key.
    """

    sender: Name
    aud: Name
    form: Name
    area_list: Name
    area: Name
    period: Name
    completeness: Completeness
    round: Annotated[int, Field(ge=1, le=99, strict=True)] = 1
    regime: Regime
    classification: Classification
    sha256: Sha256
    size: Annotated[int, Field(ge=0, strict=True)]
    issued_at: AwareDatetime
    nonce: Annotated[str, StringConstraints(min_length=16, max_length=128)]
    document: SecretDocument | None = None
    nil: Nil | None = None
    sections: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    reason: Words | None = None
    prepared_by: Name | None = None
    approved_by: Name | None = None
    countersigned_by: Name | None = None

    @property
    def is_state_secret(self) -> bool:
        """Whether the content must not come here; a document of that kind says so by itself."""
        return self.classification is Classification.STATE_SECRET or self.document is not None

    @property
    def is_work_secret(self) -> bool:
        """Whether it must not leave the statistics office."""
        return self.classification is Classification.WORK_SECRET


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Question:
    """The claims of one signed request; `path` with its query, as in the request line, `sha256` of its body if any."""

    sender: Name
    method: Name
    path: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    issued_at: AwareDatetime
    sha256: Sha256 | None = None


Claims = TypeVar("Claims", Statement, Question, SecretNotice)


def sign(claims: Statement | Question | SecretNotice, key: OKPKey) -> str:
    """The claims as a compact JWS."""
    header = {"alg": ALGORITHM, "kid": key.thumbprint()}
    return jws.serialize_compact(header, _payload(claims), key, algorithms=[ALGORITHM])


def to_sign(claims: Statement, kid: str) -> str:
    """The signing input of the compact JWS (RFC 7515, section 5.1) for whoever else holds the key: with a dot and the
    signature of these very characters, in base64url, behind it, it is the JWS.
    """
    header = json.dumps({"alg": ALGORITHM, "kid": kid}, separators=(",", ":"))
    return ".".join(
        urlsafe_b64encode(part).decode() for part in (header.encode(), _payload(claims))
    )


def _payload(claims: Statement | Question | SecretNotice) -> bytes:
    return json.dumps(plain(claims), ensure_ascii=False, separators=(",", ":")).encode()


def key_id(token: str) -> str:
    """Which key a JWS says it is signed with; nothing is proved yet. Raises Untrusted."""
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise Untrusted(Fault.MALFORMED) from error
    if not isinstance(kid, str):
        raise Untrusted(Fault.MALFORMED, "kid")
    return kid


def issued_at(token: str) -> datetime.datetime:
    """When a statement was signed that was verified before: as a receiver keeps it, with the claims of its day.

    Raises Untrusted for what is none.
    """
    try:
        return datetime.datetime.fromisoformat(_kept(token)["issued_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise Untrusted(Fault.BAD_CLAIMS, _where(error)) from None


def nil_reason(token: str) -> str:
    """Why there is nothing to report, in the words of a statement that was verified before. Raises Untrusted."""
    try:
        return str(_kept(token)["nil"]["reason"])
    except (KeyError, TypeError) as error:
        raise Untrusted(Fault.BAD_CLAIMS, _where(error)) from None


def reason_of(token: str) -> str | None:
    """Why it corrects what came before, or has no numbers, in the words of a statement that was verified before. None
    where it doesn't say so, or is no statement.
    """
    try:
        claims = _kept(token)
        return claims.get("reason") or (claims.get("nil") or {}).get("reason")
    except (Untrusted, AttributeError):
        return None


@dataclass(frozen=True)
class Signatories:
    """Who stands behind a statement; None for who isn't named."""

    prepared_by: str | None = None
    approved_by: str | None = None
    countersigned_by: str | None = None


def signatories(token: str) -> Signatories:
    """Whom a statement names that was verified before; nobody, where it is none."""
    try:
        claims = _kept(token)
        return Signatories(**{one.name: claims.get(one.name) for one in fields(Signatories)})
    except (Untrusted, AttributeError):
        return Signatories()


def _kept(token: str) -> Any:
    try:
        return json.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise Untrusted(Fault.BAD_CLAIMS, _where(error)) from None


def verify(token: str, keys: Mapping[str, OKPKey]) -> Statement:
    """The statement that one of the keys (by thumbprint) signed; raises Untrusted."""
    return _verify(Statement, token, keys)


def verify_question(token: str, keys: Mapping[str, OKPKey]) -> Question:
    """The question that one of the keys (by thumbprint) signed; raises Untrusted."""
    return _verify(Question, token, keys)


def verify_notice(token: str, keys: Mapping[str, OKPKey]) -> SecretNotice:
    """The notice of a state secret that one of the keys (by thumbprint) signed; raises Untrusted."""
    return _verify(SecretNotice, token, keys)


def public_key(jwk: Mapping[str, Any]) -> OKPKey:
    """The public key of a JWK (RFC 8037), without its private part; raises ModelError for any other key."""
    try:
        key = OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")})
    except (JoseError, KeyError, ValueError) as error:
        raise ModelError(f"no public key: {error}") from None
    if key.curve_name != ALGORITHM:
        raise ModelError(f"the key is not of the curve {ALGORITHM}")
    if _is_of_small_order(key):
        raise ModelError("whoever likes can sign for this key")
    return key


def _is_of_small_order(key: OKPKey) -> bool:
    x = urlsafe_b64decode(str(key.as_dict(private=False)["x"]).encode())
    return x[:-1] + bytes([x[-1] & 0x7F]) in SMALL_ORDER


def _where(error: Exception) -> Text:
    return error.text if isinstance(error, ModelError) else reason(error)


def _verify(kind: type[Claims], token: str, keys: Mapping[str, OKPKey]) -> Claims:
    key = keys.get(key_id(token))
    if key is None:
        raise Untrusted(Fault.UNKNOWN_KEY)
    try:
        payload = jws.deserialize_compact(token, key, algorithms=[ALGORITHM, BEFORE]).payload
    except (JoseError, ValueError) as error:
        raise Untrusted(Fault.BAD_SIGNATURE) from error
    try:
        claims = json.loads(payload)
        return read(kind, claims, "")
    except (ValueError, RecursionError) as error:
        raise Untrusted(Fault.BAD_CLAIMS, _where(error)) from None
