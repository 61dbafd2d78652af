"""People and their tokens on a real database: who gets in, for how long, and with which rights."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr

from deploy import database
from deploy.stack import Stack
from services.catalogue.api import create_app
from services.catalogue.people import lockout
from services.catalogue.people.vacancies import count
from services.kernel.auth import hash_of
from services.kernel.codec import codec
from services.kernel.masterkey import MasterKey, NotWrapped
from services.kernel.metrics import VACANCIES
from services.kernel.migration import migrate
from services.kernel.settings import Settings
from services.model.form import shipped_forms
from tests import people
from tests.logins import login
from tests.running import state_of

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFFICE = "thong-ke-dien-bien"
AGENCY = "so-tai-chinh-dien-bien"
ROOMS = ("phong-kinh-te", "phong-xa-hoi")
PASSWORD = "một câu dễ nhớ của tôi"
ADMINISTRATOR = {"Authorization": "Bearer administrator"}


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Catalogue:
    """The API in this process, with three organisations and nobody."""

    client: TestClient
    url: str
    settings: Settings
    clock: Clock

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def add(self, id_: str = "p-kinh-te", **more: Any) -> Any:
        standard = {
            "id": id_, "name": "Lò Thị Mẫu", "organisation": OFFICE, "roles": ["officer"],
            "rooms": [ROOMS[0]], "password": PASSWORD,
        }  # fmt: skip
        return self.client.post("/v1/people", json=standard | more, headers=ADMINISTRATOR)

    def change(self, id_: str = "p-kinh-te", **values: Any) -> Any:
        return self.client.patch(f"/v1/people/{id_}", json=values, headers=ADMINISTRATOR)

    def log_in(
        self, id_: str = "p-kinh-te", password: str = PASSWORD, address: str | None = None
    ) -> Any:
        client = TestClient(self.client.app, client=(address, 7)) if address else self.client
        return client.post("/v1/tokens", json={"person": id_, "password": password})

    def header(self, id_: str = "p-kinh-te", password: str = PASSWORD) -> dict[str, str]:
        return bearer(self.log_in(id_, password))

    def renew(self, header: dict[str, str]) -> Any:
        return self.client.post("/v1/tokens/renew", headers=header)

    def claims(self, header: dict[str, str]) -> dict[str, Any]:
        keys = KeySet.import_key_set(self.client.get("/v1/jwks").json())
        token = header["Authorization"].removeprefix("Bearer ")
        return jwt.decode(token, keys, algorithms=["Ed25519"]).claims


def bearer(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def told_of(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The events of changes of people, in their order."""
    rows = catalogue.execute(
        "select value from catalogue.outbox where topic = 'people.changed' order by sequence"
    )
    return [dict(codec().decode("people.changed-value", bytes(value))) for (value,) in rows]


@pytest.fixture(scope="module")
def migrated(stack: Stack, module_database: str) -> tuple[str, Settings]:
    password = stack.state.passwords["catalogue"]
    migrate(module_database, {"catalogue": password})
    port = stack.state.ports["postgres"]
    url = database.url("catalogue", password, port, module_database.rpartition("/")[2])
    settings = Settings(
        database_url=url,
        **login(stack.kafka()),
        administrator_token_sha256=hash_of("administrator"),
        operator_token=SecretStr("operator"),
        master_key=SecretStr("A" * 43 + "="),
    )
    return module_database, settings


@pytest.fixture
def catalogue(migrated: tuple[str, Settings]) -> Iterator[Catalogue]:
    url, settings = migrated
    clock = Clock()
    with TestClient(create_app(settings, clock)) as client:
        found = Catalogue(client, url, settings, clock)
        found.execute(
            "truncate catalogue.people, catalogue.credentials, catalogue.failures,"
            " catalogue.signing_keys, catalogue.entries, catalogue.changes, catalogue.links,"
            " catalogue.sessions, catalogue.outbox"
        )
        # Beyond the entries that are put here past the handler.
        found.execute("update catalogue.counter set catalogue_version = 1000")
        units: list[tuple[str, str, str | None]] = [
            (OFFICE, "provincial_office", None),
            (AGENCY, "finance_department", None),
            *((room, "room", OFFICE) for room in ROOMS),
            ("phong-khac", "room", "thong-ke-tinh-khac"),
        ]
        for number, (id_, kind, parent) in enumerate(units, 1):
            found.execute(
                "insert into catalogue.entries values ('organisation', %s, 1, %s,"
                " jsonb_build_object('kind', %s::text, 'parent', %s::text), null, null, now())",
                *(id_, number, kind, parent),
            )
        yield found


def test_a_person_logs_in_and_every_service_can_tell_who_it_is(catalogue: Catalogue) -> None:
    added = catalogue.add()
    answer = catalogue.log_in()

    assert added.status_code == 201
    assert "password" not in added.json() and added.json()["changed_by"] == "token:administrator"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    claims = catalogue.claims(bearer(answer))
    assert claims.pop("jti") and claims.pop("sid")
    second = int(NOW.timestamp())
    assert claims == {
        "iss": "catalogue", "sub": "p-kinh-te", "name": "Lò Thị Mẫu", "organisation": OFFICE,
        "roles": ["officer"], "rooms": [ROOMS[0]], "lent": {}, "iat": second, "exp": second + 900, "auth_time": second,
        "raised_at": second,
    }  # fmt: skip
    (key,) = catalogue.client.get("/v1/jwks").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_who_may_know_them_learns_what_people_are_called(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-cu", name="Tên cũ")
    catalogue.change("p-cu", name="Tên mới")
    agency: dict[str, Any] = {"roles": ["agency"], "rooms": [], "organisation": AGENCY}
    catalogue.add("p-so", name="Vừ A Mẫu", **agency)
    other = "so-khac"
    catalogue.execute(
        "insert into catalogue.entries values ('organisation', %s, 1, 99,"
        ' \'{"kind": "finance_department"}\', null, null, now())',
        other,
    )
    catalogue.add("p-khac", name="Người Khác", **agency | {"organisation": other})
    asked = {"id": ["p-kinh-te", "p-cu", "p-so", "p-khac", "p-nobody", "x" * 999]}

    def told(header: dict[str, str]) -> Any:
        return catalogue.client.get("/v1/names", params=asked, headers=header).json()["names"]

    of_all = {
        "p-kinh-te": "Lò Thị Mẫu", "p-cu": "Tên mới", "p-so": "Vừ A Mẫu", "p-khac": "Người Khác",
    }  # fmt: skip
    assert told(ADMINISTRATOR) == of_all
    assert told(catalogue.header("p-kinh-te")) == of_all
    del of_all["p-khac"]
    assert told(catalogue.header("p-so")) == of_all, "an agency's people are no other agency's"
    few = {"id": [str(number) for number in range(201)]}
    assert catalogue.client.get("/v1/names", params=few, headers=ADMINISTRATOR).status_code == 422
    assert catalogue.client.get("/v1/names", params=asked).status_code == 401


def test_no_wrong_login_tells_why(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-khoa")
    catalogue.add("p-khong", password=None)
    catalogue.change("p-khoa", locked=True)
    wrong = [("p-kinh-te", "x"), ("p-ai", PASSWORD), ("p-khoa", PASSWORD), ("p-khong", PASSWORD)]
    wrong += [("P'; --", PASSWORD), ("p-kinh-te\0", PASSWORD), ("p-kinh-te", PASSWORD + "\0")]
    wrong += [("p-kinh-te", ""), ("token:administrator", "administrator")]
    answers = [catalogue.log_in(*one) for one in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"


def test_five_failures_shut_the_door_for_a_quarter_of_an_hour(catalogue: Catalogue) -> None:
    catalogue.add()
    for _ in range(4):
        catalogue.log_in(password="wrong")
    assert catalogue.log_in().status_code == 200
    for _ in range(5):
        catalogue.log_in(password="wrong")
    catalogue.clock.now += 14 * MINUTE
    assert catalogue.log_in().status_code == 401
    catalogue.clock.now += 1 * MINUTE
    assert catalogue.log_in(password="wrong").status_code == 401
    assert catalogue.log_in().status_code == 200


def test_a_stranger_shuts_out_its_own_address_alone(catalogue: Catalogue) -> None:
    catalogue.add()
    for _ in range(8):
        catalogue.log_in(password="wrong", address="203.0.113.7")
    assert catalogue.log_in(address="203.0.113.7").status_code == 401
    assert catalogue.log_in(address="203.0.113.8").status_code == 200
    for host in range(8):
        catalogue.log_in(password="wrong", address=f"2001:db8::{host}")
    assert catalogue.log_in(address="2001:db8::ffff").status_code == 401
    assert catalogue.log_in(address="2001:db8:0:1::").status_code == 200


def test_many_addresses_together_shut_the_door_for_a_while(catalogue: Catalogue) -> None:
    catalogue.add()
    for number in range(lockout.FROM_ALL):
        catalogue.log_in(password="wrong", address=f"198.51.100.{number // 4}")
    assert catalogue.log_in(address="203.0.113.8").status_code == 401
    catalogue.clock.now += 15 * MINUTE
    assert catalogue.log_in(address="203.0.113.8").status_code == 200


def test_a_clock_that_was_set_back_keeps_nobody_out_for_longer(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.clock.now += timedelta(days=1)
    for number in range(lockout.FROM_ALL):
        catalogue.log_in(password="wrong", address=f"198.51.100.{number // 4}")
    catalogue.clock.now -= timedelta(days=1)
    assert catalogue.log_in(address="198.51.100.0").status_code == 200


def test_strangers_ids_are_counted_nowhere_and_old_failures_are_forgotten(
    catalogue: Catalogue,
) -> None:
    catalogue.add()
    catalogue.log_in("p-ai", "wrong")
    catalogue.log_in(password="wrong", address="203.0.113.7")
    rows = "select person, address from catalogue.failures"
    assert catalogue.execute(rows) == [("p-kinh-te", "203.0.113.7")]
    catalogue.clock.now += timedelta(days=2)
    catalogue.log_in()
    assert catalogue.execute(rows) == []


def test_many_guesses_at_once_are_counted_too(catalogue: Catalogue) -> None:
    catalogue.add()
    guesses = [f"wrong {number}" for number in range(12)] + [PASSWORD]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda guess: catalogue.log_in(password=guess), guesses[:-1]))
    assert catalogue.log_in().status_code == 401
    assert catalogue.execute("select failures from catalogue.credentials") == [(5,)]


def test_a_password_is_the_same_however_the_keyboard_composes_it(catalogue: Catalogue) -> None:
    import unicodedata

    catalogue.add(password=unicodedata.normalize("NFD", PASSWORD))
    assert catalogue.log_in(password=unicodedata.normalize("NFC", PASSWORD)).status_code == 200
    ((kept,),) = catalogue.execute("select hash from catalogue.credentials")
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


@pytest.mark.parametrize(
    "password", ["quá ngắn", "x" * 257, "mật khẩu của p-kinh-te", "x" * 20 + "\ud800"]
)
def test_a_bad_password_is_refused_and_nobody_is_added(catalogue: Catalogue, password: str) -> None:
    body = {
        "id": "p-kinh-te",
        "name": "A",
        "organisation": OFFICE,
        "roles": ["officer"],
        "password": password,
    }
    answer = catalogue.client.post(
        "/v1/people",
        content=json.dumps(body),
        headers=ADMINISTRATOR | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert password not in answer.text
    assert catalogue.execute("select * from catalogue.credentials") == []


def test_a_renewal_brings_what_is_so_now_for_ten_hours(catalogue: Catalogue) -> None:
    catalogue.add()
    header = catalogue.header()
    catalogue.change(rooms=[ROOMS[1]], roles=["compiler"])
    catalogue.clock.now += 10 * MINUTE
    renewed = bearer(catalogue.renew(header))
    claims = catalogue.claims(renewed)
    assert (claims["rooms"], claims["roles"]) == ([ROOMS[1]], ["compiler"])
    assert claims["auth_time"] == int(NOW.timestamp())
    while catalogue.clock.now < NOW + timedelta(hours=9, minutes=50):
        renewed = bearer(catalogue.renew(renewed))
        catalogue.clock.now += 10 * MINUTE
    last = catalogue.renew(renewed)
    assert last.json()["expires_in"] == 600
    catalogue.clock.now += 10 * MINUTE
    assert catalogue.renew(bearer(last)).status_code == 401


def test_nobody_renews_who_may_not_log_in_any_more(catalogue: Catalogue) -> None:
    catalogue.add()
    header = catalogue.header()
    catalogue.change(locked=True)
    assert catalogue.renew(header).status_code == 401
    catalogue.change(locked=False)
    assert catalogue.renew(header).status_code == 401
    catalogue.clock.now += 1 * MINUTE
    header = catalogue.header()
    path = "/v1/people/p-kinh-te/password"
    body = {"password": "một câu khác hẳn", "current": PASSWORD}
    assert catalogue.client.put(path, json=body, headers=header).status_code == 204
    assert catalogue.renew(header).status_code == 401
    assert catalogue.log_in().status_code == 401
    assert catalogue.log_in(password=body["password"]).status_code == 200


def test_a_token_that_is_over_forged_or_a_programs_is_not_renewed(catalogue: Catalogue) -> None:
    catalogue.add()
    header = catalogue.header()
    forged = {"Authorization": "Bearer " + people.token("p-kinh-te", now=NOW)}
    for other in ({}, ADMINISTRATOR, forged, {"Authorization": header["Authorization"][:-4]}):
        assert catalogue.renew(other).status_code == 401
    catalogue.clock.now += 15 * MINUTE
    assert catalogue.renew(header).status_code == 401


def test_one_sets_only_ones_own_password_and_guesses_count(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-xa-hoi")
    header = catalogue.header()
    mine, other = ("/v1/people/p-kinh-te/password", "/v1/people/p-xa-hoi/password")
    body = {"password": "một câu khác hẳn", "current": PASSWORD}
    put = catalogue.client.put
    assert put(other, json=body, headers=header).status_code == 404
    assert put("/v1/people/p-ai/password", json=body, headers=header).status_code == 404
    assert put(mine, json={"password": body["password"]}, headers=header).status_code == 403
    for _ in range(4):
        assert put(mine, json=body | {"current": "x"}, headers=header).status_code == 403
    assert put(mine, json=body, headers=header).status_code == 403
    assert put(mine, json=body, headers=ADMINISTRATOR).status_code == 404


def test_a_deputy_has_the_rooms_between_the_days_in_viet_nam(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-xa-hoi", rooms=[ROOMS[1]])
    stead = {"person": "p-kinh-te", "first": "2026-11-24", "last": "2026-11-25"}
    assert catalogue.change("p-xa-hoi", deputies=[stead]).status_code == 200
    rooms = {}
    for hour in (16, 17, 40, 64, 65):
        catalogue.clock.now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour)
        rooms[hour] = catalogue.claims(catalogue.header())["rooms"]
    both = sorted(ROOMS)
    assert rooms == {16: [ROOMS[0]], 17: both, 40: both, 64: both, 65: [ROOMS[0]]}
    catalogue.clock.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert catalogue.claims(catalogue.header())["lent"] == {ROOMS[1]: "p-xa-hoi"}
    catalogue.change("p-xa-hoi", locked=True)
    claims = catalogue.claims(catalogue.header())
    assert (claims["rooms"], claims["lent"]) == ([ROOMS[0]], {})


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"organisation": "khong-co"}, "organisation"),
        ({"organisation": ROOMS[0]}, "organisation"),
        ({"rooms": [ROOMS[0], "phong-khac"]}, "rooms.1"),
        ({"rooms": [AGENCY]}, "rooms.0"),
        ({"head_of": [AGENCY]}, "head_of.0"),
        ({"name": " "}, "name"),
        ({"name": "a\0"}, "name"),
    ],
)
def test_what_a_person_cannot_be_is_named(
    catalogue: Catalogue, values: dict[str, Any], where: str
) -> None:
    answer = catalogue.add(**values)
    assert answer.status_code == 422
    assert where in [error["where"] for error in answer.json()["errors"]]
    assert catalogue.log_in().status_code == 401


@pytest.mark.parametrize(
    ("deputy", "where"),
    [
        ({"person": "p-kinh-te"}, "person"),
        ({"person": "p-ai"}, "person"),
        ({"person": "p-so"}, "person"),
        ({"person": "p-kiem-tra"}, "person"),
        ({"person": "p-xa-hoi", "last": "2026-11-22"}, "last"),
    ],
)
def test_a_deputy_is_another_of_the_office_who_may_do_it(
    catalogue: Catalogue, deputy: dict[str, Any], where: str
) -> None:
    catalogue.add()
    catalogue.add("p-xa-hoi")
    catalogue.add("p-kiem-tra", roles=["auditor"])
    catalogue.add("p-so", organisation=AGENCY, rooms=[])
    days = {"first": "2026-11-23", "last": "2026-11-23"}
    answer = catalogue.change(deputies=[days | deputy])
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [f"deputies.0.{where}"]


def test_adding_again_changes_nothing_and_an_id_is_never_anothers(catalogue: Catalogue) -> None:
    assert [catalogue.add().status_code for _ in range(2)] == [201, 200]
    assert catalogue.add(name="Người khác").status_code == 409
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda n: catalogue.add("p-dua", name=f"N{n % 2}"), range(8))
        assert sorted(answer.status_code for answer in answers) == [*[200] * 3, 201, *[409] * 4]


def test_every_change_is_kept_with_who_made_it(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-quan-tri", roles=["administrator"], rooms=[])
    header = catalogue.header("p-quan-tri")
    catalogue.client.patch("/v1/people/p-kinh-te", json={"name": "Khác"}, headers=header)
    catalogue.client.patch("/v1/people/p-kinh-te", json={"name": "Khác"}, headers=header)
    rows = catalogue.execute(
        "select version, changed_by, body ->> 'name' from catalogue.people where id = 'p-kinh-te' order by 1"
    )
    assert rows == [(1, "token:administrator", "Lò Thị Mẫu"), (2, "p-quan-tri", "Khác")]
    told = [one for one in told_of(catalogue) if one["person"] == "p-kinh-te"]
    assert [(one["author"], one["fields"]) for one in told] == [
        (
            "token:administrator",
            ["name", "organisation", "roles", "rooms", "head_of", "deputies", "locked"],
        ),
        ("p-quan-tri", ["name"]),
    ]
    assert "Khác" not in str(told)


def test_changes_at_once_make_versions_in_a_row(catalogue: Catalogue) -> None:
    catalogue.add()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: catalogue.change(name=f"N{n}"), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 14))


def item(catalogue: Catalogue, valid_to: datetime | None = None) -> None:
    """One by which the agency supplies and the first room accepts."""
    body = {"responsible": AGENCY, "room": ROOMS[0]}
    catalogue.execute(
        "insert into catalogue.entries values ('item', 'i', 1, 99, %s, null, %s, now())",
        *(json.dumps(body), valid_to),
    )


def test_who_is_missing_is_told(catalogue: Catalogue) -> None:
    item(catalogue)

    def missing() -> Any:
        answer = catalogue.client.get("/v1/vacancies", headers=ADMINISTRATOR)
        return answer.json()["agencies_without_focal_point"]

    assert missing() == [AGENCY]
    assert alarms(catalogue) == {"focal_point": 1, "head": 1}
    catalogue.add("p-so", organisation=AGENCY, rooms=[], roles=["agency"])
    assert missing() == []
    catalogue.change("p-so", locked=True)
    assert missing() == [AGENCY]


def test_who_may_send_is_missing_without_any_item(catalogue: Catalogue) -> None:
    alive = {"id": "so-tu-phap", "kind": "justice_department", "province": "11"}
    ended = alive | {"id": "so-tu-phap-cu"}
    for number, (kind, body, until) in enumerate(
        [
            ("form", shipped_forms()["t0111"].to_dict(), None),
            ("organisation", alive, None),
            ("organisation", ended, catalogue.clock.now),
            ("organisation", alive | {"id": "ubnd", "kind": "commune_committee"}, None),
        ],
        101,
    ):
        catalogue.execute(
            "insert into catalogue.entries values (%s, %s, 1, %s, %s, null, %s, now())",
            *(kind, body["id"], number, json.dumps(body), until),
        )
    answer = catalogue.client.get("/v1/vacancies", headers=ADMINISTRATOR)
    assert answer.json()["agencies_without_focal_point"] == ["so-tu-phap"]


def alarms(catalogue: Catalogue) -> dict[str, float]:
    count(state_of(catalogue.client).context)
    (gauge,) = VACANCIES.collect()
    return {sample.labels["post"]: sample.value for sample in gauge.samples}


def test_each_room_that_accepts_figures_has_a_head_who_answers(catalogue: Catalogue) -> None:
    item(catalogue)

    def headless() -> Any:
        answer = catalogue.client.get("/v1/vacancies", headers=ADMINISTRATOR)
        return answer.json()["rooms_without_head"]

    catalogue.add()
    assert headless() == [ROOMS[0]]
    added = catalogue.add("p-truong-phong", head_of=[ROOMS[0]])
    assert added.json()["head_of"] == [ROOMS[0]]
    assert headless() == []
    assert alarms(catalogue) == {"focal_point": 1, "head": 0}
    catalogue.change("p-truong-phong", locked=True)
    assert headless() == [ROOMS[0]]
    catalogue.change("p-truong-phong", locked=False, head_of=[ROOMS[1]])
    assert headless() == [ROOMS[0]]


def test_an_item_that_ended_leaves_no_vacancy(catalogue: Catalogue) -> None:
    item(catalogue, valid_to=catalogue.clock.now)
    answer = catalogue.client.get("/v1/vacancies", headers=ADMINISTRATOR)
    assert answer.json() == {"agencies_without_focal_point": [], "rooms_without_head": []}


def test_keys_rotate_and_tokens_of_the_old_one_go_on_to_their_end(catalogue: Catalogue) -> None:
    catalogue.add()
    old = catalogue.header()
    rotate = catalogue.client.post("/v1/signing-keys", json={}, headers=ADMINISTRATOR)
    kid = rotate.json()["kid"]

    def kids() -> list[str]:
        return [key["kid"] for key in catalogue.client.get("/v1/jwks").json()["keys"]]

    def signed_by(header: dict[str, str]) -> Any:
        from joserfc.jws import extract_compact

        return extract_compact(header["Authorization"][7:].encode()).headers()["kid"]

    assert rotate.status_code == 201
    assert len(kids()) == 2 and kid in kids()
    assert signed_by(catalogue.header()) == signed_by(old) != kid
    catalogue.clock.now += timedelta(seconds=16)
    assert signed_by(catalogue.header()) == kid
    assert catalogue.renew(old).status_code == 200
    catalogue.clock.now += 20 * MINUTE
    assert kids() == [kid]


def test_a_copy_of_the_database_lets_nobody_sign(catalogue: Catalogue) -> None:
    catalogue.client.get("/v1/jwks")
    ((jwk, wrapped),) = catalogue.execute("select jwk, wrapped from catalogue.signing_keys")
    assert "d" not in jwk
    other = MasterKey(bytes(31) + b"x")
    with pytest.raises(NotWrapped):
        other.unwrap(wrapped)
    private = MasterKey(bytes(32)).unwrap(wrapped)
    d = urlsafe_b64encode(private).rstrip(b"=").decode()
    public = {name: jwk[name] for name in ("kty", "crv", "x")}
    assert OKPKey.import_key(public | {"d": d}).thumbprint() == jwk["kid"]


def test_a_revoked_key_ends_all_its_tokens(catalogue: Catalogue) -> None:
    catalogue.add()
    old = catalogue.header()
    catalogue.client.post("/v1/signing-keys", json={"revoke": True}, headers=ADMINISTRATOR)
    assert catalogue.renew(old).status_code == 401
    assert catalogue.renew(catalogue.header()).status_code == 200


def test_the_first_key_is_one_whoever_comes_first(catalogue: Catalogue) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: catalogue.client.get("/v1/jwks").text, range(6)))
    assert len(set(answers)) == 1


def test_a_person_with_a_token_does_what_its_role_may(catalogue: Catalogue) -> None:
    catalogue.add()
    catalogue.add("p-quan-tri", roles=["administrator"], rooms=[])
    officer, administrator = catalogue.header(), catalogue.header("p-quan-tri")
    get = catalogue.client.get
    assert get("/v1/people", headers=officer).status_code == 403
    assert len(get("/v1/people", headers=administrator).json()) == 2
    assert get("/v1/people/p-ai", headers=administrator).status_code == 404
    assert get("/v1/people/%00", headers=administrator).status_code == 404
    assert get("/v1/organisation", headers=officer).status_code == 200
    assert get("/v1/people", headers={"Authorization": "Bearer operator"}).status_code == 403
