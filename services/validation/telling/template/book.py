"""The template's workbook: a sheet for each table, one with the code lists, and what it is a template of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from services.model.codelist import Codelist
from services.model.enumerations import Completeness
from services.model.form import Form
from services.model.messages import text
from services.model.period import Period
from services.model.rule import RuleKind
from services.model.table import Span
from services.model.text import Language
from services.validation.reading.placing.searching import REPORTED
from services.validation.reading.placing.wording import spellings
from services.validation.telling.ooxml import comments
from services.validation.telling.ooxml.package import Package
from services.validation.telling.ooxml.sheets import Cell, Page, add_sheet, new_package, styles_of
from services.validation.telling.ooxml.styles import Look, Styles
from services.validation.telling.ooxml.text import location
from services.validation.telling.template.plan import plan, types_of
from services.validation.telling.template.remarks import remarks
from services.validation.telling.template.reported import Reported, reported
from services.validation.telling.template.sheet import page

_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_PART = "docProps/custom.xml"
_SET = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_LISTS = "Danh mục"


@dataclass(frozen=True)
class Wanted:
    """What a template is for; `area` is (list, code, name) where it is for one."""

    period: Period
    area: tuple[str, str, str] | None = None
    completeness: Completeness | None = None
    language: Language = "vi"


def template(
    form: Form, wanted: Wanted, codelists: Mapping[str, Codelist], before: Reported | None = None
) -> bytes:
    """The blank form as .xlsx, with what was reported `before` on a sheet beside; the same bytes each time."""
    package = new_package()
    styles = styles_of(package)
    needed = [rule.expression for rule in form.rules if rule.kind is RuleKind.CODELIST]
    known = [codelists[id_] for id_ in dict.fromkeys(needed) if id_ in codelists]
    # The lists stand behind the tables, but their cells are named in these.
    lists = _cells_of(known)
    for table in form.tables:
        periods = {column.id: _period(wanted.period, column.span) for column in table.columns}
        placed, types = plan(table, periods), types_of(form, table)
        stated = _stated(wanted)
        sheet = page(form, placed, types, stated, wanted.language, styles, lists)
        name = table.sheets[0] if table.sheets else form.id
        _, path = add_sheet(package, name, sheet)
        author = text("validation.marked.author", wanted.language)
        comments.add(package, path, remarks(form, placed, wanted.language), author)
    if before and (beside := reported(form, before, wanted.language, styles)):
        add_sheet(package, REPORTED, beside)
    if known:
        add_sheet(package, _LISTS, _lists_page(known, styles))
    _describe(package, form, wanted)
    return package.save()


def _period(period: Period, span: Span) -> Period:
    return period if span is Span.PERIOD else period.year_to_date()


def _stated(wanted: Wanted) -> str:
    """Kỳ báo cáo: Quý III năm 2026; khu vực: Tỉnh Điện Biên (11); số liệu sơ bộ."""
    language = wanted.language
    values = {"period": spellings(wanted.period)[0]}
    parts = [text("validation.template.period", language, **values)]
    if wanted.area:
        _, code, name = wanted.area
        parts.append(text("validation.template.area", language, code=code, name=name))
    if wanted.completeness:
        named = text(f"validation.completeness.{wanted.completeness.value}", language)
        parts.append(text("validation.template.completeness", language, completeness=named))
    return "; ".join(parts)


def _cells_of(lists: Iterable[Codelist]) -> dict[str, str]:
    """The cells that hold the codes of each list: two columns each, below a title."""
    return {
        one.id: location(_LISTS, f"${letters}$2:${letters}${len(one.codes) + 1}")
        for one, letters in zip(lists, "ACEGIKMOQSUWY", strict=False)
    }


def _lists_page(lists: list[Codelist], styles: Styles) -> Page:
    plain, bold = styles.of(Look(is_text=True)), styles.of(Look(is_text=True, bold=True))
    height = max(len(codelist.codes) for codelist in lists)
    rows: list[list[Cell | None]] = [[] for _ in range(height + 1)]
    for codelist in lists:
        rows[0] += [Cell(codelist.id, bold), Cell(codelist.title.vi, bold)]
        for number in range(height):
            code = codelist.codes[number] if number < len(codelist.codes) else None
            rows[number + 1] += (
                [Cell(code.code, plain), Cell(code.name.vi, plain)] if code else [None, None]
            )
    widths = {number: (12.0, 60.0)[number % 2] for number in range(2 * len(lists))}
    return Page(rows, widths, frozen=1, wide=True, protected=True)


def _describe(package: Package, form: Form, wanted: Wanted) -> None:
    """Custom properties, so that a program knows what it is a template of."""
    area = ":".join(wanted.area[:2]) if wanted.area else ""
    completeness = wanted.completeness.value if wanted.completeness else ""
    said = {
        "solieu.form": form.id,
        "solieu.form_version": str(form.version),
        "solieu.period": str(wanted.period),
        "solieu.area": area,
        "solieu.completeness": completeness,
    }
    root = etree.Element(f"{{{_PROPERTIES}}}Properties", nsmap={None: _PROPERTIES, "vt": _TYPES})
    for number, (name, value) in enumerate(said.items(), 2):
        new = etree.SubElement(root, f"{{{_PROPERTIES}}}property", fmtid=_SET, name=name)
        new.set("pid", str(number))
        etree.SubElement(new, f"{{{_TYPES}}}lpwstr").text = value
    package.add(_PART, root, _CONTENT_TYPE)
    package.relate("", "custom-properties", _PART)
