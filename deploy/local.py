"""The local stack from the command line: `python -m deploy.local up|down|status|env|destroy`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy import environment
from deploy.programs import PROGRAMS
from deploy.stack import Stack
from deploy.state import PortTaken
from deploy.supervision import ROOT

__all__ = ["Stack", "main"]

DEFAULT_FOLDER = ROOT / ".run" / "demo"
HEALTHY_SECONDS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    options = parser().parse_args(arguments)
    stack = Stack(options.folder, ports=dict(options.port), free_ports=options.free_ports)
    try:
        return COMMANDS[options.command](stack, options)
    except (PortTaken, TimeoutError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


def _up(stack: Stack, options: argparse.Namespace) -> int:
    print(f"Logs: {stack.logs}")
    stack.start_infrastructure(_show)
    if not options.infrastructure:
        stack.prepare()
        stack.start_services()
        stack.wait_healthy(HEALTHY_SECONDS, progress=_show)
    return 0


def _down(stack: Stack, options: argparse.Namespace) -> int:
    stack.stop()
    return 0


def _destroy(stack: Stack, options: argparse.Namespace) -> int:
    stack.destroy()
    return 0


def _status(stack: Stack, options: argparse.Namespace) -> int:
    states = stack.status()
    troubles = stack.troubles() if states else {}
    for name, word in states.items():
        trouble = f"not well: {troubles[name]}" if troubles.get(name) else ""
        print(f"{name:<20} {word:<9} port {stack.state.ports[name]}  {trouble}".rstrip())
    print(f"Logs: {stack.logs}" if states else f"Nothing runs in {stack.folder}")
    well = set(states.values()) == {"RUNNING"} and not any(troubles.values())
    return 0 if well else 1


def _env(stack: Stack, options: argparse.Namespace) -> int:
    if options.program:
        settings = stack.environment(options.program)
    elif options.operator:
        settings = stack.operator_environment()
    elif options.compiler:
        settings = environment.of_cluster(stack.kafka("compiler"))
    else:
        settings = stack.administrator_environment()
    for name, value in settings.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


COMMANDS: Mapping[str, Callable[[Stack, argparse.Namespace], int]] = {
    "up": _up,
    "down": _down,
    "status": _status,
    "env": _env,
    "destroy": _destroy,
}


def parser() -> argparse.ArgumentParser:
    """What may be written after `python -m deploy.local`."""
    made = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    made.add_argument("command", choices=COMMANDS)
    made.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="where it keeps everything"
    )
    made.add_argument("--port", type=_port, action="append", default=[], metavar="PROGRAM=PORT",
                        help="use this port from now on, for example kafka=29092")  # fmt: skip
    made.add_argument("--free-ports", action="store_true", help="a new stack chooses its own ports")
    made.add_argument("--infrastructure", action="store_true", help="up: Kafka and PostgreSQL only")
    whose = made.add_mutually_exclusive_group()
    whose.add_argument(
        "--program", choices=PROGRAMS, help="env: of this program, not the administrator's"
    )
    whose.add_argument(
        "--operator", action="store_true", help="env: an operator's: where it is, and one token"
    )
    whose.add_argument(
        "--compiler",
        action="store_true",
        help="env: of the compilers' programs, which read the feed",
    )
    return made


def _port(text: str) -> tuple[str, int]:
    name, _, port = text.partition("=")
    return name, int(port)


def _show(name: str, seconds: float) -> None:
    print(f"{name:<20} up after {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
