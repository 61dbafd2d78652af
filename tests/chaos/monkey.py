"""Breaks a running stack, seeded: kills, terminations, exceptions in mid-handler, dead letters; and what is around it:
restarts, twins, servers that hang, a broker that lost the end of its logs, a group that forgot, a vault that is away.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from kafka.admin import KafkaAdminClient

from deploy.local import Stack
from deploy.programs import PROGRAMS, Role
from services.kernel.consumer import SESSION_SECONDS
from tests.chaos.powerloss import lose_tails

ASKED = {"exception": "raise", "dead-letter": "bury"}
"""Harms that inject/sitecustomize.py does when a file asks for them: the beginning of its name."""
HANG_SECONDS = 12.0
"""Longer than a group keeps a silent member, and than a producer is given for a record."""
AWAY_SECONDS = 8.0
WORST = ("power", "offsets", "kafka hangs", "vault", "postgres dies")
ALL = (*WORST, "kafka restarts", "kafka dies", "worker hangs", "twin")
"""What happens around the programs. Kafka 4.1 that dies while it is busy may leave a group's coordinator failed until
its next restart ("Failed to load metadata"): the group then gets nothing.
"""
WORKERS = tuple(name for name, program in PROGRAMS.items() if program.role is Role.WORKER)


@dataclass
class Monkey:
    """Does one harm every `pause` seconds, `most` of them: each of `around` once, in between to single programs."""

    stack: Stack
    folder: Path
    rng: random.Random
    pause: tuple[float, float]
    most: int
    around: Sequence[str]
    done: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    """Records of each topic that the broker lost."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _twin_of: str = ""
    _twin: subprocess.Popen[bytes] | None = None
    error: BaseException | None = None

    def __enter__(self) -> Self:
        """Begins."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *failed: object) -> None:
        """No more harm, also where the block failed; whatever is broken is being restarted."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        if self._twin:
            self._twin.kill()
            self._twin.wait()
        if self.error:
            raise self.error

    def _run(self) -> None:
        harms: dict[str, Callable[[], object]] = {
            "power": self._lose_power,
            "offsets": self._forget_offsets,
            "kafka hangs": lambda: self._hang("kafka"),
            "vault": self._take_vault_away,
            "postgres dies": lambda: self._kill("postgres", "QUIT"),
            "kafka restarts": lambda: self.stack.restart("kafka"),
            "kafka dies": lambda: self._kill("kafka", "KILL"),
            "worker hangs": lambda: self._hang(self.rng.choice(WORKERS)),
            "twin": self._start_twin,
        }
        plan = self.rng.sample(self.around, len(self.around))
        try:
            while len(self.done) < self.most and not self._stop.wait(self.rng.uniform(*self.pause)):
                if plan and len(self.done) % 2 == 1:
                    harms[harm := plan.pop()]()
                    self.done.append(harm)
                else:
                    self._harm_program()
        except BaseException as error:
            self.error = error

    def _harm_program(self) -> None:
        program = self.rng.choice([*PROGRAMS])
        kind = self.rng.choice(["KILL", "TERM", *ASKED])
        if kind in ASKED:
            (self.folder / f"{ASKED[kind]}-{PROGRAMS[program].service}").touch()
        elif self.stack.process_id(program):
            self.stack.signal(program, kind)
        self.done.append(f"{kind} {program}")

    def _kill(self, server: str, signal_: str) -> None:
        self.stack.signal(server, signal_)
        self.stack.start_infrastructure()

    def _hang(self, program: str) -> None:
        """It answers nothing, and is not dead."""
        if pid := self.stack.process_id(program):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(HANG_SECONDS)
            os.kill(pid, signal.SIGCONT)

    def _lose_power(self) -> None:
        """Stopped, the broker writes nothing; killed, it recovers what is left."""
        pid = self.stack.process_id("kafka")
        os.kill(pid, signal.SIGSTOP)
        self.lost += lose_tails(self.stack.folder / "kafka" / "data", self.rng, 3)
        os.kill(pid, signal.SIGKILL)
        self.stack.start_infrastructure()

    def _forget_offsets(self) -> None:
        """A broker does, in time, of a group without members: a static one is a member until its session is over."""
        worker = self.rng.choice([one for one in WORKERS if one != self._twin_of])
        self.stack.stop_services([worker])
        admin = KafkaAdminClient(**self.stack.kafka().options())
        deadline = time.monotonic() + SESSION_SECONDS * 3
        while "NonEmptyGroupError" in admin.delete_groups([PROGRAMS[worker].service]).values():
            assert time.monotonic() < deadline, f"{worker} is a member yet"
            time.sleep(1)
        admin.close()
        self.stack.start_services([worker])

    def _take_vault_away(self) -> None:
        vault = self.stack.folder / "vault"
        away = vault.with_name("vault-away")
        vault.rename(away)
        time.sleep(AWAY_SECONDS)
        away.rename(vault)

    def _start_twin(self) -> None:
        """A second process with the same identity; it ends with the chaos."""
        program = self._twin_of = self.rng.choice(WORKERS)
        environment = os.environ | self.stack.environment(program) | {"SOLIEU_PORT": "0"}
        with (self.folder / "twin.log").open("wb") as log:
            self._twin = subprocess.Popen(
                PROGRAMS[program].command, env=environment, stdout=log, stderr=log
            )
