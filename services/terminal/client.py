"""The APIs as commands ask them: with whose token, and what ends the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from services.kernel.refused import Refused
from services.terminal.show import Exit, say, show_problem

if TYPE_CHECKING:
    import httpx2
    from pydantic import SecretStr


@dataclass(frozen=True)
class Api:
    """One service's API, with a token, blank for none; `seconds` until an answer, or its next line.

    What it asks ends the command where the service refuses: its words are printed before. Raises httpx2.TransportError
    where it can't be reached, which services.cli tells.
    """

    service: str
    token: str
    seconds: float = 30.0

    @property
    def url(self) -> str:
        """Its address, by the settings."""
        from services.kernel.settings import settings

        config = settings()
        return {
            "intake": config.intake_url,
            "validation": config.validation_url,
            "policy": config.policy_url,
            "catalogue": config.catalogue_url,
            "grdp": config.grdp_url,
            "audit": config.audit_url,
            "notification": config.notification_url,
        }[self.service]

    @property
    def headers(self) -> dict[str, str]:
        """They show the token."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **parameters: object
    ) -> httpx2.Response:
        """Whatever it answers; parameters that are None are left out."""
        import httpx2

        return httpx2.request(
            method,
            self.url + path,
            params={name: str(one) for name, one in parameters.items() if one is not None} or None,
            json=body,
            headers=self.headers,
            timeout=self.seconds,
            trust_env=False,
        )

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **parameters: object
    ) -> httpx2.Response:
        """A good answer."""
        return checked(path.removeprefix("/v1/"), self.answer(method, path, body, **parameters))

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON of a GET."""
        return self.ask("GET", path, None, **parameters).json()

    def download(self, path: str, **parameters: object) -> bytes:
        """What a GET brings, whatever it is."""
        answer = self.answer("GET", path, None, **parameters)
        return answer.content if answer.is_success else checked(path, answer).content

    def post(self, path: str, body: Mapping[str, Any] | None = None, **parameters: object) -> Any:
        """The JSON of a POST."""
        return self.ask("POST", path, body, **parameters).json()

    def lines(self, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The answer to a POST line by line, each an object; it ends early where the connection breaks off.

        What the service can't read is wrong usage.
        """
        import httpx2

        text = json.dumps(body, ensure_ascii=False, default=str)
        headers = self.headers | {"Content-Type": "application/json"}
        with (
            httpx2.Client(timeout=self.seconds, trust_env=False) as client,
            client.stream("POST", self.url + path, content=text.encode(), headers=headers) as given,
        ):
            if not given.is_success:
                given.read()
                checked(path.removeprefix("/v1/"), given, unreadable=Exit.WRONG_USAGE)
            try:
                for line in given.iter_lines():
                    yield json.loads(line)
            except (httpx2.TransportError, ValueError):
                return


def checked(
    what: str, answer: httpx2.Response, unreadable: Exit = Exit.NOT_FOUND
) -> httpx2.Response:
    """A good answer; ends the command, with what the service says, where it refuses, or is none of ours."""
    is_ours = answer.headers.get("content-type", "").startswith("application/json")
    if answer.is_success and (is_ours or answer.status_code == 204):
        return answer
    show_problem(what, Refused.of(answer).problem)
    if answer.status_code == 422:
        raise typer.Exit(unreadable)
    away = answer.status_code >= 500 or answer.is_success
    raise typer.Exit(Exit.UNREACHABLE if away else Exit.NOT_FOUND)


def operator(service: str, seconds: float = 30.0) -> Api:
    """As the operator of the settings; ends the command where they have no token."""
    from services.kernel.settings import settings

    return Api(service, _given(settings().operator_token, "SOLIEU_OPERATOR_TOKEN"), seconds)


def administrator(service: str) -> Api:
    """As the administrator of the settings; ends the command where they have no token."""
    from services.kernel.settings import settings

    return Api(service, _given(settings().administrator_token, "SOLIEU_ADMINISTRATOR_TOKEN"))


def person(service: str, id_: str, seconds: float = 30.0) -> Api:
    """As a person, by the password of standard input; ends the command where it's wrong."""
    body = {"person": id_, "password": password_of(id_)}
    return Api(service, Api("catalogue", "").post("/v1/tokens", body)["access_token"], seconds)


def waits(answer: httpx2.Response) -> bool:
    """Whether a change waits for a second person, which is then said."""
    if answer.status_code != 202:
        return False
    say("operators.changes.waits", id=answer.json()["change"]["change_id"])
    return True


def password_of(person: str, *, confirm: bool = False) -> str:
    """One line of standard input, or what is typed unseen at a terminal; ends the command where there is none."""
    from services.model.messages import text

    if sys.stdin.isatty():
        asked = text("operators.people.password", "vi", id=person).rstrip(": ")
        password: str = typer.prompt(asked, hide_input=True, confirmation_prompt=confirm)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        say("operators.people.no-password", error=True)
        raise typer.Exit(Exit.WRONG_USAGE)
    return password


def _given(token: SecretStr, name: str) -> str:
    if not (password := token.get_secret_value()):
        say("operators.no_token", error=True, name=name)
        raise typer.Exit(Exit.WRONG_USAGE)
    return password
