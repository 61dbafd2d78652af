"""Who supplies what: the indicators of the systems with their items, and the reporting units."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from services import cli
from services.catalogue.supplying import supplied, units
from services.catalogue.supplying_routes import IndicatorView, UnitView
from services.kernel.settings import settings
from services.model.codelist import load_codelists
from services.model.item import Item
from services.model.starter_pack import load_items, load_organisations, starter_pack
from services.model.text import SCHEMAS, ModelError

ITEMS = {one.id: one.to_dict() for one in load_items()}
LISTS = {id_: one.to_dict() for id_, one in load_codelists(SCHEMAS / "codelists").items()}
MARRIAGES = "so-cuoc-ket-hon"
DECISION = {"number": "1395/QĐ-UBND", "issued_on": "2021-08-06"}


def test_every_indicator_of_the_systems_is_there_once_and_says_who_supplies_it() -> None:
    found = [IndicatorView.of(one) for one in supplied(LISTS, ITEMS)]
    of_province = [one for one in found if one.list == "dp"]
    assert len(of_province) == 30 == len({one.code for one in of_province})
    (marriages,) = [one for one in of_province if one.item]
    assert (marriages.code, marriages.responsible) == ("T0111", "so-tu-phap-dien-bien")
    assert (marriages.source, marriages.assigned) == ("administrative", None)
    nobody = next(one for one in of_province if one.code == "T0113")
    assert (nobody.item, nobody.responsible, nobody.source) == (None, None, None)


def test_an_indicator_that_several_supply_stands_once_for_each() -> None:
    assigned = {**ITEMS[MARRIAGES], "assigned": DECISION}
    other = {**assigned, "responsible": "so-y-te-dien-bien"}
    both = {MARRIAGES: assigned, "z": other}
    found = [one for one in supplied(LISTS, both) if one.code == "T0111"]
    assert [one.item for one in found] == [MARRIAGES, "z"]
    view = IndicatorView.of(found[0])
    assert view.assigned and view.assigned.number == "1395/QĐ-UBND"


def test_units_are_those_that_supply_with_all_their_forms() -> None:
    organisations = {one.id: one.to_dict() for one in load_organisations()}
    found = {one.id: UnitView.of(one) for one in units(organisations, ITEMS)}
    assert set(found) == {one["responsible"] for one in ITEMS.values()}
    finance = found["so-tai-chinh-dien-bien"]
    assert {"cv17809-1", "cv17809-2", "cv17809-6", "dn-list"} <= set(finance.forms)
    assert "xo-so-quy" in finance.items and finance.province == "11"


@pytest.mark.parametrize("indicators", [["T0111"], ["dp/"], ["dp/T 1"]])
def test_an_indicator_is_a_code_of_a_list(indicators: list[str]) -> None:
    with pytest.raises(ModelError, match="indicators"):
        Item.from_dict(ITEMS[MARRIAGES] | {"indicators": indicators})


def test_a_pack_with_an_unknown_indicator_or_section_is_wrong(tmp_path: Any) -> None:
    for change, said in (
        (("indicators: [dp/T0111]", "indicators: [dp/T9999]"), "no indicator dp/T9999"),
        (("sections: [A]", "sections: [Z]"), "no section Z"),
    ):
        folder = tmp_path / said.replace("/", "-")
        shutil.copytree(SCHEMAS, folder, ignore=shutil.ignore_patterns("*.avsc"))
        file = folder / "catalogue" / "items" / "dien-bien.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
        with pytest.raises(ModelError, match=said):
            starter_pack(folder)


# -- what the commands say


MEASURE: dict[str, Any] = {
    "group": "so-tai-chinh-dien-bien", "name": {"vi": "Sở Tài chính", "en": "Finance"},
    "counted": 4, "on_time": 0.5, "complete": 0.75,
    "timeliness": {"on_time": 2, "late": 1, "missing": 1}, "states": {"accepted": 3, "expected": 1},
    "returns": 2, "corrections": 1, "response_days": 1.5,
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """With which parameters catalogue was asked; it answers by path."""
    organisations = {one.id: one.to_dict() for one in load_organisations()}
    answers: dict[str, Any] = {
        "/v1/indicators": [
            IndicatorView.of(one).model_dump(mode="json") for one in supplied(LISTS, ITEMS)
        ],
        "/v1/reporting-units": [
            UnitView.of(one).model_dump(mode="json") for one in units(organisations, ITEMS)
        ],
        "/v1/duties/measures": {
            "at": "2026-11-30T00:00:00Z", "by": "room",
            "measures": [MEASURE, MEASURE | {"group": "x", "response_days": None, "on_time": None}],
        },
    }  # fmt: skip
    found: list[Any] = []

    def request(method: str, url: str, params: Any = None, **more: Any) -> httpx2.Response:
        found.append(params)
        return httpx2.Response(200, json=answers[httpx2.URL(url).path])

    monkeypatch.setenv("SOLIEU_OPERATOR_TOKEN", "operator-token")
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(httpx2, "request", request)
    settings.cache_clear()
    yield found
    settings.cache_clear()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_show_who_supplies_what(asked: list[Any]) -> None:
    said = run("catalogue", "indicators")
    (marriages,) = [line for line in said.splitlines() if "dp/T0111" in line]
    assert "so-tu-phap-dien-bien" in marriages and "dữ liệu hành chính" in marriages
    (divorces,) = [line for line in said.splitlines() if "dp/T0113" in line]
    assert "chưa ai cung cấp" in divorces
    run("catalogue", "indicators", "--lacking")
    assert [one["lacking"] for one in asked] == ["False", "True"]
    assert "cv17809-6" in run("catalogue", "units")
    assert json.loads(run("catalogue", "units", "--json"))[0]["forms"]


def test_measures_are_a_table_json_or_a_file_for_a_spreadsheet(
    asked: list[Any], tmp_path: Path
) -> None:
    said = run("measures", "--by", "room", "--from", "2026-11-01")
    assert asked == [{"by": "room", "first": "2026-11-01"}]
    assert "50%" in said and "75%" in said and "1.5" in said
    assert json.loads(run("measures", "--json"))[0] == MEASURE
    file = tmp_path / "measures.csv"
    run("measures", "--csv", str(file))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        first, second = csv.DictReader(lines)
    assert (first["group"], first["timeliness.missing"], first["returns"]) == (
        MEASURE["group"], "1", "2",
    )  # fmt: skip
    assert (second["response_days"], second["states.expected"]) == ("", "1")
