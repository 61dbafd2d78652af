"""What a check has to say: a code that stays, the place, the numbers, and how to mend it."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from services.events.validation import AnswerKind, SectionRule
from services.model import wording
from services.model.enumerations import Severity
from services.model.messages import LANGUAGES, text
from services.model.text import Language, Text

STRUCTURE = 0
WITHIN = 1
ID_LENGTH: Final = 16
MOST_SHOWN: Final = 40
"""Cells that a message names; the finding itself has all."""


@dataclass(frozen=True)
class Place:
    """Cells of one sheet."""

    sheet: str = ""
    cells: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The first cells as a message writes them."""
        more = len(self.cells) - MOST_SHOWN
        return ", ".join(self.cells[:MOST_SHOWN]) + (f", … (+{more})" if more > 0 else "")


@dataclass(frozen=True)
class Answer:
    """What somebody answered to the finding with this id; `person` is an id, never a name.

    `content` is the SHA-256 of the workbook that it was answered about.
    """

    finding: str
    kind: AnswerKind
    attempt: int
    content: str
    person: str
    organisation: str
    role: str
    text: str
    document: str | None
    at: datetime

    @property
    def said(self) -> Text:
        """Who answered what, in both languages."""
        document = f"({self.document})" if self.document else ""
        values = {"person": self.person, "text": self.text, "document": document}
        both = in_both(f"validation.answer.{self.kind.value}", **values)
        return Text(both.vi.strip(), both.en.strip())


@dataclass(frozen=True)
class Finding:
    """A finding of the report; `code` never changes its meaning, `rule` is blank for structure.

    `particulars` are the values that its message is filled with, exact and by name.
    """

    code: str
    rule: str
    level: int
    severity: Severity
    place: Place
    message: Text
    mend: Text
    basis: str = ""
    value: str | None = None
    expected: str | None = None
    found: str | None = None
    difference: str | None = None
    particulars: tuple[tuple[str, str], ...] = ()
    answers: tuple[Answer, ...] = ()

    @cached_property
    def id(self) -> str:
        """The same for the same code, rule, cells and values, however its message is worded.

        So an explanation of it holds for the next attempt if, and only if, nothing of it changed.
        """
        what = (self.code, self.rule, self.place.sheet, self.place.cells, self.particulars)
        canonical = json.dumps(what, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class Repair:
    """What the reader put right by itself, with certainty: named, never silent."""

    code: str
    place: Place
    message: Text


@dataclass(frozen=True)
class Inconsistency:
    """A rule over parts of a form that several send, which does not hold in a column, of a period: what stands there,
    and what the sum comes to, as plain decimals.
    """

    rule: str
    expression: str
    column: str
    period: str
    sections: tuple[str, ...]
    found: str
    expected: str
    difference: str

    @property
    def told(self) -> SectionRule:
        """As events name it: without a value."""
        return SectionRule(
            rule=self.rule,
            expression=self.expression,
            column=self.column,
            sections=self.sections,
        )


@dataclass(frozen=True)
class Context:
    """Which rule speaks: what a finding says besides its own code and place."""

    rule: str = ""
    level: int = STRUCTURE
    severity: Severity = Severity.ERROR
    basis: str = ""
    message: Text | None = None


STRUCTURAL = Context()
_NOWHERE = Text("không xác định", "unknown")
"""Where a message names the cell of a figure whose column isn't there."""


NUMBERS = ("value", "expected", "found", "difference")


@dataclass
class Notebook:
    """Findings and repairs as they come up during one check."""

    findings: list[Finding] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    def find(
        self, code: str, place: Place, context: Context = STRUCTURAL, /, **values: object
    ) -> None:
        """Add the finding whose messages are `validation.<code>` and `validation.<code>.mend`.

        `values` fill the messages; those named in NUMBERS also stand in the finding, exact.
        """
        given = values | {"cells": place.shown or _NOWHERE, "sheet": place.sheet}
        message = in_both(f"validation.{code}", **given)
        if context.message is not None:
            message = Text(
                f"{context.message.vi} {message.vi}", f"{context.message.en} {message.en}"
            )
        exact = {name: _exact(value) for name, value in values.items()}
        finding = Finding(
            code=code,
            rule=context.rule,
            level=context.level,
            severity=context.severity,
            place=place,
            message=message,
            mend=in_both(f"validation.{code}.mend", **given),
            basis=context.basis,
            particulars=tuple(sorted(exact.items())),
            answers=(),
            **{name: exact[name] for name in NUMBERS if name in exact},
        )
        if place.cells or finding not in self.findings:  # without cells it would be said again
            self.findings.append(finding)

    def repair(self, code: str, place: Place, /, **values: object) -> None:
        """Add what was put right; its message is `validation.repair.<code>`."""
        given = values | {"cells": place.shown, "sheet": place.sheet}
        self.repairs.append(Repair(code, place, in_both(f"validation.repair.{code}", **given)))

    @property
    def returns(self) -> bool:
        """Whether an error stands."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def in_both(message_id: str, /, **values: object) -> Text:
    """A message in both languages; values that are texts or numbers are written as each has it."""
    by_language = {
        lang: text(message_id, lang, **{name: _in(one, lang) for name, one in values.items()})
        for lang in LANGUAGES
    }
    return Text(by_language["vi"], by_language["en"])


def _exact(value: object) -> str:
    """A value as the report's data have it: plain decimals, never grouped."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.vi if isinstance(value, Text) else str(value)


def _in(value: object, lang: Language) -> object:
    if isinstance(value, Decimal):
        return wording.number(value, lang)
    return value.of(lang) if isinstance(value, Text) else value
