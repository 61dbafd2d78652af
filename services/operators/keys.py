"""`solieu keys register`, `revoke`: the administrator lets a sender's key speak for it, and ends that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.operators.calls import WRONG_USAGE, authorization, checked, waits
from services.operators.show import AsJson, as_json, say

TIMEOUT = 30.0
VALIDITY = ("valid_from", "valid_to")


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
    """Only the public half is sent. Safe to run again; a key that was revoked is refused."""
    headers = _headers()
    try:
        id_, body = public_half(file)
    except ValueError:
        say("operators.key.unreadable", error=True, file=file)
        raise typer.Exit(WRONG_USAGE) from None
    answer = _ask("PUT", headers, id_, {"body": body})
    registered = checked(f"sender_key/{id_}", answer)
    if json:
        as_json(registered)
    elif not waits(answer):
        outcome = "registered" if answer.status_code == 201 else "same"
        say(f"operators.key.{outcome}", id=id_, sender=body["sender"])


def revoke(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="Mã khóa, «keys new» đã in ra · The key's id")
    ],
    json: AsJson = False,
) -> None:
    """At once and for ever: nothing signed with it is taken any more, also what was signed before."""
    headers, what = _headers(), f"sender_key/{id_}"
    found = checked(what, _ask("GET", headers, id_))
    revoked = checked(what, _ask("PUT", headers, id_, _ended(found, datetime.now(UTC))))
    if json:
        as_json(revoked)
    else:
        sender, at = revoked["body"]["sender"], revoked["valid_to"]
        say("operators.key.revoked", id=id_, sender=sender, at=at)


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


def _ended(entry: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The entry with its end; as it is where it has ended already, and without a start that never comes."""
    starts, ends = (entry[name] and datetime.fromisoformat(entry[name]) for name in VALIDITY)
    return {
        "body": entry["body"],
        "valid_from": None if starts and starts >= now else entry["valid_from"],
        "valid_to": entry["valid_to"] if ends and ends <= now else now.isoformat(),
    }


def _headers() -> dict[str, str]:
    from services.kernel.settings import settings

    return authorization(settings().administrator_token, "SOLIEU_ADMINISTRATOR_TOKEN")


def _ask(method: str, headers: dict[str, str], id_: str, body: dict[str, Any] | None = None) -> Any:
    from urllib.parse import quote

    import httpx2

    from services.kernel.settings import settings

    url = f"{settings().catalogue_url}/v1/sender_key/{quote(id_, safe='')}"
    return httpx2.request(method, url, json=body, headers=headers, timeout=TIMEOUT, trust_env=False)
