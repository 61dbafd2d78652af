"""Wall clocks that jump, one program's or all, while the programs run; the clocks that never jump are left alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

SOURCE = Path(__file__).with_name("inject") / "clock.c"
COMPILER = shutil.which("cc")
SERVERS: Mapping[str, str] = {"kafka": "kafka.Kafka", "postgres": "postgres"}
"""How the command of what is no program of the product names it."""


class Clocks:
    """Those of the programs that are started with `environment`; all of them right at first.

    Every user has to be able to enter the folder: PostgreSQL runs as one of its own.
    """

    def __init__(self, folder: Path, programs: Iterable[str]) -> None:
        assert COMPILER is not None, "a C compiler"
        library = folder / "clock.so"
        command = [COMPILER, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library)]
        subprocess.run([*command, str(SOURCE), "-ldl"], check=True)
        self._folder = folder
        self.environment = {"LD_PRELOAD": str(library), "CLOCKS": str(folder)}
        self.set(timedelta(), programs)

    def set(self, ahead: timedelta, programs: Iterable[str]) -> None:
        """Their clocks are ahead by so much from now on, or behind."""
        nanoseconds = int(ahead.total_seconds() * 1e9).to_bytes(8, "little", signed=True)
        for program in programs:
            service, _, role = program.partition("-")
            file = self._folder / SERVERS.get(program, f"services.{service}.{role}")
            if not file.exists():
                file.touch(0o644)
            with file.open("r+b") as content:  # in its place: who has it open sees it
                content.write(nanoseconds)
