"""Makes mutants by number, examines each where the product would, and tells which the product didn't take well."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from services.kernel.limits import MEGABYTE
from services.kernel.pool import Overrun, Pool
from services.model.codelist import Codelist, load_codelists
from services.model.form import Form, shipped_forms
from services.validation.checking.examination import examine
from services.validation.telling.report.page import page
from tests.fuzz.bytes_ import ANY, Mutation, record
from tests.fuzz.cells import cells, long, merged
from tests.fuzz.packages import PACKAGE
from tests.fuzz.seeds import Seed, seeds

MOST_SECONDS: Final = 5.0
MOST_MEMORY: Final = 512 * MEGABYTE
KEPT: Final = Path(".fuzz")
GIVEN_UP: Final = "workbook_overran"


@dataclass(frozen=True)
class Mutant:
    """A workbook that something was done to."""

    name: str
    seed: Seed
    content: bytes


@dataclass(frozen=True)
class Seen:
    """What became of a mutant: the codes of its findings, and what it took."""

    name: str
    verdict: str
    codes: tuple[str, ...]
    unforeseen: str = ""
    seconds: float = 0
    memory: int = 0

    @property
    def fault(self) -> str:
        """What is wrong with that; blank where nothing is."""
        if self.unforeseen:
            return f"nobody foresaw {self.unforeseen}"
        if self.verdict == "returned" and not self.codes:
            return "returned without a finding"
        if self.seconds > MOST_SECONDS + 1:
            return f"{self.seconds:.1f} s"
        return f"{self.memory >> 20} MB" if self.memory > MOST_MEMORY else ""


def mutant(run: int, number: int) -> Mutant:
    """The mutant of this number in the run, always the same one."""
    chance = Random(f"{run} {number}")
    seed = chance.choice(seeds())
    done: list[str] = []
    content = seed.content
    for _ in range(chance.choice((1, 1, 1, 2))):
        mutation = chance.choice(_mutations(seed) if not done else ANY)
        content = mutation(content, chance) or b"\0"
        done.append(mutation.__name__)
    return Mutant(f"{number} {'+'.join(done)} {seed.name}", seed, content)


def _mutations(seed: Seed) -> tuple[Mutation, ...]:
    if seed.name.endswith(".xlsx"):
        return (*ANY, *PACKAGE, *PACKAGE, *((cells,) * 6), merged, long)
    if seed.name.endswith(".ods"):
        return (*ANY, *PACKAGE)
    return (*ANY, record, record, record) if seed.name.endswith(".xls") else ANY


def look(made: Mutant) -> Seen:
    """Examines a mutant with everything that is made of it: the report, the figures, the page, the marked workbook."""
    forms, codelists = _pack()
    form = forms[made.seed.form]
    _forget_peak()
    base, start = _peak(), time.process_time()
    found = examine(form, made.content, made.seed.statement, codelists)
    report = found.checked.report
    report.to_json()
    assert (found.checked.observations is not None) == (report.verdict == "valid")
    page(form, found.statement, report, made.name)
    codes = tuple(one.code for one in report.findings)
    seconds = time.process_time() - start
    name, memory = made.name, max(0, _peak() - base)
    return Seen(name, report.verdict, codes, found.unforeseen, seconds, memory)


def fuzz(run: int, numbers: Iterable[int], each: Callable[[Seen], None]) -> None:
    """Looks at each mutant in a worker process with the product's limits; what ends there is given up, as there."""

    async def one_by_one() -> None:
        for number in numbers:
            each(await _seen(pool, mutant(run, number)))

    pool = Pool()
    try:
        asyncio.run(one_by_one())
    finally:
        pool.close()


async def _seen(pool: Pool, made: Mutant) -> Seen:
    try:
        return await pool.run(look, made, size=len(made.content))
    except Overrun:
        return Seen(made.name, "returned", (GIVEN_UP,))
    except Exception as error:
        return Seen(made.name, "", (), repr(error))


def keep(run: int, number: int, folder: Path = KEPT) -> Path:
    """Writes a mutant to a file, to be looked at."""
    made = mutant(run, number)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run}-{number}{Path(made.seed.name).suffix}"
    path.write_bytes(made.content)
    return path


@dataclass
class Tally:
    """What was seen in a run."""

    codes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: Seen | None = None
    largest: Seen | None = None

    def add(self, seen: Seen) -> None:
        """One more mutant."""
        self.codes.update(set(seen.codes))
        self.verdicts[seen.verdict] += 1
        if self.slowest is None or seen.seconds > self.slowest.seconds:
            self.slowest = seen
        if self.largest is None or seen.memory > self.largest.memory:
            self.largest = seen


@cache
def _pack() -> tuple[dict[str, Form], dict[str, Codelist]]:
    return dict(shipped_forms()), dict(load_codelists())


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """The most memory that the process held since that was forgotten, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next((one for one in status.splitlines() if one.startswith("VmHWM:")), None)
    if line is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(line.split()[1]) * 1024
