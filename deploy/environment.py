"""The settings (SOLIEU_*) of each process of a stack: its own service's secrets, no one else's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from deploy import database
from deploy.programs import PROGRAMS, SERVICES, Program, Role
from deploy.state import HOST, State

PROVINCE = "11"
"""Điện Biên: whose regulation applies in the demo."""


def program(state: State, folder: Path, process: Program) -> dict[str, str]:
    """The settings of one service process of the stack in `folder`."""
    password = state.passwords[process.service]
    return {
        **_common(state),
        **(_vault(state, folder) if process.vault else {}),
        **_tokens(state, process.tokens),
        "SOLIEU_DATABASE_URL": database.url(process.service, password, state.ports["postgres"]),
        "SOLIEU_PORT": str(state.ports[process.name]),
    }


def administrator(state: State, folder: Path) -> dict[str, str]:
    """The settings of whoever migrates, applies topics and calls every API, with all tokens."""
    passwords = {service: state.passwords[service] for service in SERVICES}
    return {
        **_common(state),
        **_vault(state, folder),
        **_tokens(state, state.tokens),
        "SOLIEU_ADMIN_DATABASE_URL": superuser_url(state),
        "SOLIEU_DATABASE_PASSWORDS": json.dumps(passwords),
    }


def superuser_url(state: State, name: str = database.DATABASE) -> str:
    """The URL of a database as PostgreSQL's superuser."""
    return database.url("postgres", state.passwords["postgres"], state.ports["postgres"], name)


def bootstrap(state: State) -> str:
    """Kafka's address."""
    return f"{HOST}:{state.ports['kafka']}"


def url(state: State, name: str) -> str:
    """The address on which the named program serves."""
    return f"http://{HOST}:{state.ports[name]}"


def _common(state: State) -> dict[str, str]:
    apis = (process for process in PROGRAMS.values() if process.role is Role.API)
    urls = {f"SOLIEU_{api.service.upper()}_URL": url(state, api.name) for api in apis}
    return {"SOLIEU_KAFKA_BOOTSTRAP": bootstrap(state), "SOLIEU_PROVINCE": PROVINCE, **urls}


def _vault(state: State, folder: Path) -> dict[str, str]:
    return {"SOLIEU_VAULT": str(folder / "vault"), "SOLIEU_MASTER_KEY": state.master_key}


def _tokens(state: State, holders: Iterable[str]) -> dict[str, str]:
    return {f"SOLIEU_{holder.upper()}_TOKEN": state.tokens[holder] for holder in sorted(holders)}
