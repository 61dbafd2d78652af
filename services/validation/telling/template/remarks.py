"""What a template says about the rules of its form: a comment at the row or heading that each is about."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from services.model.form import Form
from services.model.messages import text
from services.model.rule import Axis, Rule, RuleKind, parse_names, parse_totals
from services.model.table import Role, TableKind
from services.model.text import Language
from services.validation.telling.template.plan import Plan
from services.validation.workbook.sheet import Place


def remarks(form: Form, plan: Plan, language: Language) -> Mapping[Place, str]:
    """The comment of each cell; several rules about the same stand in one."""
    found: dict[Place, list[str]] = defaultdict(list)
    for rule in form.rules:
        if rule.table == plan.table.id:
            for place, expression in _places(rule, plan):
                found[place].append(_said(rule, expression, language))
    return {place: "\n\n".join(dict.fromkeys(said)) for place, said in found.items()}


def _places(rule: Rule, plan: Plan) -> Iterator[tuple[Place, str]]:
    """Where what is asked: at the label of each row, or the heading of each column.

    Of a tree of totals each line has a place of its own; other rules have the label's heading.
    """
    rows = plan.place_of_row
    columns = {column.id: place for place, column in enumerate(plan.columns)}
    of_rows = rule.axis is Axis.ROWS and plan.table.kind is TableKind.FIGURES
    label = next((columns[column.id] for column in plan.table.of_role(Role.LABEL)), 0)
    asked: list[tuple[str, str]] = []
    match rule.kind:
        case RuleKind.TOTAL:
            asked = [(total.left, total.text) for total in parse_totals(rule.expression)]
        case RuleKind.REQUIRED:
            asked = [(column, "") for column in parse_names(rule.expression)]
        case RuleKind.TYPE:
            # The sheet itself takes nothing else.
            return
        case _:
            shown, of_rows = " ".join(rule.expression.split()), False
            asked = [(column, shown) for column in rule.columns] or [("", shown)]
    for name, expression in asked:
        if of_rows and name in rows:
            yield (rows[name], label), expression
        else:
            yield plan.heading_of(columns.get(name, label)), expression


def _said(rule: Rule, expression: str, language: Language) -> str:
    severity = text(f"validation.severity.{rule.severity.value}", language)
    said = text("validation.template.required", language)
    if expression:
        said = text("validation.template.rule", language, expression=expression)
    message = getattr(rule.message, language) if rule.message else ""
    basis = f"({rule.basis})" if rule.basis else ""
    return " ".join(part for part in (f"{severity}:", message, said, basis) if part)
