"""`solieu people`: what it asks of catalogue, and that no password shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from services import cli
from services.kernel.settings import settings

PASSWORD = "một câu dễ nhớ"
PERSON = {
    "id": "p-kinh-te", "name": "Lò Thị Mẫu", "organisation": "thong-ke-dien-bien", "roles": ["officer"],
    "rooms": ["phong-kinh-te"], "deputies": [], "locked": False,
}  # fmt: skip
CHANGE = {
    "change_id": "c-1", "what": "password", "subject": "p-kinh-te", "fields": ["roles"], "body": {},
    "proposed_by": "token:administrator", "proposed_at": "2026-11-26T00:00:00Z",
}  # fmt: skip
WAITS = {"change": CHANGE, "link": None}
ADD = (
    *("people", "add", "p-kinh-te", "--name", "Lò Thị Mẫu", "--organisation", "thong-ke-dien-bien"),
    *("--role", "officer", "--role", "leader", "--room", "phong-kinh-te"),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, Any]]]:
    """What catalogue was asked; it answers as if all were well."""
    monkeypatch.setenv("SOLIEU_ADMINISTRATOR_TOKEN", "administrator-token")
    settings.cache_clear()
    found: list[tuple[str, str, Any]] = []

    def request(method: str, url: str, json: Any = None, **more: Any) -> httpx2.Response:
        assert more["headers"] == {"Authorization": "Bearer administrator-token"}
        path = httpx2.URL(url).path
        found.append((method, path, json))
        if path == "/v1/people" and method == "GET":
            return httpx2.Response(200, json=[PERSON])
        if path == "/v1/vacancies":
            return httpx2.Response(
                200,
                json={
                    "agencies_without_focal_point": ["so-xay-dung"],
                    "rooms_without_head": ["phong-kinh-te"],
                },
            )
        if path.endswith("/reset"):
            return httpx2.Response(202, json=WAITS)
        if path == "/v1/changes":
            return httpx2.Response(200, json={"changes": [CHANGE]})
        return httpx2.Response(201, json=PERSON | {"kid": "new"})

    monkeypatch.setattr(httpx2, "request", request)
    yield found
    settings.cache_clear()


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(cli.app, arguments, input=given)


def test_a_person_is_added_with_the_password_of_standard_input(asked: list[Any]) -> None:
    result = run(*ADD, given=f"{PASSWORD}\r\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    ((method, path, body),) = asked
    assert (method, path) == ("POST", "/v1/people")
    assert body == {
        "id": "p-kinh-te", "name": "Lò Thị Mẫu", "organisation": "thong-ke-dien-bien",
        "roles": ["officer", "leader"], "rooms": ["phong-kinh-te"], "head_of": [], "password": PASSWORD,
    }  # fmt: skip


def test_without_a_password_nothing_is_asked(asked: list[Any]) -> None:
    assert run(*ADD).exit_code == 2
    assert run("people", "confirm", "c-1", "--as", "p-l", given="\n").exit_code == 2
    assert asked == []


def test_no_option_takes_a_password() -> None:
    for command in ("add", "confirm", "refuse", "found"):
        assert " --password" not in run("people", command, "--help").output


def test_what_waits_says_how_a_leader_confirms_it(asked: list[Any]) -> None:
    result = run("people", "reset", "p-kinh-te")
    assert result.exit_code == 0
    assert "solieu people confirm c-1" in result.output


def test_a_leader_confirms_and_gets_the_link(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def request(method: str, url: str, headers: Any, json: Any, **more: Any) -> httpx2.Response:
        found.append((httpx2.URL(url).path, json or headers["Authorization"]))
        if url.endswith("/v1/tokens"):
            return httpx2.Response(200, json={"access_token": "of-the-leader"})
        link = {"person": "p-moi", "token": "one-time", "expires_at": "2026-11-27T00:00:00Z"}
        return httpx2.Response(200, json={"change": CHANGE, "link": link})

    monkeypatch.setattr(httpx2, "request", request)
    result = run("people", "confirm", "c-1", "--as", "p-l", given=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert "/password?token=one-time" in result.output
    assert found == [
        ("/v1/tokens", {"person": "p-l", "password": PASSWORD}),
        ("/v1/changes/c-1/confirmation", "Bearer of-the-leader"),
    ]


def test_the_founding_needs_the_machine(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOLIEU_ADMIN_DATABASE_URL", raising=False)
    settings.cache_clear()
    named = ("--leader", "p-a=A", "--leader", "p-b=B")
    result = run("people", "found", "--organisation", "o", *named)
    assert (result.exit_code, asked) == (2, [])
    assert "SOLIEU_ADMIN_DATABASE_URL" in result.output


def test_everybody_is_listed_and_who_is_missing(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run("--lang", "vi", "people", "list")
    assert result.exit_code == 0, result.output
    for words in ("p-kinh-te", "Công chức phòng nghiệp vụ", "so-xay-dung"):
        assert words in result.output
    assert "officer" not in result.output


def test_what_waits_is_told_in_words_with_names_and_local_time(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    said = run("--lang", "vi", "people", "changes").output
    for words in ("Đặt lại mật khẩu", "Lò Thị Mẫu (p-kinh-te)", "Quản trị hệ thống", "Vai trò"):
        assert words in said
    assert "07:00, 26/11/2026" in said
    assert "token:" not in said and "2026-11-26T" not in said
    as_json = run("people", "changes", "--json").output
    assert json.loads(as_json) == [CHANGE]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["lock", "p-kinh-te"], ("PATCH", "/v1/people/p-kinh-te", {"locked": True})),
        (["unlock", "p-kinh-te"], ("PATCH", "/v1/people/p-kinh-te", {"locked": False})),
        (["rotate-key", "--revoke"], ("POST", "/v1/signing-keys", {"revoke": True})),
        (["reset", "p-kinh-te"], ("POST", "/v1/people/p-kinh-te/reset", None)),
        (["changes"], ("GET", "/v1/people", None)),
        (
            ["deputy", "p-kinh-te", "--deputy", "p-b", "--first", "2026-11-23", "--last", "2026-11-24"],
            ("PATCH", "/v1/people/p-kinh-te",
             {"deputies": [{"person": "p-b", "first": "2026-11-23", "last": "2026-11-24"}]}),
        ),
    ],
)  # fmt: skip
def test_a_command_asks_one_thing(asked: list[Any], arguments: list[str], wanted: Any) -> None:
    result = run("people", *arguments, given=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert asked[-1] == wanted
    assert PASSWORD not in result.output


def test_a_refusal_is_shown(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {"title": "Không có người «p-x»", "detail": "", "en": {}}
    monkeypatch.setattr(httpx2, "request", lambda *_, **__: httpx2.Response(404, json=problem))
    result = run("people", "lock", "p-x")
    assert result.exit_code == 4
    assert "Không có người" in result.output
