"""`solieu keys register`, `revoke`: the administrator lets a sender's key speak for it, and ends that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.model.wording import moment
from services.terminal.client import administrator, waits
from services.terminal.show import AsJson, Exit, as_json, say

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
    catalogue = administrator("catalogue")
    try:
        id_, body = public_half(file)
    except ValueError:
        say("operators.key.unreadable", error=True, file=file)
        raise typer.Exit(Exit.WRONG_USAGE) from None
    answer = catalogue.ask("PUT", _path(id_), {"body": body})
    if json:
        as_json(answer.json())
    elif not waits(answer):
        outcome = "registered" if answer.status_code == 201 else "same"
        say(f"operators.key.{outcome}", id=id_, sender=body["sender"])


def revoke(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Mã khóa, «keys new» đã in ra · The key's id, which `keys new` printed",
        ),
    ],
    json: AsJson = False,
) -> None:
    """At once and for ever: nothing signed with it is taken any more, also what was signed before."""
    catalogue, path = administrator("catalogue"), _path(id_)
    ended = _ended(catalogue.get(path), datetime.now(UTC))
    revoked = catalogue.ask("PUT", path, ended).json()
    if json:
        as_json(revoked)
    else:
        sender, at = revoked["body"]["sender"], revoked["valid_to"]
        say("operators.key.revoked", id=id_, sender=sender, at=moment(at))


def public_half(file: Path) -> tuple[str, dict[str, Any]]:
    """A key's thumbprint and its entry in the catalogue; ValueError for a file of another kind."""
    from services.model.statement import public_key

    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
        key = loaded.get("public_key", loaded)
        public = {name: key[name] for name in ("kty", "crv", "x")}
        return public_key(public).thumbprint(), {"sender": loaded["sender"], "public_key": public}
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


def _path(id_: str) -> str:
    from urllib.parse import quote

    return f"/v1/sender_key/{quote(id_, safe='')}"
