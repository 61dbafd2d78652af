"""Figures of a placed table as observations."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from services.model.enumerations import Severity
from services.model.form import Form
from services.model.observation import Observation, round_value
from services.model.rule import Axis
from services.model.table import Aggregate, Column, Function, Role, Row, Table
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.entries import Entry, Record
from services.validation.reading.placing.structure import Grid
from services.validation.reading.statement import Statement
from services.validation.workbook.numbers import Content

_FIGURES = (Content.NUMBER, Content.MISSING)


def of_grid(
    form: Form, grid: Grid, statement: Statement, *, also_blank: bool = False
) -> Iterator[Observation]:
    """One observation for each cell that holds a number or a mark; a blank cell is no figure.

    `also_blank`: one for every cell that could hold a figure, whatever stands there.
    """
    table = grid.table
    for row in table.rows:
        for column in table.of_role(Role.VALUE):
            entry = grid.entries.get((row.code, column.id))
            if entry is not None and (also_blank or entry.reading.content in _FIGURES):
                yield _observation(form, grid, statement, row, column, entry)


def _observation(
    form: Form, grid: Grid, statement: Statement, row: Row, column: Column, entry: Entry
) -> Observation:
    table = grid.table
    unit = column.unit or row.unit or table.unit
    assert unit is not None  # Form.from_dict refuses a value column without one.
    period = statement.period_of(column.span)
    start, end = _reference(form, statement, column)
    return Observation(
        indicator_list=form.indicator_list(table),
        indicator=row.code if table.indicators is Axis.ROWS else column.id,
        area_list=row.area_list or statement.area_list,
        area=row.area or statement.area,
        activity_list=table.activity_list if row.activity else "",
        activity=row.activity,
        breakdown=row.breakdown,
        unit=unit.code,
        unit_multiplier=unit.multiplier,
        measure=column.measure or row.measure or table.measure,
        prices=column.prices or table.prices,
        base_year=table.base_year,
        scenario=form.scenario,
        period=str(period),
        reference_start=start,
        reference_end=end,
        value=entry.reading.value,
        missing=entry.reading.missing,
        rounded=entry.reading.rounded,
        completeness=statement.completeness,
        round=statement.round,
        conf_status=entry.flags.conf_status,
        conf_redist=entry.flags.conf_redist,
        embargo_time=entry.flags.embargo_time,
        sheet=grid.sheet,
        cell=entry.cell,
    )


def _reference(form: Form, statement: Statement, column: Column) -> tuple[date | None, date | None]:
    """The days really covered, where they are fewer than the period's."""
    period = statement.period_of(column.span)
    covered = form.reference(period, statement.completeness)
    return covered if covered != (period.start, period.end) else (None, None)


def of_records(
    form: Form, table: Table, sheet: str, records: list[Record], statement: Statement
) -> Iterator[Observation]:
    """The aggregates of a record list; its records themselves never become observations."""
    for aggregate in table.aggregates:
        value, rounded = _aggregate(aggregate, records)
        if value is None:
            continue
        yield Observation(
            indicator_list=form.indicator_list(table),
            indicator=aggregate.indicator,
            area_list=statement.area_list,
            area=statement.area,
            unit=aggregate.unit.code,
            unit_multiplier=aggregate.unit.multiplier,
            measure=aggregate.measure,
            prices=aggregate.prices,
            scenario=form.scenario,
            period=str(statement.period),
            reference_start=None,
            reference_end=None,
            value=value,
            rounded=rounded,
            completeness=statement.completeness,
            round=statement.round,
            sheet=sheet,
            cell=_range(aggregate, records),
        )


def _aggregate(aggregate: Aggregate, records: list[Record]) -> tuple[Decimal | None, bool]:
    if aggregate.function is Function.COUNT:
        return round_value(len(records))
    entries = [record.entries.get(aggregate.column or "") for record in records]
    readings = [entry.reading for entry in entries if entry is not None]
    values = [reading.value for reading in readings if reading.value is not None]
    if len(values) < len(records):
        return None, False
    return round_value(sum(values, Decimal(0)))[0], any(reading.rounded for reading in readings)


def _range(aggregate: Aggregate, records: list[Record]) -> str:
    """The cells that an aggregate comes from, as a range of its column or of the first one."""
    if not records:
        return ""
    column = aggregate.column or next(iter(records[0].entries))
    return f"{records[0].entries[column].cell}:{records[-1].entries[column].cell}"


def unique(observations: list[Observation], notebook: Notebook) -> list[Observation]:
    """Each figure once: where two cells give the same one they must agree.

    The quarter and the months since January are the same span in a first quarter.
    """
    kept: dict[tuple[str | int | None, ...], Observation] = {}
    for observation in observations:
        first = kept.setdefault(observation.key(), observation)
        if first is observation:
            continue
        where = Place(observation.sheet, (first.cell, observation.cell))
        if (first.value, first.missing) != (observation.value, observation.missing):
            context = Context(level=1, severity=Severity.ERROR)
            notebook.find("contradiction", where, context, indicator=observation.indicator)
        else:
            notebook.repair("same_figure", where, indicator=observation.indicator)
    return list(kept.values())
