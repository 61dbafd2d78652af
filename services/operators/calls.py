"""Tokens and answers of the APIs that operators' commands call."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from services.operators.show import Exit, say, show_problem

if TYPE_CHECKING:
    import httpx2
    from pydantic import SecretStr

WRONG_USAGE = 2


def authorization(token: SecretStr, name: str) -> dict[str, str]:
    """The header that shows a token; ends the command, naming the setting `name`, where there is none."""
    if not (secret := token.get_secret_value()):
        say("operators.no_token", error=True, name=name)
        raise typer.Exit(WRONG_USAGE)
    return {"Authorization": f"Bearer {secret}"}


def checked(what: str, answer: httpx2.Response) -> Any:
    """The JSON of an answer; ends the command, with what the service says, where it refuses."""
    if answer.is_success:
        return answer.json()
    show_problem(what, answer.json())
    raise typer.Exit(Exit.UNREACHABLE if answer.status_code >= 500 else Exit.NOT_FOUND)


def waits(answer: httpx2.Response) -> bool:
    """Whether a change waits for a second person, which is then said."""
    if answer.status_code != 202:
        return False
    say("operators.changes.waits", id=answer.json()["change"]["change_id"])
    return True


def login(person: str) -> dict[str, str]:
    """The header that shows a person's token, for the password of standard input; ends the command where it's wrong."""
    import httpx2

    from services.kernel.settings import settings

    body = {"person": person, "password": password_of(person)}
    url = f"{settings().catalogue_url}/v1/tokens"
    token = checked("tokens", httpx2.post(url, json=body, timeout=30, trust_env=False))
    return {"Authorization": f"Bearer {token['access_token']}"}


def password_of(person: str, *, confirm: bool = False) -> str:
    """One line of standard input, or what is typed unseen at a terminal; ends the command where there is none."""
    from services.model.messages import text

    if sys.stdin.isatty():
        asked = text("operators.people.password", "vi", id=person).rstrip(": ")
        given: str = typer.prompt(asked, hide_input=True, confirmation_prompt=confirm)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        say("operators.people.no-password", error=True)
        raise typer.Exit(WRONG_USAGE)
    return given
