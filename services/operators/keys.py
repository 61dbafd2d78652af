"""`solieu keys register`: the administrator lets a sender's key speak for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.operators.calls import WRONG_USAGE, authorization, checked
from services.operators.show import AsJson, as_json, say

TIMEOUT = 30.0


def register(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True,
            help="Khóa công khai mà «keys new» in ra, hoặc tệp khóa · What `keys new` printed, or the key file",
        ),
    ],
    json: AsJson = False,
) -> None:  # fmt: skip
    """Only the public half is sent. Safe to run again."""
    import httpx2

    from services.kernel.settings import settings

    config = settings()
    headers = authorization(config.administrator_token, "SOLIEU_ADMINISTRATOR_TOKEN")
    try:
        id_, body = public_half(file)
    except ValueError:
        say("operators.key.unreadable", error=True, file=file)
        raise typer.Exit(WRONG_USAGE) from None
    answer = httpx2.put(
        f"{config.catalogue_url}/v1/sender_key/{id_}",
        json={"body": body}, headers=headers, timeout=TIMEOUT, trust_env=False,
    )  # fmt: skip
    registered = checked(f"sender_key/{id_}", answer)
    if json:
        as_json(registered)
    else:
        outcome = "registered" if answer.status_code == httpx2.codes.CREATED else "same"
        say(f"operators.key.{outcome}", id=id_, sender=body["sender"])


def public_half(file: Path) -> tuple[str, dict[str, Any]]:
    """A key's thumbprint and its entry in the catalogue; ValueError for a file of another kind."""
    from services.model.statement import public_key

    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        given = found.get("public_key", found)
        public = {name: given[name] for name in ("kty", "crv", "x")}
        return public_key(public).thumbprint(), {"sender": found["sender"], "public_key": public}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: {type(error).__name__}") from None
