"""The processes of the product as data: what each runs, where it listens, which secrets it gets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a service process does; also the name of its module."""

    WORKER = "worker"
    API = "api"


@dataclass(frozen=True)
class Program:
    """One process of a service. Its port serves /healthz and /metrics, and an API's requests."""

    service: str
    role: Role
    port: int
    vault: bool = False
    """Whether it opens objects of the vault, and so needs the master key."""
    keys: bool = False
    """Whether it keeps keys of its own, which lie in its tables wrapped by the master key."""
    tokens: frozenset[str] = frozenset()
    """Whose bearer tokens it checks or sends: administrator, compiler, operator."""
    calls: frozenset[str] = frozenset()
    """The services whose APIs it calls with the token of the person who asks."""
    database_disk: bool = False
    """Whether it sees the disk on which the database lies, and tells what is free there."""
    database: bool = True
    """Whether it keeps tables and speaks with Kafka; one that only shows what others keep does neither."""

    @property
    def master_key(self) -> bool:
        """Whether it gets the master key."""
        return self.vault or self.keys

    @property
    def name(self) -> str:
        """The supervisor's name of it, like intake-api."""
        return f"{self.service}-{self.role.value}"

    @property
    def command(self) -> tuple[str, ...]:
        """What is executed, in the root of the checkout."""
        return (sys.executable, "-m", f"services.{self.service}.{self.role.value}")


TOKENS = frozenset({"administrator", "compiler", "operator"})
SHOWN = frozenset({"catalogue", "intake", "validation", "policy", "audit"})
"""What the console shows is theirs."""

PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        Program("intake", Role.WORKER, 18101),
        Program("intake", Role.API, 18001, vault=True, keys=True, tokens=TOKENS),
        Program("validation", Role.WORKER, 18102, vault=True),
        Program("validation", Role.API, 18008, vault=True, tokens=TOKENS),
        Program("policy", Role.WORKER, 18103, vault=True),
        Program("policy", Role.API, 18005, tokens=TOKENS),
        Program("catalogue", Role.WORKER, 18107),
        Program("catalogue", Role.API, 18002, keys=True, tokens=TOKENS),
        Program("grdp", Role.WORKER, 18104, vault=True),
        Program("grdp", Role.API, 18003, tokens=TOKENS, database_disk=True),
        Program("audit", Role.WORKER, 18105),
        Program("audit", Role.API, 18004, tokens=TOKENS),
        Program("notification", Role.WORKER, 18106),
        Program("notification", Role.API, 18006, keys=True, tokens=TOKENS),
        Program("console", Role.API, 18007, calls=SHOWN, database=False),
    )
}
"""Every service process, in the order in which `status` shows them."""

SERVICES: tuple[str, ...] = tuple(
    dict.fromkeys(program.service for program in PROGRAMS.values() if program.database)
)
"""Every service that keeps something, once; each has its own database role and schema."""

KAFKA_LOGINS: tuple[str, ...] = ("broker", "administrator", "operator", "compiler", *SERVICES)
"""Who logs in at the broker: itself, whoever makes its topics, an operator's commands, the compilers' programs, and
each service. The first two may all."""

DEFAULT_PORTS: Mapping[str, int] = {
    "kafka": 19092,
    "kafka-controller": 19093,
    "postgres": 15432,
    "mailbox": 18025,
    **{name: program.port for name, program in PROGRAMS.items()},
}
"""The ports of a stack that nobody configured otherwise; all on the loopback address."""


def select(names: Iterable[str] | None) -> tuple[Program, ...]:
    """The named programs, all of them for None. KeyError for a name that is none."""
    return tuple(PROGRAMS.values() if names is None else (PROGRAMS[name] for name in names))
