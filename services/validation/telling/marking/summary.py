"""The sheet that lists what was found, in one language, with links to the cells."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.model.enumerations import Severity
from services.model.messages import text
from services.model.text import Language
from services.validation.findings import Finding
from services.validation.telling.ooxml.sheets import Cell, Page, fitted
from services.validation.telling.ooxml.styles import Look, Styles
from services.validation.telling.ooxml.text import clean, location
from services.validation.telling.report import Report
from services.validation.workbook.address import place_of

MOST_FINDINGS = 2_000
MOST_CELLS = 20
LONGEST = 2_000
_COLUMNS = {
    "number": 6,
    "severity": 12,
    "sheet": 16,
    "cell": 8,
    "message": 70,
    "mend": 50,
    "basis": 40,
    "id": 20,
}


def said(name: str, language: Language, **values: object) -> str:
    """A text of the marked workbook."""
    return text(f"validation.marked.{name}", language, **values)


def named(severity: Severity, language: Language) -> str:
    """What a severity is called."""
    return text(f"validation.severity.{severity.value}", language)


def page(
    report: Report,
    titles: Mapping[str, str],
    styles: Styles,
    language: Language,
    *,
    was_signed: bool = False,
) -> Page:
    """The sheet; `titles` are the names that the workbook's sheets have in the marked one."""
    widths = dict(enumerate(_COLUMNS.values()))
    rows = list(_Writer(titles, styles, language).rows(report, was_signed))
    return Page(rows, widths, heights=fitted(rows, widths), wide=True)


class _Writer:
    """Rows with their formats."""

    def __init__(self, titles: Mapping[str, str], styles: Styles, language: Language) -> None:
        self._titles = titles
        self._language = language
        plain = Look(is_text=True, wrap=True)
        self._plain = styles.of(plain)
        self._bold = styles.of(replace(plain, bold=True))
        self._link = styles.of(replace(plain, link=True))
        self._severity = {
            severity: styles.of(replace(plain, severity=severity)) for severity in Severity
        }

    def rows(self, report: Report, was_signed: bool) -> Iterator[list[Cell | None]]:
        """Title, counts and advice, headings, then the findings."""
        counts = {f"{severity.value}s": report.count(severity) for severity in Severity}
        above = [None] * list(_COLUMNS).index("message")
        yield [*above, Cell(self._said("title"), self._bold)]
        yield [*above, Cell(self._said("counts", form=report.form, **counts), self._plain)]
        yield [*above, Cell(self._said("advice"), self._plain)]
        if was_signed:
            yield [*above, Cell(self._said("unsigned"), self._plain)]
        yield []
        headings = (text(f"validation.column.{name}", self._language) for name in _COLUMNS)
        yield [Cell(heading, self._bold) for heading in headings]
        for number, finding in enumerate(report.findings[:MOST_FINDINGS], 1):
            yield from self._finding(number, finding)
        more = len(report.findings) - MOST_FINDINGS
        if more > 0:
            yield [*above, Cell(self._said("more", count=more), self._bold)]

    def _finding(self, number: int, finding: Finding) -> Iterator[list[Cell | None]]:
        """One row with everything, and one for each further cell."""
        message, mend = (both.of(self._language) for both in (finding.message, finding.mend))
        sheet = finding.place.sheet
        cells = finding.place.cells[:MOST_CELLS]
        yield [
            Cell(number, self._plain),
            Cell(named(finding.severity, self._language), self._severity[finding.severity]),
            self._to(sheet, "A1", sheet),
            self._to(sheet, cells[0], cells[0]) if cells else None,
            *(self._text(text) for text in (message, mend, finding.basis, finding.id)),
        ]
        for cell in cells[1:]:
            yield [None, None, None, self._to(sheet, cell, cell)]
        if len(finding.place.cells) > MOST_CELLS:
            yield [None, None, None, Cell("…", self._plain)]

    def _said(self, name: str, **values: object) -> str:
        return said(name, self._language, **values)

    def _to(self, sheet: str, cell: str, shown: str) -> Cell | None:
        """A link to a cell of the workbook, plain text where there is no such cell."""
        if sheet in self._titles and place_of(cell):
            return Cell(shown, self._link, location(self._titles[sheet], cell))
        return self._text(shown)

    def _text(self, shown: str) -> Cell | None:
        return Cell(clean(shown, LONGEST), self._plain) if shown else None
