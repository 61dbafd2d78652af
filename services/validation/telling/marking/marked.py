"""The workbook back: the sender's own, wrong cells coloured and commented, and a last sheet that lists all.

Only the parts that change are written anew; so drawings, macros and whatever else a program keeps in a workbook come
back as they were. What is no .xlsx comes back as one with the same values.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from lxml import etree

from services.model.enumerations import Severity
from services.model.text import Language
from services.validation.findings import Finding
from services.validation.telling.marking import summary
from services.validation.telling.marking.cells import anchors, colour
from services.validation.telling.marking.copied import copied
from services.validation.telling.ooxml import comments
from services.validation.telling.ooxml.package import (
    LARGEST_PACKAGE,
    OFFICE,
    WORKBOOK,
    Package,
    Unpatchable,
    main,
)
from services.validation.telling.ooxml.sheets import add_sheet, styles_of
from services.validation.telling.ooxml.styles import Styles
from services.validation.telling.ooxml.transitional import transitional
from services.validation.telling.report import Report
from services.validation.workbook import UnreadableWorkbook
from services.validation.workbook.address import place_of
from services.validation.workbook.sheet import Place

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSM = "application/vnd.ms-excel.sheet.macroEnabled.12"
MOST_COMMENTS = 1_000
OF_NO_WORKBOOK = frozenset({"plausibility_undecided"})
"""Findings for which nobody needs a right workbook back."""
SIGNATURES = "_xmlsignatures/"
_MACROS = "xl/vbaProject.bin"
_WORST = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION)
Sheets = Mapping[str, tuple[str, str]]
"""The name of each sheet as the report has it → its name and the path of its part."""


@dataclass(frozen=True)
class Marked:
    """A marked workbook; one with macros stays one."""

    content: bytes = field(repr=False)
    media_type: str


def mark(content: bytes, report: Report, language: Language = "vi") -> Marked | None:
    """The workbook in `content` with what `report` found; None if nothing was, or it can't be opened.

    A workbook that unpacks to more than LARGEST_PACKAGE bytes has none either: its report says it all.
    """
    if all(finding.code in OF_NO_WORKBOOK for finding in report.findings):
        return None
    try:
        package = Package(transitional(content))
        if package.size > LARGEST_PACKAGE:
            return None
        return _marked(package, _sheets(package), report, language)
    except Exception:
        # Whatever foreign bytes hold that can't be patched, their values were read and can be written.
        with suppress(UnreadableWorkbook):
            return _marked(*copied(content), report, language)
    return None


def _marked(package: Package, sheets: Sheets, report: Report, language: Language) -> Marked:
    styles = styles_of(package)
    left = MOST_COMMENTS
    for name, found in _by_sheet(report.findings).items():
        path = sheets[name][1] if name in sheets else ""
        if path and not package.is_large(path):
            left -= _mark_sheet(package, path, found, styles, left, language)
    titles = {name: title for name, (title, _) in sheets.items()}
    # What was signed is no more what is there.
    was_signed = package.drop(SIGNATURES)
    page = summary.page(report, titles, styles, language, was_signed=was_signed)
    add_sheet(package, summary.said("title", language), page)
    return Marked(package.save(), XLSM if _MACROS in package else XLSX)


def _mark_sheet(
    package: Package,
    path: str,
    found: Mapping[Place, list[Finding]],
    styles: Styles,
    most: int,
    language: Language,
) -> int:
    """Colours the cells, and comments `most` of them; returns how many are commented."""
    sheet = package.change(path)
    seen = anchors(sheet, found)
    by_cell: dict[Place, list[Finding]] = defaultdict(list)
    for place, findings in found.items():
        by_cell[seen[place]] += findings
    colour(sheet, {place: _worst(findings) for place, findings in by_cell.items()}, styles)
    texts = {place: _text(by_cell[place], language) for place in list(by_cell)[:most]}
    # Old drawings may be no XML: then the colour and the list must do.
    with suppress(etree.XMLSyntaxError, KeyError, Unpatchable):
        if texts:
            comments.add(package, path, texts, summary.said("author", language))
    return len(texts)


def _by_sheet(findings: Iterable[Finding]) -> dict[str, dict[Place, list[Finding]]]:
    found: dict[str, dict[Place, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        for cell in dict.fromkeys(finding.place.cells):
            place = place_of(cell)
            if place:
                found[finding.place.sheet][place].append(finding)
    return found


def _worst(findings: Iterable[Finding]) -> Severity:
    return min((finding.severity for finding in findings), key=_WORST.index)


def _text(findings: Iterable[Finding], language: Language) -> str:
    """What a comment says: each finding once, with how to mend it and what was answered to it."""
    texts = dict.fromkeys(_of_one(finding, language) for finding in findings)
    return "\n\n".join(texts)


def _of_one(finding: Finding, language: Language) -> str:
    said = f"{summary.named(finding.severity, language)}: {finding.message.of(language)}"
    answers = (answer.said.of(language) for answer in finding.answers)
    return "\n".join((said, f"→ {finding.mend.of(language)}", *answers))


def _sheets(package: Package) -> Sheets:
    workbook = package.read(WORKBOOK)
    paths = {key: path for key, _, path in package.related(WORKBOOK)}
    listed = workbook.find(main("sheets"))
    if listed is None:
        raise Unpatchable("no sheets, or not those of the transitional standard")
    sheets = {
        sheet.get("name", ""): paths.get(sheet.get(f"{{{OFFICE}}}id"), "") for sheet in listed
    }
    if not all(path in package for path in sheets.values()):
        raise Unpatchable("a sheet without its part")
    return {name: (name, path) for name, path in sheets.items()}
