"""One supervisord for a stack: its configuration, its start and end, the calls on its socket."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).resolve().parent
LONGEST_SOCKET = 107 - len(".4194304")
"""What a unix socket's path may measure, less what supervisord appends while it binds it."""


@dataclass(frozen=True)
class Child:
    """One program that supervisord runs. `user`: as whom, when supervisord is root's."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"


class Supervisor:
    """The supervisord of one folder, running or not.

    What it runs ends with it, however it ends: else a stack that looks stopped would write on, and a second one beside
    it into the same data.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.configuration = folder / "supervisor.conf"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, children: Iterable[Child], *, tied: bool) -> None:
        """Starts supervisord with these children, none of them running yet.

        `tied` ends it (and so them) with this process, however this process ends.
        """
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket = self._choose_socket()
        _write_private(self.configuration, render(self.folder, socket, children))
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.configuration)]
        if tied:
            command = [*_leashed("TERM"), *command, "--nodaemon"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SOLIEU_")}
        # Paths may be in any script, whatever the language of who starts this.
        environment |= {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
        errors = self.logs / "supervisord.errors"
        with errors.open("wb") as output:
            # A session of its own: a terminal's Ctrl-C is for us, who then stop it in order.
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        wait_until(lambda: self._failed() or self.running(), 60, f"no supervisord: see {self.logs}")
        if self._failed():
            self._forget_socket()
            raise RuntimeError(f"supervisord: {errors.read_text(encoding='utf-8')}")

    def running(self) -> bool:
        """Whether it answers on its socket."""
        try:
            return bool(self.call("getState")["statecode"] == 1)
        except (OSError, Fault):
            return False

    def was_killed(self) -> bool:
        """Whether nobody ended it in order: what it ran may still be ending."""
        return (self.folder / "socket").exists() and not self.running()

    def states(self) -> dict[str, Mapping[str, Any]]:
        """What supervisord says of every program: statename, pid, start (a Unix time), and more."""
        return {info["name"]: info for info in self.call("getAllProcessInfo")}

    def start_programs(self, names: Iterable[str]) -> None:
        """Starts those of the programs that do not run."""
        for name in names:
            try:
                self.call("startProcess", name, False)
            except Fault as fault:
                if fault.faultCode != Faults.ALREADY_STARTED:
                    raise

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stops the programs side by side, and waits until they have ended."""
        names = set(names)
        for name in names:
            try:
                self.call("stopProcess", name, False)
            except Fault as fault:
                if fault.faultCode != Faults.NOT_RUNNING:
                    raise
        wait_until(lambda: not names & self._alive(), 60, f"still running: {sorted(names)}")

    def signal(self, name: str, signal: str) -> None:
        """Sends the signal ("KILL", "TERM", …) to the program's process, not to its children."""
        self.call("signalProcess", name, signal)

    def shut_down(self) -> None:
        """Ends supervisord and whatever it still runs."""
        pid = int(self.call("getPID"))
        self.call("shutdown")
        wait_until(lambda: self._ended(pid), 90, f"supervisord {pid} does not end: see {self.logs}")
        self._forget_socket()

    def call(self, method: str, *arguments: object) -> Any:
        """One call of supervisord's XML-RPC interface."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket()}")
        with ServerProxy("http://localhost", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def _alive(self) -> set[str]:
        ended = {"STOPPED", "EXITED", "FATAL"}
        return {name for name, info in self.states().items() if info["statename"] not in ended}

    def _failed(self) -> bool:
        return self._process is not None and self._process.poll() not in (None, 0)

    def _ended(self, pid: int) -> bool:
        if self._process is not None:
            self._process.poll()  # collects it if it was our child
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    def _choose_socket(self) -> Path:
        socket = self.folder / "supervisor.sock"
        self._forget_socket()
        if len(os.fsencode(socket)) > LONGEST_SOCKET:
            socket = Path(tempfile.mkdtemp(prefix="solieu-")) / "supervisor.sock"
        (self.folder / "socket").write_text(str(socket), encoding="utf-8")
        return socket

    def _socket(self) -> Path:
        return Path((self.folder / "socket").read_text(encoding="utf-8"))

    def _forget_socket(self) -> None:
        try:
            socket = self._socket()
        except FileNotFoundError:
            return
        socket.unlink(missing_ok=True)
        if socket.parent != self.folder and socket.parent.exists():
            socket.parent.rmdir()
        (self.folder / "socket").unlink()


def _leashed(signal: str) -> tuple[str, ...]:
    """Before a command: this signal ends it once its parent has ended. Nothing where util-linux is not there."""
    leash = shutil.which("setpriv")
    return (leash, "--pdeathsig", signal) if leash else ()


def render(folder: Path, socket: Path, children: Iterable[Child]) -> str:
    """supervisord's configuration."""
    head = Template((FOLDER / "supervisor.conf").read_text(encoding="utf-8"))
    places = {"directory": ROOT, "folder": folder, "socket": socket}
    frame = head.substitute({name: _plain(str(path)) for name, path in places.items()})
    program = Template((FOLDER / "supervisor.program.conf").read_text(encoding="utf-8"))
    sections = [
        program.substitute(
            name=child.name,
            command=_plain(shlex.join([*_leashed(child.stop_signal), *child.command])),
            environment=",".join(f'{k}="{_plain(v)}"' for k, v in child.environment.items()),
            user=f"user={child.user}" if child.user else "",
            stop_signal=child.stop_signal,
            log=_plain(str(folder / "logs" / f"{child.name}.log")),
        )
        for child in children
    ]
    return "".join((frame, *sections))


def wait_until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Asks every 50 ms until the condition holds; TimeoutError(otherwise) after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(0.05)


def _plain(text: str) -> str:
    """The text, if supervisord's configuration can hold it anywhere as it is."""
    if unfit := set(text) & set('"%\n'):
        raise RuntimeError(f"Choose another folder: supervisord can't have {unfit} in {text!r}")
    return text


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as output:
        output.write(text)
