"""Changed rules over what was received: which verdict a workbook would get by them. Pure, and never a figure.

A change is a whole form, or `{form, rules, removed}`: rules that replace those of the same id or are added, and the ids
of those that fall away. It is tried on the version of the form that each workbook was checked by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.model.codelist import Codelist
from services.model.enumerations import Severity
from services.model.form import Form
from services.model.messages import texts
from services.model.text import ModelError
from services.validation.checking.answers import answered
from services.validation.checking.check import Checked, check, overran
from services.validation.checking.facts import Facts
from services.validation.checks.shrinking import Earlier
from services.validation.reading.statement import Statement
from services.validation.store import AttemptHead

LISTED = 20
CELLS_LISTED = 100


@dataclass(frozen=True)
class Change:
    """What changes in a form; `whole` is its new body, where all of it is given."""

    form: str
    rules: tuple[Mapping[str, Any], ...] = ()
    removed: tuple[str, ...] = ()
    whole: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Change:
        """From the content of a file; raises ModelError, which says what is wrong with it."""
        if "tables" in data:
            return cls(Form.from_dict(data).id, whole=data)
        if unknown := sorted(str(name) for name in data.keys() - {"form", "rules", "removed"}):
            raise ModelError(texts("rule.trial.keys", names=", ".join(unknown)))
        form, rules, removed = data.get("form"), data.get("rules", []), data.get("removed", [])
        if not isinstance(form, str) or not form:
            raise ModelError(texts("rule.trial.form"))
        if not isinstance(rules, list) or not all(isinstance(_id(rule), str) for rule in rules):
            raise ModelError(texts("rule.trial.rules"))
        if not isinstance(removed, list) or not all(isinstance(id_, str) for id_ in removed):
            raise ModelError(texts("rule.trial.removed"))
        if not rules and not removed:
            raise ModelError(texts("rule.trial.nothing"))
        return cls(form, tuple(rules), tuple(removed))

    def applied(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The form's body with the change; raises ModelError where the result is no form, or lacks what is removed."""
        if self.whole is not None:
            return dict(self.whole)
        before = {rule["id"]: rule for rule in body.get("rules", ())}
        if lacking := [rule for rule in self.removed if rule not in before]:
            raise ModelError(texts("rule.trial.no_rule", form=self.form, rules=", ".join(lacking)))
        changed = before | {rule["id"]: rule for rule in self.rules}
        rules = [rule for id_, rule in changed.items() if id_ not in self.removed]
        made = {**body, "rules": rules}
        Form.from_dict(made)
        return made


@dataclass(frozen=True)
class Difference:
    """A finding that only one of the two checks has: `new`, or `gone`."""

    change: str
    rule: str
    code: str
    severity: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """A workbook by the rules of then and by the changed ones; `count` is of all differences."""

    then: str
    now: str
    errors: tuple[int, int]
    warnings: tuple[int, int]
    count: int
    differences: tuple[Difference, ...]

    @property
    def changes(self) -> bool:
        """Whether the verdict would be another."""
        return self.then != self.now

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        deciding = {
            difference.rule or difference.code
            for difference in self.differences
            if self._decides(difference)
        }
        return asdict(self) | {"changes": self.changes, "rules": sorted(deciding)}

    def _decides(self, difference: Difference) -> bool:
        wanted = "new" if self.now == "returned" else "gone"
        return self.changes and (difference.change, difference.severity) == (
            wanted,
            Severity.ERROR.value,
        )


def checked_again(
    facts: Facts,
    head: AttemptHead,
    original: bytes,
    content: str,
    earlier: Earlier | None = None,
) -> Checked:
    """The check by the form of the facts; raises ModelError or ValueError where that form can't check it."""
    assert facts.form is not None, "a trial brings its form"
    form = Form.from_dict(facts.form)
    codelists = {name: Codelist.from_dict(body) for name, body in facts.codelists.items()}
    accepted = tuple(attempt.accepted() for attempt in facts.accepted)
    history = tuple(figure.past() for figure in facts.history)
    statement = Statement.of(head, head.nil, head.sections)
    checked = check(form, original, statement, codelists, accepted, earlier, history, facts.supply)
    return answered(checked, facts.answers, content)


def tried(
    facts: Facts, head: AttemptHead, original: bytes, content: str, report: Mapping[str, Any]
) -> Trial:
    """The trial of one workbook; `report` is the one of then. For a worker process, as the check itself."""
    return compared(report, checked_again(facts, head, original, content))


def overrun(facts: Facts, report: Mapping[str, Any]) -> Trial:
    """The trial of a workbook that took too long, or ended its process: it would be returned for that."""
    assert facts.form is not None, "a trial brings its form"
    return compared(report, overran(Form.from_dict(facts.form)))


def compared(report: Mapping[str, Any], checked: Checked) -> Trial:
    """The report of then beside the check of now."""
    now = [
        (
            finding.rule,
            finding.code,
            finding.severity.value,
            finding.place.sheet,
            finding.place.cells,
        )
        for finding in checked.report.findings
    ]
    then = [
        (
            finding["rule"],
            finding["code"],
            finding["severity"],
            finding["sheet"],
            tuple(finding["cells"]),
        )
        for finding in report["findings"]
    ]
    differences = [
        *_differences("new", Counter(now) - Counter(then)),
        *_differences("gone", Counter(then) - Counter(now)),
    ]
    return Trial(
        then=report["verdict"],
        now=checked.report.verdict,
        errors=(_count(then, Severity.ERROR), _count(now, Severity.ERROR)),
        warnings=(_count(then, Severity.WARNING), _count(now, Severity.WARNING)),
        count=len(differences),
        differences=tuple(differences[:LISTED]),
    )


Key = tuple[str, str, str, str, tuple[str, ...]]
"""Rule, code, severity, sheet and cells of a finding."""


def _differences(change: str, counts: Counter[Key]) -> Iterator[Difference]:
    """Errors first. A sheet's name may hold a value: it is left out."""
    order = list(Severity)[::-1]
    for rule, code, severity, _, cells in sorted(
        counts.elements(), key=lambda key: order.index(Severity(key[2]))
    ):
        yield Difference(change, rule, code, severity, cells[:CELLS_LISTED])


def _count(keys: Iterable[Key], severity: Severity) -> int:
    return sum(key[2] == severity.value for key in keys)


def _id(rule: Any) -> Any:
    return rule.get("id") if isinstance(rule, Mapping) else None
