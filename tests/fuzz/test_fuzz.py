"""A short run of the fuzzer, the same mutants each time; `make fuzz` makes others."""

from __future__ import annotations

import pytest

from services.validation.workbook.reader import open_workbook
from tests.fuzz import fuzzer
from tests.fuzz.fuzzer import GIVEN_UP, Seen, Tally, fuzz, keep, look, mutant
from tests.fuzz.seeds import seeds

RUN = 17809
MUTANTS = 60


def test_every_mutant_is_taken_well() -> None:
    tally, faults = Tally(), []

    def each(seen: Seen) -> None:
        tally.add(seen)
        if seen.fault:
            faults.append(
                f"{seen.name}: {seen.fault}; kept in {keep(RUN, int(seen.name.split()[0]))}"
            )

    fuzz(RUN, range(MUTANTS), each)
    assert not faults
    assert sum(tally.verdicts.values()) == MUTANTS
    # Else it would only ever see what can't be opened.
    assert len(tally.codes) > 10


def test_a_mutant_is_the_same_each_time() -> None:
    for number in range(20):
        assert mutant(RUN, number) == mutant(RUN, number)


def test_the_seeds_can_be_read_in_every_format() -> None:
    assert {one.name.rpartition(".")[2] for one in seeds()} == {"xls", "xlsx", "ods", "csv"}
    assert all(open_workbook(one.content).sheets for one in seeds())


def test_what_no_reader_foresees_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr("services.validation.checking.examination.check", failing)
    assert look(mutant(RUN, 1)).fault == "nobody foresaw IndexError"


def test_slowness_greed_and_silence_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Seen("", "valid", (), seconds=60).fault == "60.0 s"
    assert Seen("", "returned", ()).fault
    assert not Seen("", "returned", (GIVEN_UP,)).fault
    monkeypatch.setattr(fuzzer, "MOST_MEMORY", -1)
    assert look(mutant(RUN, 1)).fault.endswith("MB")
