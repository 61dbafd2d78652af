"""The product on one machine: real Kafka, PostgreSQL and every service under one supervisord."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from deploy import broker, database, environment, health, mailbox, state
from deploy.health import Progress, silent
from deploy.programs import DEFAULT_PORTS, PROGRAMS, Program, select
from deploy.supervision import ROOT, Child, Supervisor, wait_until
from services.kernel.cluster import Cluster

INFRASTRUCTURE = ("kafka", "postgres", "mailbox")
ENDING_SECONDS = 60
"""For what a supervisor that was killed ran: it ends in order, and then its ports are free."""
STARTUP_SECONDS = 300
"""Longer than a busy machine takes: what has ended for good is told of at once."""


class Stack:
    """One stack, in one folder that keeps its data, logs, ports and secrets from start to start.

    `ports` replaces ports by program name, and is remembered; `free_ports` lets a new stack choose
    its own instead of `DEFAULT_PORTS`; `settings` are added to every program's environment; `tied`
    ends it with this process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ports: Mapping[str, int] | None = None,
        free_ports: bool = False,
        settings: Mapping[str, str] | None = None,
        tied: bool = False,
    ) -> None:
        self.folder = folder.resolve()
        self.supervisor = Supervisor(self.folder)
        self.settings = dict(settings or {})
        self.tied = tied
        self._state_file = self.folder / "state.json"
        self._ports = dict(ports or {})
        self._free_ports = free_ports

    @cached_property
    def state(self) -> state.State:
        """Ports and secrets; made the first time."""
        found = state.load(self._state_file)
        if found is None:
            # Once: made anew in place of one that is away, it would be an empty vault.
            (self.folder / "vault").mkdir(mode=0o700, parents=True, exist_ok=True)
            found = state.create(DEFAULT_PORTS)
            if self._free_ports:
                found = replace(found, ports=state.free_ports(random.Random()))
        chosen = replace(found, ports={**DEFAULT_PORTS, **found.ports, **self._ports})
        state.save(self._state_file, chosen)
        return chosen

    @property
    def logs(self) -> Path:
        """The folder of the log files, one a program."""
        return self.supervisor.logs

    @property
    def mail(self) -> Path:
        """The folder in which the product's mails land."""
        return self.folder / "mail"

    def kafka(self, login: str = "administrator") -> Cluster:
        """Kafka, as one of deploy.programs.KAFKA_LOGINS."""
        return environment.kafka(self.state, login)

    @property
    def administrator_url(self) -> str:
        """The database's URL as its superuser; for migrations and tests alone."""
        return environment.superuser_url(self.state)

    def start_infrastructure(self, progress: Progress = silent) -> None:
        """Starts Kafka and PostgreSQL where they don't run, and waits until both answer.

        To be called again after one of them was killed, to wait until the supervisor has it back.
        PortTaken where another process listens on a port of theirs.
        """
        began = time.monotonic()
        self._check_ports(INFRASTRUCTURE)
        self._start_supervisor()
        self.supervisor.start_programs(INFRASTRUCTURE)
        with ThreadPoolExecutor() as pool:
            waits = [pool.submit(self._wait, name, began, progress) for name in INFRASTRUCTURE]
        for wait in waits:
            wait.result()
        database.ensure_database(self._server_url)

    def prepare(self) -> None:
        """Creates roles, schemas, tables and topics. Safe to run again.

        RuntimeError with what was printed if that fails.
        """
        self.command("migrate")
        self.command("topics", "apply")

    def command(self, *arguments: str) -> str:
        """What `solieu` prints, with all that whoever runs the machine has; RuntimeError where it fails."""
        finished = subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            cwd=ROOT, env=self._inherited() | self.administrator_environment(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if finished.returncode:
            printed = finished.stdout + finished.stderr
            raise RuntimeError(f"`solieu {' '.join(arguments)}` failed:\n{printed}")
        return finished.stdout

    def start_services(self, names: Iterable[str] | None = None) -> None:
        """Starts the named programs, or all of the product's; doesn't wait for them."""
        wanted = [program.name for program in select(names)]
        self._check_ports(wanted)
        self.supervisor.start_programs(wanted)

    def stop_services(self, names: Iterable[str] | None = None) -> None:
        """Stops the named programs, or all of the product's, and waits for their end."""
        self.supervisor.stop_programs(program.name for program in select(names))

    def wait_healthy(
        self, timeout: float, names: Iterable[str] | None = None, progress: Progress = silent
    ) -> None:
        """Polls the named programs (None: all that were started) until each says it is healthy.

        TimeoutError names those that did not within so many seconds; their logs are in `logs`.
        """
        wanted = self._started() if names is None else names
        health.wait({name: self.url(name) for name in wanted}, timeout, progress)

    def troubles(self) -> dict[str, str]:
        """What is not well with each program that was started, as it says itself; blank where all is."""
        return health.seen({name: self.url(name) for name in self._started()})

    def stop(self) -> None:
        """Stops everything, the services first. The folder keeps the data."""
        if not self.supervisor.running():
            return
        self.supervisor.stop_programs(PROGRAMS)
        self.supervisor.stop_programs(INFRASTRUCTURE)
        self.supervisor.shut_down()

    def destroy(self) -> None:
        """Stops everything and deletes all that the stack ever wrote."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(self._database.folder, ignore_errors=True)
            shutil.rmtree(self.folder)

    def signal(self, program: str, signal: str) -> None:
        """Sends the signal ("KILL", "TERM", …) to the program, which is restarted if it ends."""
        self.supervisor.signal(program, signal)

    def restart(self, program: str) -> None:
        """Stops the program in order, and starts it again."""
        self.supervisor.stop_programs([program])
        self.supervisor.start_programs([program])

    def status(self) -> dict[str, str]:
        """The supervisor's word for each program, like RUNNING; empty where nothing runs."""
        if not self.supervisor.running():
            return {}
        states = self.supervisor.states()
        return {name: states[name]["statename"] for name in (*INFRASTRUCTURE, *PROGRAMS)}

    def process_id(self, program: str) -> int:
        """The program's process id, 0 when it doesn't run."""
        return int(self.supervisor.states()[program]["pid"])

    def url(self, program: str) -> str:
        """The program's own address."""
        return environment.url(self.state, program)

    def environment(self, program: str) -> dict[str, str]:
        """The settings (SOLIEU_*) of one program of the product."""
        return environment.program(self.state, self.folder, PROGRAMS[program]) | self.settings

    def administrator_environment(self) -> dict[str, str]:
        """The settings of whoever migrates, applies topics and calls every API, with all tokens."""
        return environment.administrator(self.state, self.folder) | self.settings

    def operator_environment(self) -> dict[str, str]:
        """The settings of who watches the product and sends to it: the operator's token alone."""
        return environment.operator(self.state)

    @staticmethod
    def _inherited() -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("SOLIEU_")}

    @property
    def _server_url(self) -> str:
        return environment.superuser_url(self.state, "postgres")

    @cached_property
    def _database(self) -> database.Server:
        return database.locate(self.folder / "postgres")

    def _start_supervisor(self) -> None:
        if self.supervisor.running():
            return
        secrets = self.state
        with ThreadPoolExecutor() as pool:
            steps = (
                pool.submit(broker.prepare, self.folder / "kafka", secrets),
                pool.submit(database.prepare, self._database, secrets.passwords["postgres"]),
            )
        for step in steps:
            step.result()
        self.supervisor.start(self._children(), tied=self.tied)

    def _children(self) -> list[Child]:
        server, port = self._database, self.state.ports["postgres"]
        return [
            Child("postgres", server.command(port), user=server.user, stop_signal="INT"),
            Child("kafka", broker.command(self.folder / "kafka")),
            Child("mailbox", mailbox.command(self.mail, self.state.ports["mailbox"])),
            *(self._child(program) for program in PROGRAMS.values()),
        ]

    def _child(self, program: Program) -> Child:
        return Child(program.name, program.command, self.environment(program.name))

    def _started(self) -> list[str]:
        return [name for name in PROGRAMS if self.status()[name] != "STOPPED"]

    def _check_ports(self, names: Iterable[str]) -> None:
        status = self.status()
        # What has exited is started again at once: before its port is looked at, as like as not.
        running = {"RUNNING", "STARTING", "BACKOFF", "EXITED"}
        stopped = [name for name in names if status.get(name) not in running]
        wanted = [*stopped, *(["kafka-controller"] if "kafka" in stopped else [])]
        if self.supervisor.was_killed():
            with suppress(TimeoutError):
                wait_until(lambda: not state.taken(self.state.ports, wanted), ENDING_SECONDS, "")
        if taken := state.taken(self.state.ports, wanted):
            raise state.PortTaken(taken, self._state_file)

    def _wait(self, name: str, began: float, progress: Progress) -> None:
        port = self.state.ports[name]
        answers = {
            "kafka": lambda: broker.answers(self.kafka()),
            "postgres": lambda: database.answers(self._server_url),
            "mailbox": lambda: mailbox.answers(port),
        }
        log = self.logs / f"{name}.log"

        def answered() -> bool:
            if self.supervisor.states()[name]["statename"] == "FATAL":
                raise RuntimeError(f"{name} does not start: see {log}")
            return answers[name]()

        wait_until(answered, STARTUP_SECONDS, f"{name} does not answer: see {log}")
        progress(name, time.monotonic() - began)
