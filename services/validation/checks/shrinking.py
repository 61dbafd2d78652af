"""Figures that an accepted attempt had and this one leaves without a number: a room has to see them go."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from services.model.enumerations import Severity
from services.model.form import Form
from services.model.observation import KEY, Missing, Observation, to_frame
from services.model.shrinking import ACROSS_VERSIONS, lost, lost_across_versions
from services.validation.findings import Context, Notebook, Place

_WARNING = Context(level=2, severity=Severity.WARNING)
_MOST_CODES = 20


@dataclass(frozen=True)
class Earlier:
    """The attempt of the same submission that was stored last: its number, its form's version and its figures."""

    attempt: int
    form_version: int
    figures: pl.DataFrame = field(repr=False)


def check_shrinking(
    form: Form,
    earlier: Earlier,
    read: pl.DataFrame,
    asked: Callable[[], Iterable[Observation]],
    notebook: Notebook,
    *,
    is_nil: bool,
) -> None:
    """Names what is gone: `read` are the figures of this attempt, `asked` gives one for each cell that could hold one.

    Where the sender states that none occurred, a zero takes the place of a number, too. Nothing but zeros says the same
    without signing it.
    """
    after, before = read, earlier.figures
    if after.filter(pl.col("value") != 0).is_empty():
        after, before = after.clear(), before.filter(pl.col("value") != 0)
    if is_nil:
        after = after.filter(pl.col("missing").ne_missing(Missing.NIL.value))
        before = before.filter(pl.col("value") != 0)
    key: Collection[str] = KEY
    if earlier.form_version == form.version:
        gone = lost(before, after)
    else:
        key = ACROSS_VERSIONS
        gone = lost_across_versions(before, after, _indicators(form))
    if gone.is_empty():
        return
    total = before.filter(pl.col("value").is_not_null()).height
    cells = to_frame(asked()).select(*key, now="sheet", at="cell").unique(key, keep="first")
    placed = gone.join(cells, on=list(key), how="left", nulls_equal=True, maintain_order="left")
    for (sheet,), rows in placed.group_by("now", maintain_order=True):
        codes = rows["indicator"].unique(maintain_order=True).to_list()
        more = "" if len(codes) <= _MOST_CODES else ", …"
        notebook.find(
            "figures_lost",
            Place(str(sheet or ""), tuple(rows["at"].drop_nulls())),
            _WARNING,
            attempt=earlier.attempt,
            count=rows.height,
            total=total,
            share=(Decimal(100 * rows.height) / total).quantize(Decimal("0.1")),
            codes=", ".join(codes[:_MOST_CODES]) + more,
        )


def _indicators(form: Form) -> frozenset[str]:
    return frozenset(indicator for table in form.tables for indicator in table.measured)
