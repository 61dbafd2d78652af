"""Tokens and answers of the APIs that operators' commands call."""

from __future__ import annotations

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
