"""Tokens as every service verifies them, and the table of rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from pydantic import SecretStr

from services.catalogue.people.tokens import Holder, claims, public_jwk
from services.kernel import auth
from services.kernel.auth import Access, Principal, RemoteKeys, Role, Scope, principal_of
from services.kernel.problems import Problem
from services.kernel.settings import Settings
from services.model.text import load_yaml
from tests import people
from tests.unit.test_rights import app_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SETTINGS = Settings(operator_token=SecretStr("operator"), administrator_token_sha256="")


def ask(header: str, now: datetime = NOW) -> Principal | None:
    return principal_of(header, SETTINGS, people.keys, lambda: now)


def forged(header: dict[str, Any], key: Any = people.PRIVATE, **changes: Any) -> str:
    said = claims(Holder("p", "o", ("officer",), ()), NOW, NOW, "1") | changes
    said = {name: value for name, value in said.items() if value is not None}
    algorithms = [header["alg"]]
    return jwt.encode(header, said, key, algorithms=algorithms)


KID = people.PRIVATE.thumbprint()
GOOD = {"alg": "Ed25519", "kid": KID}


def test_a_token_names_its_person() -> None:
    expected = Principal("p", "o", frozenset({"officer"}))
    assert ask("Bearer " + forged(GOOD)) == expected
    assert ask("bearer " + forged(GOOD)) == expected


def test_a_program_has_the_role_of_its_token() -> None:
    assert ask("Bearer operator") == Principal("token:operator", "", frozenset({"operator"}))


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "....", "operator ", "ünïcode", "e30.e30.e30", "W10.e30.e30",
        forged(GOOD, iss="another"),
        forged(GOOD, iss=None),
        forged(GOOD, exp=None),
        forged(GOOD, exp="never"),
        forged(GOOD, exp=float("nan")),
        forged(GOOD, sub=None),
        forged(GOOD, roles=None),
        forged(GOOD, roles=7),
        forged(GOOD, auth_time=None),
        forged(GOOD, auth_time=10**20),
        forged(GOOD, iat=NOW.timestamp() + 61),
        forged(GOOD, exp=NOW.timestamp()),
        forged(GOOD, key=OKPKey.generate_key("Ed25519")),
        forged({"alg": "Ed25519"}),
        forged({"alg": "Ed25519", "kid": "another"}),
        forged({"alg": "HS256", "kid": KID}, key=OctKey.import_key(json.dumps(public_jwk(people.PRIVATE)) * 2)),
        forged(GOOD)[:-10] + 10 * "A",
        forged(GOOD).rsplit(".", 1)[0] + ".",
    ],
)  # fmt: skip
def test_what_is_no_valid_token_names_nobody(token: str) -> None:
    assert ask(f"Bearer {token}") is None


def test_an_unsigned_token_names_nobody() -> None:
    head, body, _ = forged(GOOD).split(".")
    none = "eyJhbGciOiJub25lIiwia2lkIjoi" + head[28:]
    for token in (f"{none}.{body}.", f"{head}.{body}."):
        assert ask(f"Bearer {token}") is None


@given(st.text(max_size=80))
def test_no_header_breaks_it(text: str) -> None:
    assert ask(text) is None or text.removeprefix("Bearer ").strip() == "operator"
    assert ask(f"Bearer {text}.{text}.{text}") is None


@given(st.data())
def test_a_token_that_was_changed_names_nobody(data: st.DataObject) -> None:
    token = forged(GOOD)
    at = data.draw(st.integers(0, len(token) - 3))
    other = data.draw(st.sampled_from("abcXYZ019-_.=").filter(lambda c: c != token[at]))
    assert ask("Bearer " + token[:at] + other + token[at + 1 :]) is None


def test_an_empty_setting_is_nobodys_token() -> None:
    assert ask("Bearer ") is None
    assert principal_of("Bearer ", Settings(), people.keys, lambda: NOW) is None


# -- how far


@pytest.mark.parametrize(
    ("scopes", "organisation", "room", "reaches"),
    [
        ({Scope.ALL}, None, None, True),
        ({Scope.OWN}, "so", None, True),
        ({Scope.OWN}, "khac", "phong", False),
        ({Scope.OWN}, None, None, False),
        ({Scope.ROOM}, "so", "phong", True),
        ({Scope.ROOM}, "so", None, False),
        ({Scope.ROOM}, "so", "khac", False),
        ({Scope.OWN, Scope.ROOM}, "khac", "phong", True),
        (set(), "so", "phong", False),
    ],
)
def test_a_scope_reaches(scopes: set[Scope], organisation: str, room: str, reaches: bool) -> None:
    principal = Principal("p", "so", frozenset({"officer"}), frozenset({"phong"}))
    assert Access(principal, frozenset(scopes)).reaches(organisation, room) is reaches


def test_a_program_has_nothing_of_its_own() -> None:
    access = Access(
        Principal("token:operator", "", frozenset()), frozenset({Scope.OWN, Scope.ROOM})
    )
    assert not any(access.reaches(one, one) for one in ("", None, "so"))


def test_the_table_names_every_role_in_both_languages_and_no_other() -> None:
    texts = load_yaml(auth.TABLE)["roles"]
    assert set(texts) == set(Role)
    assert all(set(text) == {"vi", "en"} for text in texts.values())
    used = {role for actions in auth.table().values() for who in actions.values() for role in who}
    assert used <= set(Role)
    assert all(who for actions in auth.table().values() for who in actions.values())


# -- the keys, by HTTP


class Catalogue:
    """Catalogue's /v1/jwks, which may be away; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[], httpx2.Response] = self.knows(people.PRIVATE)

    def get(self, url: str, **_: object) -> httpx2.Response:
        self.asked += 1
        answer = self.answer()
        answer.request = httpx2.Request("GET", url)
        return answer

    @staticmethod
    def knows(*private: OKPKey) -> Callable[[], httpx2.Response]:
        return lambda: httpx2.Response(200, json={"keys": [public_jwk(key) for key in private]})

    @staticmethod
    def away() -> httpx2.Response:
        raise httpx2.ConnectError("away")


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    found = Catalogue()
    monkeypatch.setattr(httpx2, "get", found.get)
    return found


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def keys(catalogue: Catalogue, seconds: list[float]) -> RemoteKeys:
    return RemoteKeys("http://catalogue", lambda: seconds[0])


def kids(keys: RemoteKeys, key_id: str = KID) -> set[str | None]:
    return {key.kid for key in keys.find(key_id).keys}


def test_known_keys_are_asked_for_once(catalogue: Catalogue, keys: RemoteKeys) -> None:
    assert [kids(keys) for _ in range(3)] == [{KID}] * 3
    assert catalogue.asked == 1


def test_unknown_keys_ask_again_but_not_at_anyones_pleasure(
    catalogue: Catalogue, keys: RemoteKeys, seconds: list[float]
) -> None:
    for _ in range(5):
        kids(keys, "made up")
    assert catalogue.asked == 1
    new = OKPKey.generate_key("Ed25519")
    catalogue.answer = catalogue.knows(people.PRIVATE, new)
    seconds[0] += auth.REFETCH_SECONDS + 1
    assert kids(keys, new.thumbprint()) == {KID, new.thumbprint()}
    assert catalogue.asked == 2


@pytest.mark.parametrize(
    "answer",
    [Catalogue.away, lambda: httpx2.Response(503), lambda: httpx2.Response(200, text="<html>"),
     lambda: httpx2.Response(200, json={}), lambda: httpx2.Response(200, json={"keys": [{"kty": "?"}]})],
)  # fmt: skip
def test_while_catalogue_is_away_known_keys_go_on_and_unknown_ones_are_503(
    catalogue: Catalogue, keys: RemoteKeys, seconds: list[float], answer: Any
) -> None:
    good, catalogue.answer = catalogue.answer, answer
    for _ in range(3):
        with pytest.raises(Problem) as problem:
            keys.find(KID)
        assert problem.value.status == 503
    assert catalogue.asked == 1
    seconds[0] += auth.REFETCH_SECONDS + 1
    catalogue.answer = good
    assert kids(keys) == {KID}
    catalogue.answer = answer
    seconds[0] += auth.FRESH_SECONDS + 1
    assert kids(keys) == {KID}


@pytest.mark.parametrize("waiting", ["made up", KID], ids=["made up", "the key"])
def test_known_keys_are_served_while_others_are_asked_for(
    catalogue: Catalogue, keys: RemoteKeys, seconds: list[float], waiting: str
) -> None:
    assert kids(keys) == {KID}
    asking, go_on = Event(), Event()
    answer = catalogue.answer

    def slow() -> httpx2.Response:
        asking.set()
        assert go_on.wait(30)
        return answer()

    catalogue.answer = slow
    seconds[0] += auth.FRESH_SECONDS + 1
    with ThreadPoolExecutor(2) as pool:
        asks = pool.submit(kids, keys, waiting)
        assert asking.wait(30)
        try:
            for one in (KID, "made up too"):
                assert pool.submit(kids, keys, one).result(timeout=30) == {KID}
            assert not asks.done()
        finally:
            go_on.set()
        assert asks.result(timeout=30) == {KID}
    assert catalogue.asked == 2


def test_whoever_needs_the_first_keys_waits_for_them(
    catalogue: Catalogue, keys: RemoteKeys
) -> None:
    answer = catalogue.answer

    def slow() -> httpx2.Response:
        sleep(0.2)
        return answer()

    catalogue.answer = slow
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: kids(keys), range(6))) == [{KID}] * 6
    assert catalogue.asked == 1


def test_a_revoked_key_is_forgotten_in_time(
    catalogue: Catalogue, keys: RemoteKeys, seconds: list[float]
) -> None:
    assert kids(keys) == {KID}
    new = OKPKey.generate_key("Ed25519")
    catalogue.answer = catalogue.knows(new)
    seconds[0] += auth.FRESH_SECONDS + 1
    assert kids(keys) == {new.thumbprint()}
    token = f"Bearer {forged(GOOD)}"
    assert principal_of(token, SETTINGS, keys, lambda: NOW + timedelta(0)) is None


@pytest.mark.parametrize("status", [204, 401])
def test_whether_a_session_lives_is_asked_each_time(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked = []

    def get(url: str, headers: Any, **more: Any) -> httpx2.Response:
        asked.append((url, headers))
        return httpx2.Response(status)

    monkeypatch.setattr(httpx2, "get", get)
    keys = RemoteKeys("http://catalogue")
    principal = Principal("p", "o", frozenset())
    assert [keys.is_live(principal, "Bearer x") for _ in range(2)] == [status == 204] * 2
    assert asked == [("http://catalogue/v1/sessions/current", {"Authorization": "Bearer x"})] * 2


@pytest.mark.parametrize("status", [None, 200, 404, 500, 503])
def test_while_nobody_can_say_whether_a_session_lives_nobody_acts(
    monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    def get(url: str, **more: Any) -> httpx2.Response:
        if status is None:
            raise httpx2.ConnectError("away")
        return httpx2.Response(status)

    monkeypatch.setattr(httpx2, "get", get)
    with pytest.raises(Problem) as problem:
        RemoteKeys("http://catalogue").is_live(Principal("p", "o", frozenset()), "Bearer x")
    assert problem.value.status == 503


@pytest.mark.parametrize(
    ("hours", "status"), [(None, 503), (0, 403), (23, 403), (24, 503), (100, 503)]
)
def test_who_got_rights_or_a_password_within_a_day_erases_nothing(
    hours: int | None, status: int
) -> None:
    raised = None if hours is None else datetime.now(UTC) - timedelta(hours=hours)
    headers = people.headers(roles=["leader"], raised_at=raised)
    client = TestClient(app_of("policy"))
    order = {"attempt": 1, "reason": "Theo yêu cầu.", "document": "1/QĐ"}
    one = "00000000-0000-0000-0000-000000000007"
    for path, body in (
        (f"/v1/submissions/{one}/erasure", order),
        (f"/v1/erasures/{one}/confirmation", None),
    ):
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
