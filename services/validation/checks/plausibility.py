"""Figures that their own history does not explain: a suspicion, from what was accepted before, without rules by hand.

A figure is compared with the same period a year before, and with the round before, at equal coverage, unit, prices and
area list, cumulative with cumulative: g is the natural logarithm of their ratio. It is implausible where g is further
from the median of the g of earlier periods than five standard deviations, estimated by the median absolute deviation
(MAD, times 1.4826), and than the form's own least width. A slip by a power of ten needs no history but the one figure.
What is cumulative since January is also compared with what was accepted for the period before and came in this one.

What is zero or less now, where it was more, counts as the least number that is kept.

Only what is heavy in its column, now or then, is looked at: one false alarm in a hundred cells would hold every large
attempt. What lacks a history is counted in one line, which holds nothing. History is what validation keeps as accepted
(table `accepted`): the figures of each submission that were stored last, without those that were taken back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import log
from statistics import median
from typing import Any, Final

import polars as pl

from services.model import wording
from services.model.enumerations import Completeness, Severity
from services.model.form import Form
from services.model.messages import texts
from services.model.observation import KEY, PLACES, Measure
from services.model.period import Period
from services.model.text import Language, Text
from services.validation.findings import Context, Notebook, Place, in_both
from services.validation.reading.statement import Statement

DEVIATIONS: Final = 5.0
NORMAL: Final = 1.4826
"""A normal distribution's standard deviation in MADs."""
FEWEST: Final = 4
"""Earlier g that a distribution needs."""
HEAVY: Final = 0.1
"""Of the largest figure of the same period, unit and kind."""
MOST: Final = 200
"""Figures of one attempt that are looked at, the heaviest first."""
REVISED: Final = 0.05
"""Of a cumulative figure: so much earlier periods may have been revised by since they were accepted."""
SLIPS: Final = range(1, 7)
"""Powers of ten by which figures slip: a unit, or a lost or added comma."""
LEAST: Final = 0.1**PLACES
"""The smallest number above zero that is kept."""
_NEAR: Final = 0.15
"""How far off a slip may be: the figure itself grew or fell meanwhile, by up to 40 %."""
_SHOWN: Final = 5
_WARNING = Context(level=2, severity=Severity.WARNING)
_NOTE = Context(level=2, severity=Severity.INFORMATION)
_SERIES = tuple(name for name in KEY if name not in ("period", "completeness", "round"))
_INDICATOR: Final = _SERIES.index("indicator")
_COVERAGE = ("reference_start", "reference_end")
_ORDER = list(Completeness)


class Base(StrEnum):
    """What a figure is compared with."""

    YEAR_BEFORE = "year_before"
    ROUND_BEFORE = "round_before"


@dataclass(frozen=True)
class Past:
    """The accepted figures of one submission of the same sender, form and area, as an observations object has them."""

    completeness: Completeness
    round: int
    figures: pl.DataFrame = field(repr=False)


Rank = tuple[int, int]
Covered = tuple[tuple[int, int], ...]
"""First and last day that a figure covers, without the year; none where it covers all of its period."""
Points = Mapping[tuple[Period, Covered], Mapping[Rank, float]]
"""The values of one series, by what they are about and how complete they are."""


@dataclass(frozen=True)
class _Figure:
    """A figure of this attempt, and its place."""

    series: tuple[Any, ...]
    about: tuple[Period, Covered]
    value: float
    sheet: str
    cell: str


@dataclass(frozen=True)
class _Suspicion:
    """A figure, what it was compared with, and by how many powers of ten it slipped, if it did."""

    figure: _Figure
    base: float
    slip: int | None

    def shown(self, lang: Language) -> str:
        """The cell, its value and the other."""
        value, base = (
            wording.number(Decimal(repr(number)), lang) for number in (self.figure.value, self.base)
        )
        return f"{self.figure.cell}: {value} ({base})"


def check_plausibility(
    form: Form,
    statement: Statement,
    read: pl.DataFrame,
    history: Sequence[Past],
    notebook: Notebook,
) -> None:
    """Names what its history does not explain; `read` are the figures of this attempt as an observations object."""
    rank = _rank(statement.completeness, statement.round)
    read = _numbers(form, read)
    figures = _heavy(form, read, history)
    points = _points(form, {figure.series for figure in figures}, history)
    undecided = 0
    found: dict[tuple[str, Base, int | None], list[_Suspicion]] = {}
    for figure in figures:
        decided = False
        for base in Base:
            of = points.get(figure.series, {})
            before = _before(of, figure.about, rank, base)
            if before is None:
                continue
            g = log(max(figure.value, LEAST) / before)
            known, slip = _judged(form, g, _usual(of, figure, rank, base))
            slip = slip if figure.value > 0 else None
            decided |= known is not None
            if slip is not None or known is False:
                suspicion = _Suspicion(figure, before, slip)
                found.setdefault((figure.sheet, base, slip), []).append(suspicion)
                break
        undecided += not decided
    for (sheet, base, slip), suspicions in found.items():
        _tell(sheet, base, slip, suspicions, notebook)
    doubted = {suspicion.figure for suspicions in found.values() for suspicion in suspicions}
    _check_cumulative(
        [figure for figure in figures if figure not in doubted], read, points, notebook
    )
    if undecided:
        values = {"count": undecided, "fewest": FEWEST}
        notebook.find("plausibility_undecided", Place(), _NOTE, **values)


def _check_cumulative(
    figures: Sequence[_Figure],
    read: pl.DataFrame,
    points: Mapping[tuple[Any, ...], Points],
    notebook: Notebook,
) -> None:
    """Names flows since January that are not what was accepted for the period before, and came in this one."""
    flows = read.filter(
        pl.col("measure") == Measure.FLOW,
        pl.col("indicator").is_in([series[_INDICATOR] for series in points]),
    )
    came: dict[tuple[Any, ...], dict[tuple[Period, Covered], float]] = {}
    for row in flows.iter_rows(named=True):
        came.setdefault(_series(row), {})[_about(row)] = row["value"]
    rounding = 1.5 * _least_step(read["value"])
    found: dict[str, list[_Suspicion]] = {}
    for figure in figures:
        until, covered = figure.about
        if until != until.year_to_date():
            continue
        for (period, of), value in came.get(figure.series, {}).items():
            if of != covered or period.end != until.end or period.start == until.start:
                continue
            before = Period(until.start, period.start - timedelta(days=1))
            if earlier := points.get(figure.series, {}).get((before, ())):
                sum_ = earlier[max(earlier)] + value
                if abs(figure.value - sum_) > max(REVISED * max(figure.value, sum_), rounding):
                    found.setdefault(figure.sheet, []).append(_Suspicion(figure, sum_, None))
    for sheet, suspicions in found.items():
        where = Place(sheet, tuple(suspicion.figure.cell for suspicion in suspicions))
        notebook.find("cumulative_differs", where, _WARNING, **_named(suspicions))


def _least_step(values: pl.Series) -> float:
    """To how much the figures are rounded: the smallest power of ten, of one or less, of which all are multiples."""
    for places in range(PLACES):
        if ((values - values.round(places)).abs() < 0.1**PLACES).all():
            return float(0.1**places)
    return 0.1**PLACES


def _judged(form: Form, g: float, usual: Sequence[float]) -> tuple[bool | None, int | None]:
    """Whether g is plausible (None: nobody can say), and the power of ten that it slipped by, if it did."""
    power = g / log(10)
    near = round(power)
    is_slip = abs(near) in SLIPS and abs(power - near) <= _NEAR and abs(g) > form.plausible_change
    slip = near if is_slip else None
    if len(usual) < FEWEST:
        return None, slip
    middle = median(usual)
    mad = median(abs(growth - middle) for growth in usual)
    if mad == 0:
        return None, slip
    width = max(DEVIATIONS * NORMAL * mad, form.plausible_change)
    plausible = abs(g - middle) <= width
    return plausible, None if plausible else slip


def _before(points: Points, about: tuple[Period, Covered], rank: Rank, base: Base) -> float | None:
    """The most complete value of the year before, or the last one of the same period that was less complete."""
    period, covered = about
    if base is Base.ROUND_BEFORE:
        less = {one: value for one, value in points.get(about, {}).items() if one < rank}
        return less[max(less)] if less else None
    year_before = period.year_before()
    found = points.get((year_before, covered), {}) if year_before else {}
    return found[max(found)] if found else None


def _usual(points: Points, figure: _Figure, rank: Rank, base: Base) -> list[float]:
    """The g of earlier periods of the same length, cumulative with cumulative."""
    period, _ = figure.about
    earlier = {
        about: found
        for about, found in points.items()
        if about[0].end < period.end and _are_alike(about[0], period)
    }
    if base is Base.ROUND_BEFORE:
        return [
            log(values[last] / values[first])
            for values in earlier.values()
            for first, last in pairwise(sorted(values))
            if last[0] == rank[0]
        ]
    return [
        log(found[max(found)] / before)
        for about, found in earlier.items()
        if (before := _before(points, about, rank, base)) is not None
    ]


def _are_alike(one: Period, other: Period) -> bool:
    cumulative = one == one.year_to_date() and other == other.year_to_date()
    return one.frequency is other.frequency or cumulative


def _heavy(form: Form, read: pl.DataFrame, history: Sequence[Past]) -> list[_Figure]:
    """Those of `read` that are heavy among their kind, now or when they were accepted last."""
    kind = ("period", "unit", "unit_multiplier", "measure")
    share = pl.col("value") / pl.col("value").max().over(kind)
    now = read.with_columns(share=pl.when(pl.col("value") > 0).then(share).otherwise(0.0))
    before = [
        _positive(form, past.figures).with_columns(
            then=pl.col("value") / pl.col("value").max().over(kind)
        )
        for past in history
    ]
    if before:
        shares = pl.concat(before).group_by(_SERIES).agg(pl.col("then").max())
        now = now.join(shares, on=_SERIES, how="left", nulls_equal=True)
        now = now.with_columns(share=pl.max_horizontal("share", "then"))
    heavy = now.filter(pl.col("share") >= HEAVY).sort("share", descending=True).head(MOST)
    return [
        _Figure(
            series=_series(row),
            about=_about(row),
            value=row["value"],
            sheet=row["sheet"],
            cell=row["cell"],
        )
        for row in heavy.iter_rows(named=True)
    ]


def _points(
    form: Form, wanted: set[tuple[Any, ...]], history: Sequence[Past]
) -> dict[tuple[Any, ...], dict[tuple[Period, Covered], dict[Rank, float]]]:
    """What was accepted of the series, by what it is about."""
    found: dict[tuple[Any, ...], dict[tuple[Period, Covered], dict[Rank, float]]] = {}
    if not wanted:
        return found
    codes = {series[_INDICATOR] for series in wanted}
    for past in history:
        rank = _rank(past.completeness, past.round)
        rows = _positive(form, past.figures).filter(pl.col("indicator").is_in(list(codes)))
        for row in rows.iter_rows(named=True):
            series = _series(row)
            if series in wanted:
                found.setdefault(series, {}).setdefault(_about(row), {})[rank] = row["value"]
    return found


def _positive(form: Form, figures: pl.DataFrame) -> pl.DataFrame:
    """The figures above zero."""
    return _numbers(form, figures.filter(pl.col("value") > 0))


def _numbers(form: Form, figures: pl.DataFrame) -> pl.DataFrame:
    """The figures as floats; the form's own codes without its version, since they outlast it."""
    own = rf"^{re.escape(form.id)}/\d+$"
    return figures.filter(pl.col("value").is_not_null()).select(
        pl.col("indicator_list").str.replace(own, form.id),
        *(name for name in _SERIES if name != "indicator_list"),
        "period",
        *_COVERAGE,
        pl.col("value").cast(pl.Float64),
        "sheet",
        "cell",
    )


def _series(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _SERIES)


def _about(row: Mapping[str, Any]) -> tuple[Period, Covered]:
    days = (row[name] for name in _COVERAGE)
    covered = tuple((day.month, day.day) for day in days if day is not None)
    return Period.parse(row["period"]), covered


def _rank(completeness: Completeness, round: int) -> Rank:
    return _ORDER.index(Completeness(completeness)), round


def _tell(
    sheet: str,
    base: Base,
    slip: int | None,
    suspicions: Sequence[_Suspicion],
    notebook: Notebook,
) -> None:
    where = Place(sheet, tuple(suspicion.figure.cell for suspicion in suspicions))
    values = {"base": texts(f"validation.base.{base}"), **_named(suspicions)}
    if slip is None:
        notebook.find("implausible", where, _WARNING, **values)
    else:
        factor = Decimal(10) ** abs(slip)
        way = in_both(f"validation.slip.{'times' if slip > 0 else 'part'}", factor=factor)
        notebook.find("slip_suspected", where, _WARNING, **values, way=way)


def _named(suspicions: Sequence[_Suspicion]) -> dict[str, object]:
    return {
        "count": len(suspicions),
        "figures": Text(vi=_listed(suspicions, "vi"), en=_listed(suspicions, "en")),
    }


def _listed(suspicions: Sequence[_Suspicion], lang: Language) -> str:
    more = "; …" if len(suspicions) > _SHOWN else ""
    return "; ".join(suspicion.shown(lang) for suspicion in suspicions[:_SHOWN]) + more
