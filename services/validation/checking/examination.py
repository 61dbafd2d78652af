"""A workbook checked and marked, whatever is in it: what the agency sees is what the office will see."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.kernel.limits import OutOfTime
from services.model.codelist import Codelist
from services.model.enumerations import Completeness
from services.model.form import Form
from services.model.text import Language
from services.validation.checking.answers import answered
from services.validation.checking.check import Checked, check, overran, unreadable
from services.validation.checks.plausibility import Past
from services.validation.checks.shrinking import Earlier
from services.validation.checks.supply import Supply
from services.validation.findings import Answer
from services.validation.reading.accepted import Accepted
from services.validation.reading.statement import Statement
from services.validation.telling.marking import Marked, mark


@dataclass(frozen=True)
class Examined:
    """What was found, under which statement, and the workbook marked where anything was.

    `unforeseen` is the type of an error that nobody foresaw: of a reader, so that the workbook counts as unreadable,
    or in marking, so that it comes back with its report alone.
    """

    statement: Statement
    checked: Checked
    marked: Marked | None
    unforeseen: str = ""


def examine(
    form: Form,
    content: bytes,
    statement: Statement,
    codelists: Mapping[str, Codelist],
    accepted: Sequence[Accepted] = (),
    answers: Sequence[Answer] = (),
    earlier: Earlier | None = None,
    history: Sequence[Past] = (),
    supply: Supply | None = None,
    language: Language = "vi",
) -> Examined:
    """Check and mark the workbook in `content`; never raises for what is in it, nor for what it takes.

    `accepted` is what stands under the form's references, `answers` what was answered to findings before, `earlier` the
    attempt whose figures this one would replace, `history` what the sender had accepted in the form before, `supply`
    what it supplies by the catalogue, `language` that of the marked workbook.
    """
    try:
        checked = check(form, content, statement, codelists, accepted, earlier, history, supply)
        if answers:
            checked = answered(checked, answers, hashlib.sha256(content).hexdigest())
    except (KeyboardInterrupt, SystemExit):
        raise
    except (MemoryError, OutOfTime):
        return Examined(statement, overran(form), None)
    except BaseException as error:
        # Hostile bytes find what no reader foresaw, panics of its native code included: a finding all the same.
        return Examined(statement, unreadable(form), None, type(error).__name__)
    return _with_mark(Examined(statement, checked, None), content, language)


def _with_mark(examined: Examined, content: bytes, language: Language) -> Examined:
    """The same with the marked workbook; without it where it can't be made, since the report says it all."""
    try:
        return replace(examined, marked=mark(content, examined.checked.report, language))
    except (MemoryError, OutOfTime):
        return examined
    except Exception as error:
        return replace(examined, unforeseen=type(error).__name__)


def examine_as_printed(
    form: Form,
    content: bytes,
    statement: Statement,
    codelists: Mapping[str, Codelist],
    language: Language = "vi",
    supply: Supply | None = None,
) -> Examined:
    """The same where nobody stated a completeness: the one that headings print, else the statement's."""
    first = examine(form, content, statement, codelists, supply=supply, language=language)
    others = (replace(statement, completeness=completeness) for completeness in Completeness)
    for one in others if _contradicts(first) else ():
        examined = examine(form, content, one, codelists, supply=supply, language=language)
        if not _contradicts(examined):
            return examined
    return first


def _contradicts(examined: Examined) -> bool:
    return any(
        finding.code == "completeness_contradicts" for finding in examined.checked.report.findings
    )
