"""A workbook checked and marked, whatever is in it: what the agency sees is what the office will see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.model.codelist import Codelist
from services.model.form import Form
from services.model.observation import Completeness
from services.validation.check import Checked, check, unreadable
from services.validation.marking import Marked, mark
from services.validation.statement import Statement


@dataclass(frozen=True)
class Examined:
    """What was found, under which statement, and the workbook marked where anything was."""

    statement: Statement
    checked: Checked
    marked: Marked | None


def examine(
    form: Form, content: bytes, statement: Statement, codelists: Mapping[str, Codelist]
) -> Examined:
    """Check and mark the workbook in `content`; never raises for what is in it."""
    try:
        checked = check(form, content, statement, codelists)
        return Examined(statement, checked, mark(content, checked.report))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        # Hostile bytes find what no reader foresaw, panics of its native code included: a finding all the same.
        return Examined(statement, unreadable(form), None)


def examine_as_printed(
    form: Form, content: bytes, statement: Statement, codelists: Mapping[str, Codelist]
) -> Examined:
    """The same where nobody stated a completeness: the one that headings print, else the statement's."""
    first = examine(form, content, statement, codelists)
    others = (replace(statement, completeness=one) for one in Completeness)
    for one in others if _contradicts(first) else ():
        found = examine(form, content, one, codelists)
        if not _contradicts(found):
            return found
    return first


def _contradicts(found: Examined) -> bool:
    return any(one.code == "completeness_contradicts" for one in found.checked.report.findings)
