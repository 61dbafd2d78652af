"""Every rule of a form over what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.model.cell_rules import limit_of
from services.model.codelist import Codelist
from services.model.form import Form
from services.model.form_rules import tables_of
from services.model.rule import CELL_KINDS, Rule
from services.validation.findings import Notebook
from services.validation.reading.accepted import Accepted
from services.validation.reading.statement import Statement
from services.validation.rules.engine import Frame, run_rules
from services.validation.rules.frames import References, frame_of, references_of
from services.validation.rules.speaker import Result, Speaker
from services.validation.rules.table import Table
from services.validation.rules.verdict import Outcome, State, Tally


def run(
    form: Form,
    tables: Mapping[str, Table],
    codelists: Mapping[str, Codelist],
    notebook: Notebook,
    statement: Statement | None = None,
    accepted: Sequence[Accepted] = (),
) -> list[Tally]:
    """Every rule of the form over its table; rules of a table that wasn't found are undecided."""
    tables = {name: replace(one, decimals=form.decimals) for name, one in tables.items()}
    computed = _computed(form, tables, statement, accepted)
    tallies = []
    for rule in form.rules:
        tally = Tally(rule.id)
        table = tables.get(rule.table)
        if table is None:
            tally.count(State.UNDECIDED)
        else:
            result = computed.get(rule.id, Result())
            Speaker(rule, table, notebook).report(tally, result, codelists)
        tallies.append(tally)
    return tallies


def _computed(
    form: Form,
    tables: Mapping[str, Table],
    statement: Statement | None,
    accepted: Sequence[Accepted],
) -> dict[str, Result]:
    """What the engine says of rules, by id: of those about cells, about which rows they are."""
    rules = [
        limit_of(rule) if rule.kind in CELL_KINDS else rule
        for rule in form.rules
        if rule.table in tables and (rule.kind not in CELL_KINDS or rule.when)
    ]
    if not rules:
        return {}
    references = references_of(form, statement, accepted)
    frames = {name: frame_of(form.table(name), one) for name, one in tables.items()}
    known: dict[str, Frame] = frames | dict(references.frames)
    results: dict[str, Result] = {}
    ready = []
    for rule in rules:
        absent = sorted(tables_of(rule) - set(known))
        if absent:
            results[rule.id] = Result(lacking=", ".join(absent))
        else:
            ready.append(rule)
    for rule, outcome in zip(ready, run_rules(ready, known), strict=True):
        results[rule.id] = Result(outcome, uneven=_uneven(rule, outcome, references))
    return results


def _uneven(rule: Rule, outcome: Outcome, references: References) -> tuple[str, ...]:
    columns: set[str] = set()
    for name in tables_of(rule):
        columns |= references.uneven.get(name, frozenset()) & set(outcome.columns)
    return tuple(sorted(columns))
