"""What a partition acknowledges, whatever the order in which its events are taken, stored and finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kernel.ledger import Ledger

FIRST = 7


@dataclass(eq=False)
class Record:
    offset: int
    finished: bool = False


class Account(RuleBasedStateMachine):
    """Takes, stores and finishes at random, as tasks beside one another do; and has the consumer go back.

    What is known here is kept apart from the ledger: which records were stored, and which had all outputs published.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger[Record] = Ledger(FIRST)
        self.open: list[Record] = []
        self.storing: list[tuple[Record, int]] = []
        self.database = 0
        self.done: set[int] = set()
        self.taken: set[int] = set()
        self.acknowledged: list[Record] = []
        self.order: list[Record] = []

    @rule(count=st.integers(1, 4), gap=st.sampled_from([0, 0, 0, 2]))
    def take(self, count: int, gap: int) -> None:
        first = self.ledger.expected + gap
        self._take([Record(first + n) for n in range(count)], gone=range(first - gap, first))

    @precondition(lambda self: self.order)
    @rule(back=st.integers(1, 5), count=st.integers(1, 3))
    def go_back(self, back: int, count: int) -> None:
        first = max(FIRST, self.ledger.expected - back)
        offsets = range(first, min(first + count, max(self.taken) + 1))
        self._take([Record(one) for one in offsets if one in self.taken], gone=range(0))

    def _take(self, records: list[Record], gone: range) -> None:
        if not records:
            return
        if gone:
            self.ledger.skip_to(records[0].offset)
            self.done.update(gone)
        self.ledger.take(records)
        self.open += records
        self.order += records
        self.taken.update(gone, (one.offset for one in records))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def ask_for_the_mark(self, data: Any) -> None:
        """In the thread of a transaction that is not committed yet."""
        record = data.draw(st.sampled_from(self.open))
        self.open.remove(record)
        mark = self.ledger.mark(record)
        assert mark.last is None or mark.last.offset == mark.next_offset - 1
        self.storing.append((record, mark.next_offset))

    @precondition(lambda self: self.storing)
    @rule(data=st.data(), published=st.booleans())
    def commit(self, data: Any, published: bool) -> None:
        record, mark = data.draw(st.sampled_from(self.storing))
        self.storing.remove((record, mark))
        self.database = max(self.database, mark)
        self.ledger.wrote(mark)
        self.done.add(record.offset)
        self._finish(record)

    def _finish(self, record: Record) -> None:
        record.finished = True
        mark = self.ledger.mark()
        if self.ledger.needs(mark):
            self.database = max(self.database, mark.next_offset)
            self.ledger.wrote(mark.next_offset)
        self.acknowledged += self.ledger.finish([record])

    @invariant()
    def what_is_acknowledged_is_finished_in_order_and_below_the_mark(self) -> None:
        assert self.acknowledged == self.order[: len(self.acknowledged)], "none left out"
        assert all(one.finished and one.offset < self.database for one in self.acknowledged)

    @invariant()
    def the_mark_is_above_nothing_that_is_not_stored_or_about_to_be(self) -> None:
        """A takeover goes there: what lies below must be in the inbox."""
        stored = self.done | {record.offset for record, _ in self.storing}
        assert all(one in stored for one in range(FIRST, self.database))

    @invariant()
    def when_all_is_finished_all_is_acknowledged(self) -> None:
        if not self.open and not self.storing:
            assert len(self.ledger) == 0
            assert len(self.acknowledged) == len(self.order)


TestAccount = Account.TestCase
TestAccount.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def test_a_batch_is_acknowledged_once_its_mark_is_written() -> None:
    ledger: Ledger[Record] = Ledger(0)
    batch = [Record(n) for n in range(3)]
    ledger.take(batch)
    assert ledger.finish(batch) == []
    ledger.wrote(3)
    assert ledger.finish([]) == batch


@pytest.mark.parametrize("offset", [3, 9])
def test_after_what_the_broker_has_no_more_the_next_one_is_expected(offset: int) -> None:
    ledger: Ledger[Record] = Ledger(0)
    ledger.skip_to(offset)
    ledger.take([Record(offset)])
    assert (ledger.expected, ledger.mark().next_offset) == (offset + 1, offset)
