"""How much memory each process of the stack has taken at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MIB = 1024


@dataclass(frozen=True)
class Peak:
    """A program's peak resident memory in MiB: its own, and that of each child process, the largest first."""

    program: str
    own: float
    children: tuple[float, ...]


def peak(program: str, process: int) -> Peak:
    """The peak of a program that runs as this process (Linux: VmHWM, shared pages included)."""
    children = sorted((_high_water(child) for child in _descendants(process)), reverse=True)
    return Peak(program, _high_water(process), tuple(children))


def _descendants(process: int) -> Iterator[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.glob("[0-9]*"):
        try:
            # The command in parentheses may hold anything; the parent is the second word after it.
            state = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children[int(state[1])].append(int(folder.name))
    waiting = [process]
    while waiting:
        found = children[waiting.pop()]
        yield from found
        waiting += found


def _high_water(process: int) -> float:
    try:
        lines = (PROC / str(process) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields.get("VmHWM", "0 kB").split()[0]) / MIB
