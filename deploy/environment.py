"""The settings (SOLIEU_*) of each process of a stack: its own service's secrets, no one else's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from deploy import database
from deploy.programs import SERVICES, Program, Role
from deploy.state import HOST, State
from services.kernel.auth import hash_of
from services.kernel.cluster import Cluster


def program(state: State, folder: Path, process: Program) -> dict[str, str]:
    """The settings of one service process of the stack in `folder`."""
    return {
        **(_kept(state, process.service) if process.database else {}),
        **(_database_disk(folder) if process.database_disk else {}),
        **(_vault(folder) if process.vault else {}),
        **(_master_key(state) if process.master_key else {}),
        **_known_tokens(state, process.tokens),
        **(_keys_of_tokens(state) if process.role is Role.API else {}),
        **(_mail(state) if process.service == "notification" else {}),
        **_called(state, process.calls),
        **(_address(state) if process.service == "console" else {}),
        **(_proxies() if process.name == "catalogue-api" else {}),
        "SOLIEU_PORT": str(state.ports[process.name]),
    }


def administrator(state: State, folder: Path) -> dict[str, str]:
    """The settings of whoever migrates, applies topics and calls every API, with all tokens."""
    passwords = {service: state.passwords[service] for service in SERVICES}
    return {
        **_kafka(state, "administrator"),
        **_urls(state),
        **_vault(folder),
        **_master_key(state),
        **_tokens(state, state.tokens),
        "SOLIEU_ADMIN_DATABASE_URL": superuser_url(state),
        "SOLIEU_DATABASE_PASSWORDS": json.dumps(passwords),
    }


def operator(state: State) -> dict[str, str]:
    """The settings of who watches the product: no password, no key, no token but the operator's."""
    return {**_kafka(state, "operator"), **_urls(state), **_tokens(state, ["operator"])}


def superuser_url(state: State, name: str = database.DATABASE) -> str:
    """The URL of a database as PostgreSQL's superuser."""
    return database.url("postgres", state.passwords["postgres"], state.ports["postgres"], name)


def kafka(state: State, login: str) -> Cluster:
    """Kafka, as this login."""
    return Cluster(f"{HOST}:{state.ports['kafka']}", login, state.kafka_passwords[login])


def of_cluster(cluster: Cluster) -> dict[str, str]:
    """The settings by which a program reaches Kafka."""
    return {
        "SOLIEU_KAFKA_BOOTSTRAP": cluster.servers,
        "SOLIEU_KAFKA_USERNAME": cluster.username,
        "SOLIEU_KAFKA_PASSWORD": cluster.password,
    }


def url(state: State, name: str) -> str:
    """The address on which the named program serves."""
    return f"http://{HOST}:{state.ports[name]}"


def _kept(state: State, service: str) -> dict[str, str]:
    """Where a service's rows and events are."""
    password = state.passwords[service]
    return {
        **_kafka(state, service),
        "SOLIEU_DATABASE_URL": database.url(service, password, state.ports["postgres"]),
    }


def _called(state: State, services: Iterable[str]) -> dict[str, str]:
    return {f"SOLIEU_{name.upper()}_URL": url(state, f"{name}-api") for name in sorted(services)}


def _address(state: State) -> dict[str, str]:
    """By which address people reach the console: with https its cookies are for that alone."""
    return {"SOLIEU_CONSOLE_URL": url(state, "console-api")}


def _kafka(state: State, login: str) -> dict[str, str]:
    return of_cluster(kafka(state, login))


def _urls(state: State) -> dict[str, str]:
    """Of every service: `solieu status` asks them all."""
    return _called(state, SERVICES)


def _keys_of_tokens(state: State) -> dict[str, str]:
    """Where every API finds the keys that persons' tokens are signed with."""
    return {"SOLIEU_CATALOGUE_URL": url(state, "catalogue-api")}


def _mail(state: State) -> dict[str, str]:
    return {
        "SOLIEU_SMTP_HOST": HOST,
        "SOLIEU_SMTP_PORT": str(state.ports["mailbox"]),
        "SOLIEU_SMTP_FROM": "solieu@localhost",
    }


def _database_disk(folder: Path) -> dict[str, str]:
    return {"SOLIEU_DATABASE_DISK": str(database.disk(folder))}


def _vault(folder: Path) -> dict[str, str]:
    return {"SOLIEU_VAULT": str(folder / "vault")}


def _master_key(state: State) -> dict[str, str]:
    return {"SOLIEU_MASTER_KEY": state.master_key}


def _proxies() -> dict[str, str]:
    """The console tells catalogue from where somebody logs in."""
    return {"SOLIEU_PROXIES": HOST}


def _known_tokens(state: State, holders: Iterable[str]) -> dict[str, str]:
    """What an API compares tokens with: of the administrator's, which says who may what, the hash alone."""
    found = _tokens(state, holders)
    if token := found.pop("SOLIEU_ADMINISTRATOR_TOKEN", None):
        found["SOLIEU_ADMINISTRATOR_TOKEN_SHA256"] = hash_of(token)
    return found


def _tokens(state: State, holders: Iterable[str]) -> dict[str, str]:
    return {f"SOLIEU_{holder.upper()}_TOKEN": state.tokens[holder] for holder in sorted(holders)}
