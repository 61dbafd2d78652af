"""Forms and code lists of a folder: what a check or a template needs where no catalogue is at hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from services.model.codelist import Code, Codelist, load_codelists
from services.model.enumerations import Completeness
from services.model.form import Form, load_forms
from services.model.period import Period, PeriodError
from services.model.text import SCHEMAS, ModelError, Text
from services.validation.checks.supply import Supply
from services.validation.findings import in_both
from services.validation.reading.statement import Statement

_FORMS = Path("catalogue") / "forms"
_LISTS = "lists.yaml"


class Unusable(ValueError):
    """What somebody asked for is not there, or can't be so; `text` says what to write instead."""

    def __init__(self, option: str, message: str, **values: object) -> None:
        self.option = option
        self.text: Text = in_both(f"validation.usage.{message}", **values)
        super().__init__(f"{option}: {self.text.en}")


@dataclass(frozen=True)
class Pack:
    """Forms by id, and code lists by id; `supply` is by what the sender supplies the form, None where nobody knows."""

    forms: Mapping[str, Form]
    codelists: Mapping[str, Codelist]
    supply: Supply | None = None

    def form(self, form: str) -> Form:
        """The form of this id; raises Unusable naming the nearest ones."""
        if form not in self.forms:
            near = _near(form, self.forms)
            raise Unusable("--form", "unknown_form", form=form, near=near)
        return self.forms[form]

    def statement(
        self,
        form: Form,
        area: str,
        period: str,
        completeness: Completeness,
        area_list: str | None = None,
    ) -> Statement:
        """What the sender states, checked; raises Unusable."""
        where, _ = self.area(form, area, area_list)
        return Statement(where, area, parse_period(period), completeness)

    def sections(self, form: Form, stated: Iterable[str]) -> frozenset[str]:
        """The sections that are stated, none for all; raises Unusable for one that the form has not."""
        known = [section.id for section in form.sections]
        for section in stated:
            if section not in known:
                shown = ", ".join(known) or "–"
                raise Unusable("--section", "unknown_section", section=section, known=shown)
        return frozenset(stated)

    def area(self, form: Form, area: str, area_list: str | None = None) -> tuple[str, Code]:
        """An area and its list, which is the first of the form's that has it where it isn't said."""
        lists = form.area_lists if area_list is None else (area_list,)
        if unknown := [codelist for codelist in lists if codelist not in self.codelists]:
            near = _near(unknown[0], form.area_lists)
            raise Unusable("--area-list", "unknown_list", list=unknown[0], near=near)
        if area_list is not None and area_list not in form.area_lists:
            shown = ", ".join(form.area_lists)
            raise Unusable("--area-list", "other_list", list=area_list, lists=shown)
        for codelist in lists:
            if area in self.codelists[codelist]:
                return codelist, self.codelists[codelist].by_code[area]
        names = {
            code.name.vi: code for codelist in lists for code in self.codelists[codelist].codes
        }
        codes = {code.code: code for code in names.values()}
        like = [codes[match] for match in get_close_matches(area, codes)]
        like += [names[match] for match in get_close_matches(area, names)]
        shown = ", ".join(
            f"{code.code} {code.name.vi}" for code in like[:3] or [*codes.values()][:3]
        )
        raise Unusable("--area", "unknown_area", area=area, lists=", ".join(lists), near=shown)


def parse_period(period: str) -> Period:
    """The period; raises Unusable saying how one is written."""
    try:
        return Period.parse(period)
    except PeriodError:
        raise Unusable("--period", "bad_period", period=period) from None


def load_pack(folder: Path = SCHEMAS) -> Pack:
    """The pack of `schemas/` or a folder like it, or of one that holds nothing but forms.

    A folder without code lists uses those of the product. Raises Unusable where there is no form,
    or a wrong one.
    """
    forms = folder / _FORMS if (folder / _FORMS).is_dir() else folder
    lists = folder / "codelists"
    try:
        loaded = load_forms(forms)
        known = load_codelists(lists) if (lists / _LISTS).is_file() else load_codelists()
    except ModelError as error:
        raise Unusable("--forms", "bad_form", folder=folder, reason=error.text) from None
    if not loaded:
        raise Unusable("--forms", "no_forms", folder=folder)
    return Pack(loaded, known)


def _near(wanted: str, known: Iterable[str]) -> str:
    """The known names nearest to what was written; some of them where none is near."""
    names = sorted(known)
    near = get_close_matches(wanted, names, n=3, cutoff=0.4)
    return ", ".join(near or names[:10])
