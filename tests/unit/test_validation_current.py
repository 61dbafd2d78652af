"""`solieu check` goes by the office's own form where that can be had, and says so where it can't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.connector.keys import Key
from services.model.product import PRODUCT
from services.model.starter_pack import load_items
from services.model.statement import public_key, verify_question
from services.validation.checking import apart
from services.validation.checking.pack import load_pack
from tests.unit.test_examples import generated
from tests.unit.test_validation_template import blank, opened
from tests.unit.workbooks import saved

assert generated, "a fixture, used by its name"
URL = "http://office.example"
KEY = Key.generate("so-tai-chinh-dien-bien")
FORM = "cv17809-1"
PACK = load_pack()
BODY = PACK.forms[FORM].to_dict() | {"version": 7}
Handler = Callable[[httpx2.Request], httpx2.Response]
SHIPPED = f"Biểu {FORM}, phiên bản {PACK.forms[FORM].version}: của {PRODUCT}"


@dataclass
class Office:
    """Has the form in its seventh version, and keeps what was asked."""

    body: dict[str, Any] = field(default_factory=lambda: BODY)
    codes: list[dict[str, Any]] = field(default_factory=list)
    asked: list[httpx2.Request] = field(default_factory=list)
    answer: Handler | None = None
    items: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.answer:
            return self.answer(request)
        _, _, kind, *rest = request.url.path.split("/")
        if kind == "item":
            one = next((item for item in self.items if [item["id"]] == rest), None)
            return httpx2.Response(200, json=one or self.items)
        id_, body = rest[0], self.body
        if kind == "organisation":
            body = {"id": id_, "kind": "finance_department", "province": "11"}
        if kind == "codelist":
            body = PACK.codelists[id_].to_dict()
            body["codes"] += self.codes
        return httpx2.Response(200, json={"kind": kind, "id": id_, "version": 1, "body": body})


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    found = Office()
    client = partial(httpx2.Client, transport=httpx2.MockTransport(found))
    monkeypatch.setattr(httpx2, "Client", client)
    for name in ("SOLIEU_KEY", "SOLIEU_CATALOGUE_URL"):
        monkeypatch.delenv(name, raising=False)
    # Each process takes seconds to start; other tests have it.
    monkeypatch.setattr(apart, "_run", lambda how, *given: how(*given))
    return found


@pytest.fixture
def key(tmp_path: Path) -> Path:
    KEY.save(tmp_path / "key.json")
    return tmp_path / "key.json"


def check(
    generated: Path, *more: object, form: str = FORM, area: str = "11", expect: int = 0
) -> Result:
    file = generated / "cv17809-1_2026-Q4.xlsx"
    stated = ["--form", form, "--area", area, "--period", "2026-Q4", *map(str, more)]
    result = CliRunner().invoke(app, ["check", str(file), *stated], env={"COLUMNS": "400"})
    assert result.exit_code == expect, result.output
    return result


def test_it_goes_by_the_form_and_the_lists_that_the_office_has_now(
    generated: Path, office: Office, key: Path
) -> None:
    said = check(generated, "--key", key, "--url", URL)
    assert f"Biểu {FORM}, phiên bản 7: bản hiện hành" in said.stderr
    assert URL in said.stderr
    assert "phiên bản 7" in said.stdout
    paths = [request.url.path for request in office.asked]
    assert paths[0] == f"/v1/form/{FORM}"
    assert {f"/v1/codelist/{name}" for name in BODY["area_lists"]} <= {*paths[1:]}
    keys = {KEY.id: public_key(KEY.public())}
    tokens = [one.headers["authorization"].removeprefix("Statement ") for one in office.asked]
    assert [verify_question(one, keys).path for one in tokens] == paths


def test_with_a_key_it_knows_whose_sections_are_whose(
    tmp_path: Path, office: Office, key: Path
) -> None:
    six = PACK.forms["cv17809-6"]
    office.body = six.to_dict()
    office.items = [
        {"kind": "item", "id": "b", "version": 1, "body": {**item.to_dict(), "sections": ["B"]}}
        for item in load_items()
        if item.id == "xo-so-quy"
    ]
    book, sheet = opened(blank(six.id))
    for row in sheet.iter_rows():
        if str(row[1].value) in ("23", "24", "26"):
            row[2].value = row[3].value = 5
    file = tmp_path / "six.xlsx"
    file.write_bytes(saved(book))

    def check_six(*more: str, expect: int) -> Result:
        stated = ["--form", six.id, "--area", "11", "--period", "2026-Q3", *more]
        result = CliRunner().invoke(app, ["check", str(file), *stated], env={"COLUMNS": "400"})
        assert result.exit_code == expect, result.output
        return result

    found = check_six("--key", str(key), "--url", URL, expect=1)
    assert "do cơ quan khác cung cấp" in found.stdout
    unknown = check_six(expect=0)
    assert "A, B, C" in unknown.stderr and "--section" in unknown.stderr


def test_a_form_that_the_program_was_not_shipped_with_is_checked_too(
    generated: Path, office: Office, key: Path
) -> None:
    office.body = BODY | {"id": "moi"}
    assert "phiên bản 7" in check(generated, "--key", key, "--url", URL, form="moi").stderr
    without = check(generated, "--key", key, "--url", URL, "--offline", form="moi", expect=2)
    assert "moi" in without.stderr


def test_a_code_that_the_office_has_added_meanwhile_is_known(
    generated: Path, office: Office, key: Path
) -> None:
    office.codes = [{"code": "tinh-moi", "name": {"vi": "Tỉnh mới", "en": "A new province"}}]
    asking = ("--key", key, "--url", URL)
    assert "tinh-moi" in check(generated, *asking, area="tinh-moi").stdout
    check(generated, *asking, "--offline", area="tinh-moi", expect=2)


@pytest.mark.parametrize("more", [["--offline"], ["--forms", "."]])
def test_who_does_not_want_it_asks_nobody(
    generated: Path, office: Office, key: Path, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import services.validation.checking.pack as pack

    monkeypatch.setattr(pack, "load_pack", lambda folder: PACK)
    said = check(generated, "--key", key, "--url", URL, *more)
    assert not office.asked
    assert SHIPPED.replace(PRODUCT, PRODUCT if more == ["--offline"] else ".") in said.stderr


@pytest.mark.parametrize("which", ["--key", "--url", ""])
def test_without_key_or_address_nobody_is_asked_and_it_is_said(
    generated: Path, office: Office, key: Path, which: str
) -> None:
    given = {"--key": key, "--url": URL, "": ""}
    said = check(generated, *([which, given[which]] if which else []))
    assert not office.asked
    assert SHIPPED in said.stderr
    assert "Không lấy được" not in said.stderr
    lacks = {"--key": "thiếu --url.", "--url": "thiếu --key."}
    assert not which or f"Không hỏi cơ quan thống kê: {lacks[which]}" in said.stderr


def refusal(request: httpx2.Request) -> httpx2.Response:
    title = {"title": "Không có biểu", "detail": "–", "en": {"title": "No form", "detail": "–"}}
    problem = {"type": "urn:solieu:problem:no-entry", "status": 404} | title
    return httpx2.Response(404, json=problem)


def away(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody is there")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (away, "nobody is there"),
        (refusal, "Không có biểu"),
        (lambda request: httpx2.Response(503), "503"),
        (lambda request: httpx2.Response(200, text="<html>"), "200"),
        (lambda request: httpx2.Response(200, json=[1]), ""),
        (lambda request: httpx2.Response(200, json={"body": {"id": FORM}}), "version"),
    ],
    ids=["away", "refused", "unavailable", "page", "other", "newer"],
)
def test_where_it_can_not_be_had_the_shipped_one_is_taken_and_that_is_said(
    generated: Path, office: Office, key: Path, answer: Handler, reason: str
) -> None:
    office.answer = answer
    said = check(generated, "--key", key, "--url", URL)
    assert f"Không lấy được biểu hiện hành từ {URL}" in said.stderr
    assert "can't be had" in said.stderr
    assert reason in said.stderr
    assert SHIPPED in said.stderr
    assert len(office.asked) == 1, "it is not tried again"
    assert said.stdout == check(generated, "--offline").stdout


def test_a_key_that_can_not_be_read_is_said(generated: Path, office: Office, key: Path) -> None:
    broken = key.parent / "broken.json"
    broken.write_text("{}", encoding="utf-8")
    said = check(generated, "--key", broken, "--url", URL)
    assert "Không lấy được biểu hiện hành" in said.stderr
    assert SHIPPED in said.stderr


def test_the_report_for_programs_stays_alone_on_standard_output(
    generated: Path, office: Office, key: Path
) -> None:
    said = check(generated, "--key", key, "--url", URL, "--json")
    assert said.stdout.startswith("{")
    assert "phiên bản 7" in said.stderr
