"""Made-up figures of a form that keep all its totals."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from services.model.form import Form
from services.model.rule import Axis, CellType, Relation, RuleKind, Total, parse_totals
from services.model.table import Role

Values = dict[tuple[str, str], Decimal]
"""By row and column of the form."""


def totals_of(form: Form) -> list[tuple[Total, tuple[str, ...], Axis]]:
    """Each total of a form, the columns (or rows) that it is about, and which of both its codes are."""
    table = form.tables[0]
    values = tuple(one.id for one in table.of_role(Role.VALUE))
    rows = tuple(one.code for one in table.rows)
    return [
        (total, rows if rule.axis is Axis.COLUMNS else rule.columns or values, rule.axis)
        for rule in form.rules
        if rule.kind is RuleKind.TOTAL
        for total in parse_totals(rule.expression)
    ]


def figures(form: Form, chance: Random) -> Values:
    """Figures that keep all totals: those of a year so far are above those of its quarter."""
    table = form.tables[0]
    values: Values = {}
    places = (
        0
        if any(one.expression == CellType.INTEGER for one in form.rules)
        else chance.choice((1, 2, 3, 6))
    )
    across = {one.left: one for one, _, axis in totals_of(form) if axis is Axis.COLUMNS}
    for column in table.of_role(Role.VALUE):
        if column.id in across:
            continue
        share = column.unit is not None
        own = [
            one
            for one, columns, axis in totals_of(form)
            if axis is Axis.ROWS and column.id in columns
        ]
        for row in table.rows:
            if share and (not row.code.isdecimal()):
                continue
            _figure(values, own, row.code, column.id, places, chance, 100 if share else 90_000)
    if "year_to_date" in table.by_id:
        for row in table.rows:
            values[row.code, "year_to_date"] += values[row.code, "quarter"]
    for left, total in across.items():
        for row in table.rows:
            values[row.code, left] = sum(
                (values[row.code, one] for _, one in total.terms), Decimal(0)
            )
    return values


def _figure(
    values: Values,
    totals: list[Total],
    row: str,
    column: str,
    places: int,
    chance: Random,
    most: int,
) -> Decimal:
    if (row, column) in values:
        return values[row, column]
    of = next((one for one in totals if one.left == row), None)
    known = Decimal(0)
    for sign, code in of.terms if of is not None else ():
        known += sign * _figure(values, totals, code, column, places, chance, most)
    if of is None or of.relation is Relation.AT_LEAST:
        known += Decimal(chance.randrange(most // 100 * 10**places, most * 10**places)).scaleb(
            -places
        )
    values[row, column] = known
    return known
