"""The form of one indicator of a statistical indicator system (R75): one row for the whole area, as T0111's.

What is known of an indicator is its code and its name; who asks for it says the rest.
"""

from dataclasses import dataclass
from typing import Any

from services.model.codelist import Code, Codelist
from services.model.enumerations import Regime
from services.model.observation import Measure, Prices
from services.model.period import Frequency
from services.model.table import Unit
from services.model.text import plain


@dataclass(frozen=True)
class Wanted:
    """The unit of its figure, what kind of quantity that is; how often and by which kinds of agency it is supplied."""

    unit: Unit
    measure: Measure
    frequency: Frequency
    organisation_kinds: tuple[str, ...]
    area_list: str


def indicator_form(codelist: Codelist, code: str, wanted: Wanted) -> dict[str, Any]:
    """The body of the form, as `Form.from_dict` takes it; KeyError for a code that the list has not."""
    indicator = codelist.by_code[code]
    of_list = plain(codelist.title)
    rules: list[dict[str, Any]] = [
        {"id": "numbers", "kind": "type", "expression": "number", "level": 1},
        {"id": "required", "kind": "required", "expression": code, "level": 0},
    ]
    if wanted.measure is not Measure.RATIO:
        rules.append({"id": "sign", "kind": "check", "expression": "value >= 0", "level": 1})
    return {
        "id": code.lower(),
        "version": 1,
        "symbol": code,
        "title": plain(indicator.name),
        "legal_basis": {
            "vi": f"Chỉ tiêu {code}, {of_list['vi']}",
            "en": f"Indicator {code}, {of_list['en']}",
        },
        "source": f"code and name of {codelist.id}/{code}; the layout is one row for the whole area",
        "responsible": [
            {
                "section": {"vi": "Toàn biểu", "en": "Whole form"},
                "organisation_kinds": list(wanted.organisation_kinds),
            }
        ],
        "frequencies": [wanted.frequency.value],
        "area_lists": [wanted.area_list],
        "regime": Regime.COORDINATION.value,
        "classification": "public",
        "tables": [_table(codelist.id, indicator, wanted)],
        "rules": rules,
    }


def _table(list_: str, indicator: Code, wanted: Wanted) -> dict[str, Any]:
    code = indicator.code
    return {
        "id": "main",
        "kind": "figures",
        "blank": "nothing",
        "nil": [code] if wanted.measure is Measure.FLOW else [],
        "sheets": [code],
        "rows_by": "code",
        "indicators": "rows",
        "indicator_list": list_,
        "unit": plain(wanted.unit),
        "measure": wanted.measure.value,
        "prices": Prices.NOT_APPLICABLE.value,
        "columns": [
            {"id": "label", "role": "label", "headers": [["Chỉ tiêu"], ["Tên chỉ tiêu"]]},
            {"id": "code", "role": "code", "headers": [["Mã số"], ["Mã"]]},
            {
                "id": "value",
                "role": "value",
                "headers": [["{period}"], ["Thực hiện", "{period}"]],
            },
        ],
        "rows": [{"code": code, "label": indicator.name.vi}],
    }
