"""What a template says about the rules of its form: a comment at the row or heading that each is about."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from services.model.form import Form
from services.model.messages import text
from services.model.rule import Axis, Rule, RuleKind, parse_names, parse_total
from services.model.table import Role, TableKind
from services.model.text import Language
from services.validation.template.plan import Plan
from services.validation.workbook.sheet import Place


def remarks(form: Form, plan: Plan, language: Language) -> Mapping[Place, str]:
    """The comment of each cell; several rules about the same stand in one."""
    found: dict[Place, list[str]] = defaultdict(list)
    for rule in form.rules:
        if rule.table == plan.table.id:
            for place in _places(rule, plan):
                found[place].append(_said(rule, language))
    return {place: "\n\n".join(dict.fromkeys(said)) for place, said in found.items()}


def _places(rule: Rule, plan: Plan) -> Iterator[Place]:
    """The label of each row, or the heading of each column; the first heading for any other rule."""
    rows = plan.place_of_row
    columns = {column.id: place for place, column in enumerate(plan.columns)}
    of_rows = rule.axis is Axis.ROWS and plan.table.kind is TableKind.FIGURES
    label = next((columns[one.id] for one in plan.table.of_role(Role.LABEL)), 0)
    names: tuple[str, ...] = ()
    match rule.kind:
        case RuleKind.TOTAL:
            names = (parse_total(rule.expression).left,)
        case RuleKind.REQUIRED:
            names = parse_names(rule.expression)
        case RuleKind.TYPE:
            # The sheet itself takes nothing else.
            return
        case _:
            names, of_rows = rule.columns, False
    known = [one for one in names if one in (rows if of_rows else columns)]
    if not known:
        yield plan.heading_of(label)
    for name in known:
        yield (rows[name], label) if of_rows else plan.heading_of(columns[name])


def _said(rule: Rule, language: Language) -> str:
    severity = text(f"validation.severity.{rule.severity.value}", language)
    if rule.kind is RuleKind.REQUIRED:
        said = text("validation.template.required", language)
    else:
        said = text("validation.template.rule", language, expression=rule.expression)
    message = getattr(rule.message, language) if rule.message else ""
    basis = f"({rule.basis})" if rule.basis else ""
    return " ".join(part for part in (f"{severity}:", message, said, basis) if part)
