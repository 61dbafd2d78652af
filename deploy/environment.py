"""The settings (SOLIEU_*) of each process of a stack: its own service's secrets, no one else's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from deploy import database
from deploy.programs import SERVICES, Program
from deploy.state import HOST, State

COMMANDS_CALL = ("intake", "catalogue", "audit")
"""The services whose APIs `solieu` calls."""


def program(state: State, folder: Path, process: Program) -> dict[str, str]:
    """The settings of one service process of the stack in `folder`."""
    password = state.passwords[process.service]
    return {
        **_kafka(state),
        **(_vault(state, folder) if process.vault else {}),
        **_tokens(state, process.tokens),
        "SOLIEU_DATABASE_URL": database.url(process.service, password, state.ports["postgres"]),
        "SOLIEU_PORT": str(state.ports[process.name]),
    }


def administrator(state: State, folder: Path) -> dict[str, str]:
    """The settings of whoever migrates, applies topics and calls every API, with all tokens."""
    passwords = {service: state.passwords[service] for service in SERVICES}
    return {
        **_kafka(state),
        **_urls(state),
        **_vault(state, folder),
        **_tokens(state, state.tokens),
        "SOLIEU_ADMIN_DATABASE_URL": superuser_url(state),
        "SOLIEU_DATABASE_PASSWORDS": json.dumps(passwords),
    }


def operator(state: State) -> dict[str, str]:
    """The settings of who watches the product: no password, no key, no token but the operator's."""
    return {**_kafka(state), **_urls(state), **_tokens(state, ["operator"])}


def superuser_url(state: State, name: str = database.DATABASE) -> str:
    """The URL of a database as PostgreSQL's superuser."""
    return database.url("postgres", state.passwords["postgres"], state.ports["postgres"], name)


def bootstrap(state: State) -> str:
    """Kafka's address."""
    return f"{HOST}:{state.ports['kafka']}"


def url(state: State, name: str) -> str:
    """The address on which the named program serves."""
    return f"http://{HOST}:{state.ports[name]}"


def _kafka(state: State) -> dict[str, str]:
    return {"SOLIEU_KAFKA_BOOTSTRAP": bootstrap(state)}


def _urls(state: State) -> dict[str, str]:
    return {f"SOLIEU_{name.upper()}_URL": url(state, f"{name}-api") for name in COMMANDS_CALL}


def _vault(state: State, folder: Path) -> dict[str, str]:
    return {"SOLIEU_VAULT": str(folder / "vault"), "SOLIEU_MASTER_KEY": state.master_key}


def _tokens(state: State, holders: Iterable[str]) -> dict[str, str]:
    return {f"SOLIEU_{holder.upper()}_TOKEN": state.tokens[holder] for holder in sorted(holders)}
