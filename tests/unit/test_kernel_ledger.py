"""What a partition acknowledges, whatever the order in which its events are taken, stored and finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kernel.ledger import Ledger, Mark

FIRST = 7


@dataclass(eq=False)
class Record:
    offset: int
    finished: bool = False


class Account(RuleBasedStateMachine):
    """Takes, finishes and notes at random, as tasks beside one another do; and has the consumer go back.

    What is known here is kept apart from the ledger: which offsets had all their outputs published.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger[Record] = Ledger(FIRST)
        self.open: list[Record] = []
        self.noting: list[Mark[Record]] = []
        self.database = 0
        self.published: set[int] = set()
        self.taken: set[int] = set()
        self.order: list[Record] = []
        self.acknowledged: list[Record] = []

    @rule(count=st.integers(1, 4), gap=st.sampled_from([0, 0, 0, 2]))
    def take(self, count: int, gap: int) -> None:
        first = self.ledger.expected + gap
        if gap:
            self.ledger.skip_to(first)
            gone = range(first - gap, first)
            self.published.update(gone)
            self.taken.update(gone)
        self._take([Record(first + n) for n in range(count)])

    @precondition(lambda self: self.order)
    @rule(back=st.integers(1, 5), count=st.integers(1, 3))
    def go_back(self, back: int, count: int) -> None:
        first = max(FIRST, self.ledger.expected - back)
        offsets = range(first, min(first + count, max(self.taken) + 1))
        if all(one in self.taken for one in offsets):
            self._take([Record(one) for one in offsets])

    def _take(self, records: list[Record]) -> None:
        self.ledger.take(records)
        self.open += records
        self.order += records
        self.taken.update(one.offset for one in records)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), count=st.integers(1, 3))
    def finish(self, data: Any, count: int) -> None:
        some = [
            self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
            for _ in range(min(count, len(self.open)))
        ]
        self.published.update(one.offset for one in some)
        self.acknowledged += self.ledger.finish(some)

    @rule()
    def ask_for_the_mark(self) -> None:
        mark = self.ledger.mark()
        assert mark.last is None or mark.last.offset == mark.next_offset - 1
        self.noting.append(mark)

    @precondition(lambda self: self.noting)
    @rule(data=st.data())
    def note(self, data: Any) -> None:
        """In the order in which it happens; the database keeps the highest."""
        mark = self.noting.pop(data.draw(st.integers(0, len(self.noting) - 1)))
        self.database = max(self.database, mark.next_offset)
        self.acknowledged += self.ledger.wrote(mark)

    @invariant()
    def what_is_acknowledged_is_finished_in_order_and_below_the_mark(self) -> None:
        assert self.acknowledged == self.order[: len(self.acknowledged)], "none left out"
        assert all(one.finished and one.offset < self.database for one in self.acknowledged)

    @invariant()
    def below_the_mark_all_is_published(self) -> None:
        """A takeover goes there, and passes by what lies before."""
        assert all(one in self.published for one in range(FIRST, self.database))

    @precondition(lambda self: self.order)
    @rule()
    def settle(self) -> None:
        """One note lets all be acknowledged that is finished, once the consumer is where it was before it went back."""
        if self.ledger.is_ahead:
            mark = self.ledger.mark()
            self.database = max(self.database, mark.next_offset)
            self.acknowledged += self.ledger.wrote(mark)
        if not self.open and self.ledger.expected > max(self.taken):
            assert len(self.ledger) == 0
            assert self.acknowledged == self.order


TestAccount = Account.TestCase
TestAccount.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_what_is_published_is_acknowledged_once_the_database_has_the_mark() -> None:
    ledger: Ledger[Record] = Ledger(0)
    batch = [Record(n) for n in range(3)]
    ledger.take(batch)
    assert not ledger.is_ahead
    assert ledger.finish(batch) == []
    assert ledger.is_ahead
    assert ledger.wrote(ledger.mark()) == batch
    assert not ledger.is_ahead


@pytest.mark.parametrize("offset", [3, 9])
def test_after_what_the_broker_has_no_more_the_next_one_is_expected(offset: int) -> None:
    ledger: Ledger[Record] = Ledger(0)
    ledger.skip_to(offset)
    ledger.take([Record(offset)])
    assert (ledger.expected, ledger.mark().next_offset) == (offset + 1, offset)
