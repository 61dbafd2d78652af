"""Whether a service gets on, as broker and database know it."""

from __future__ import annotations

from services.kernel import metrics
from services.kernel.lag import Lag
from services.kernel.topics import TP, Extent

ONE, OTHER = TP("submission.cleared", 0), TP("submission.cleared", 1)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_partition_that_has_something_to_read_and_does_not_move_is_told() -> None:
    clock = Clock()
    lag = Lag("grdp", clock)
    lag.look({ONE: Extent(0, 5), OTHER: Extent(0, 5)}, {ONE: 3, OTHER: 5})
    assert lag.seconds == 0
    clock.now += 100
    lag.look({ONE: Extent(0, 9), OTHER: Extent(0, 5)}, {ONE: 3, OTHER: 5})
    assert lag.seconds == 100
    assert metrics.LAG_EVENTS.labels("grdp", *map(str, ONE))._value.get() == 6
    assert metrics.LAG_SECONDS.labels("grdp", *map(str, ONE))._value.get() == 100
    assert metrics.LAG_SECONDS.labels("grdp", *map(str, OTHER))._value.get() == 0
    lag.look({ONE: Extent(0, 9)}, {ONE: 4})
    assert lag.seconds == 0, "it moves"


def test_what_has_read_all_waits_for_nothing_however_long() -> None:
    clock = Clock()
    lag = Lag("grdp", clock)
    for _ in range(3):
        lag.look({ONE: Extent(0, 5)}, {ONE: 5})
        clock.now += 1000
    assert lag.seconds == 0
    lag.look({ONE: Extent(0, 6)}, {ONE: 5})
    assert lag.seconds == 0, "from now on"


def test_what_was_never_read_is_behind_from_its_first_record_on() -> None:
    clock = Clock()
    lag = Lag("grdp", clock)
    lag.look({ONE: Extent(7, 9)}, {})
    assert metrics.LAG_EVENTS.labels("grdp", *map(str, ONE))._value.get() == 2
    lag.look({ONE: Extent(9, 9)}, {})
    assert metrics.LAG_EVENTS.labels("grdp", *map(str, ONE))._value.get() == 0, "deleted by its age"


def test_a_log_that_nobody_asks_about_any_more_still_ages() -> None:
    """The broker or the database are away: then looks fail, and the last one stands."""
    clock = Clock()
    lag = Lag("grdp", clock)
    lag.look({ONE: Extent(0, 5)}, {ONE: 3})
    clock.now += 400
    assert lag.seconds == 400
