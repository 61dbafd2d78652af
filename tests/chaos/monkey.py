"""Breaks a running stack, seeded: kills, terminations, exceptions in mid-handler, dead letters, restarts, twins."""

from __future__ import annotations

import os
import random
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.local import Stack
from deploy.programs import PROGRAMS, Role

ASKED = {"exception": "raise", "dead-letter": "bury"}
"""Harms that inject/sitecustomize.py does when a file asks for them: the beginning of its name."""
WORKERS = tuple(name for name, program in PROGRAMS.items() if program.role is Role.WORKER)


@dataclass
class Monkey:
    """Does one harm every `pause` seconds, `most` of them; broker and database get one restart each.

    `kills_broker`: the broker is killed instead of restarted in order. Kafka 4.1 that is killed while it is busy may
    leave a group's coordinator failed ("Failed to load metadata") until its next restart; the group then gets nothing.
    """

    stack: Stack
    folder: Path
    rng: random.Random
    pause: tuple[float, float]
    most: int
    kills_broker: bool
    done: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
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
        plan = ["kafka", "postgres", "twin"]
        self.rng.shuffle(plan)
        try:
            while len(self.done) < self.most and not self._stop.wait(self.rng.uniform(*self.pause)):
                harm = plan.pop() if plan and len(self.done) % 3 == 1 else None
                self._harm(harm)
        except BaseException as error:
            self.error = error

    def _harm(self, harm: str | None) -> None:
        if harm == "twin":
            self._start_twin(self.rng.choice(WORKERS))
        elif harm:
            if harm == "kafka" and not self.kills_broker:
                self.stack.restart(harm)
            else:
                self.stack.signal(harm, "KILL" if harm == "kafka" else "QUIT")
            self.stack.start_infrastructure()
            self.done.append(f"restart {harm}")
        else:
            program = self.rng.choice([*PROGRAMS])
            kind = self.rng.choice(["KILL", "TERM", *ASKED])
            if kind in ASKED:
                (self.folder / f"{ASKED[kind]}-{PROGRAMS[program].service}").touch()
            elif self.stack.process_id(program):
                self.stack.signal(program, kind)
            self.done.append(f"{kind} {program}")

    def _start_twin(self, program: str) -> None:
        """A second process with the same identity; it ends with the chaos."""
        environment = os.environ | self.stack.environment(program) | {"SOLIEU_PORT": "0"}
        with (self.folder / "twin.log").open("wb") as log:
            self._twin = subprocess.Popen(
                PROGRAMS[program].command, env=environment, stdout=log, stderr=log
            )
        self.done.append(f"twin {program}")
