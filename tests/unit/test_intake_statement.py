from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from services.model.enumerations import Completeness, Regime
from services.model.statement import (
    Classification,
    Fault,
    Question,
    Statement,
    Untrusted,
    issued_at,
    key_id,
    public_key,
    sign,
    verify,
    verify_question,
)
from services.model.text import ModelError

KEY = OKPKey.generate_key("Ed25519")
OTHER = OKPKey.generate_key("Ed25519")
KEYS = {KEY.thumbprint(): public_key(KEY.as_dict(private=True))}
STATEMENT = Statement(
    sender="so-tai-chinh-dien-bien",
    aud="thong-ke-dien-bien",
    form="cv17809-1",
    area_list="63",
    area="11",
    period="2026-Q3",
    completeness=Completeness.ESTIMATE,
    regime=Regime.COORDINATION,
    classification=Classification.INTERNAL,
    sha256="a" * 64,
    size=10,
    issued_at=datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC),
    nonce="n" * 24,
)


def _signed(claims: object) -> str:
    header = {"alg": "Ed25519", "kid": KEY.thumbprint()}
    return jws.serialize_compact(header, json.dumps(claims).encode(), KEY, algorithms=["Ed25519"])


def test_a_kept_statement_from_before_there_was_a_claim_says_when_it_was_signed() -> None:
    claims = claims_of(sign(STATEMENT, KEY))
    del claims["aud"]
    assert issued_at(_signed(claims)) == STATEMENT.issued_at


def test_a_kept_statement_says_when_it_was_signed() -> None:
    assert issued_at(sign(STATEMENT, KEY)) == STATEMENT.issued_at
    for other in ("", "a.b.c", _signed({}), _signed({"issued_at": 7}), _signed([])):
        with pytest.raises(Untrusted):
            issued_at(other)


QUESTION = Question(
    sender="x", method="GET", path="/v1/submissions/1?a=b", issued_at=STATEMENT.issued_at
)


def fault(token: str, keys: Any = KEYS) -> Fault:
    with pytest.raises(Untrusted) as caught:
        verify(token, keys)
    return caught.value.fault


def signed(claims: Any, key: Any = KEY, **header: Any) -> str:
    protected = {"alg": "Ed25519", "kid": KEY.thumbprint()} | header
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return jws.serialize_compact(protected, payload, key, algorithms=[protected["alg"]])


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def test_the_algorithm_may_have_its_name_from_before() -> None:
    """RFC 8037 called it EdDSA, as most libraries do; RFC 9864 names the curve."""
    token = signed(claims_of(sign(STATEMENT, KEY)), alg="EdDSA")
    assert verify(token, KEYS) == STATEMENT
    other = OKPKey.generate_key("Ed448")
    assert fault(signed(claims_of(token), other, alg="EdDSA")) is Fault.BAD_SIGNATURE


def test_what_is_signed_is_what_is_verified() -> None:
    token = sign(STATEMENT, KEY)
    assert key_id(token) == KEY.thumbprint()
    assert verify(token, KEYS) == STATEMENT
    assert verify_question(sign(QUESTION, KEY), KEYS) == QUESTION


def test_claims_are_plain_json_with_names_of_the_contract() -> None:
    claims = claims_of(sign(STATEMENT, KEY))
    assert claims["completeness"] == "estimate"
    assert claims["issued_at"].startswith("2026-11-23T08:00:00.123456")
    assert claims.keys() == {
        "sender", "aud", "form", "area_list", "area", "period", "completeness", "round", "regime",
        "classification", "sha256", "size", "issued_at", "nonce",
    }  # fmt: skip


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        "eyJhbGciOiJub25lIn0..",
        "..",
        "bnVsbA.e30.",
        "W10.e30.AA",
        "IiI.e30.AA",
    ],
)
def test_no_jws(token: str) -> None:
    assert fault(token) is Fault.MALFORMED


def test_no_key_is_named() -> None:
    token = jws.serialize_compact({"alg": "Ed25519"}, b"{}", KEY, algorithms=["Ed25519"])
    assert fault(token) is Fault.MALFORMED


def test_unknown_key() -> None:
    assert fault(sign(STATEMENT, OTHER)) is Fault.UNKNOWN_KEY


def test_signature_of_another_key_under_a_known_name() -> None:
    assert fault(signed(claims_of(sign(STATEMENT, KEY)), OTHER)) is Fault.BAD_SIGNATURE


def test_any_change_of_the_payload_is_found() -> None:
    head, _, signature = sign(STATEMENT, KEY).split(".")
    changed = json.dumps(claims_of(sign(replace(STATEMENT, area="12"), KEY))).encode()
    payload = urlsafe_b64encode(changed).decode().rstrip("=")
    assert fault(f"{head}.{payload}.{signature}") is Fault.BAD_SIGNATURE


def test_another_algorithm_is_no_way_in() -> None:
    """The public key as an HMAC secret: the confusion that a fixed list of algorithms prevents."""
    secret = OctKey.import_key(str(KEY.as_dict(private=False)["x"]))
    token = signed(claims_of(sign(STATEMENT, KEY)), secret, alg="HS256")
    assert fault(token) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"sender": ""}, {"completeness": "final"}, {"regime": "x"}, {"classification": "secret"}, {"sha256": "A" * 64},
        {"sha256": "a" * 63}, {"size": -1}, {"issued_at": "2026-11-23T08:00:00"}, {"nonce": "short"}, {"round": 0},
        {"reason": "\u200b"}, {"reason": "\u2060\u200e"}, {"reason": "sửa\x00\x1b[31m"}, {"reason": "a\u202eb"},
        {"extra": 1}, {"form": "x" * 200}, {"form": None}, {"size": "27"}, {"round": True}, {"round": 1.0},
    ],
)  # fmt: skip
def test_bad_claims(change: dict[str, Any]) -> None:
    assert fault(signed(claims_of(sign(STATEMENT, KEY)) | change)) is Fault.BAD_CLAIMS


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"[" * 2000])
def test_payload_that_is_no_claims(payload: bytes) -> None:
    assert fault(signed(payload)) is Fault.BAD_CLAIMS


def test_what_is_wrong_is_said_in_both_languages() -> None:
    with pytest.raises(Untrusted) as refused:
        verify(signed(claims_of(sign(STATEMENT, KEY)) | {"extra": 1}), KEYS)
    assert refused.value.where.vi == "extra: không có trường này"
    assert refused.value.where.en == "extra: Unexpected keyword argument"


def test_a_question_is_no_statement() -> None:
    assert fault(sign(QUESTION, KEY)) is Fault.BAD_CLAIMS
    with pytest.raises(Untrusted):
        verify_question(sign(STATEMENT, KEY), KEYS)


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "OKP", "crv": "Ed25519"},
        {"kty": "OKP", "crv": "Ed25519", "x": "??"},
        {"kty": "RSA", "crv": "", "x": ""},
        OKPKey.generate_key("X25519").as_dict(),
    ],
)
def test_other_keys_are_none(jwk: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        public_key(jwk)


def test_a_private_key_is_not_kept() -> None:
    assert not public_key(KEY.as_dict(private=True)).is_private


@pytest.mark.parametrize("x", [bytes([1, *bytes(31)]), bytes([1, *bytes(30), 128]), bytes(32)])
def test_a_key_for_which_anybody_can_sign_is_none(x: bytes) -> None:
    """Of the neutral point R = A and S = 0 sign whatever one likes; libraries that follow RFC 8032 verify it."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(x).rstrip(b"=").decode()}
    with pytest.raises(ModelError):
        public_key(jwk)
