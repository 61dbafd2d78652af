"""Marked workbooks and templates opened by another program: LibreOffice, where it is installed.

`apt-get install --no-install-recommends libreoffice-calc` brings it.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.model.enumerations import Severity
from services.validation.telling.marking import mark
from services.validation.telling.template import template
from services.validation.workbook import open_workbook
from tests.unit.test_examples import CODELISTS, FORMS, SCENARIO, checked, content, generated
from tests.unit.test_validation_marking import SUMMARY, marked, report, rich, values
from tests.unit.test_validation_template import wanted

assert generated, "a fixture, used by its name"

OFFICE = shutil.which("soffice") or ""
pytestmark = pytest.mark.skipif(not OFFICE, reason="no LibreOffice here")
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
ANNOTATION = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation"


def converted(files: Mapping[str, bytes], to: str, folder: Path) -> dict[str, bytes]:
    """What the office makes of each file; it starts once for all."""
    for name, source in files.items():
        (folder / name).write_bytes(source)
    command = [OFFICE, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
    command += ["--convert-to", to, "--outdir", str(folder / "out")]
    paths = [str(folder / name) for name in files]
    subprocess.run([*command, *paths], check=True, capture_output=True, timeout=120)
    return {
        name: (folder / "out" / Path(name).with_suffix(f".{to}")).read_bytes() for name in files
    }


def sheets(flat: bytes) -> dict[str, Any]:
    root = etree.fromstring(flat, etree.XMLParser(huge_tree=True))
    return {one.get(f"{TABLE}name"): one for one in root.iter(f"{TABLE}table")}


def said(sheet: Any) -> list[str]:
    return ["\n".join(one.itertext()) for one in sheet.iter(ANNOTATION)]


def test_they_open_with_their_values_comments_and_links(generated: Path, tmp_path: Path) -> None:
    plan = next(one for one in SCENARIO if one["form"] == "cktc-09-plan")
    source = content(plan, generated)
    found = checked(plan, generated)
    back = mark(source, found.report)
    assert back is not None
    files = {
        "rich.xlsx": marked(rich(), ("Biểu 1", "C5 B6", Severity.ERROR, "sai")).content,
        "plan.xlsx": back.content,
        "blank.xlsx": template(FORMS["dn-list"], wanted(FORMS["dn-list"]), CODELISTS),
    }
    flat = {name: sheets(one) for name, one in converted(files, "fods", tmp_path).items()}
    assert list(flat["rich.xlsx"])[-1] == f"{SUMMARY} (2)"
    comments = said(flat["rich.xlsx"]["Biểu 1"])
    assert len(comments) == 3
    assert sum("sai" in one for one in comments) == 2
    assert any("ghi chú" in one for one in comments)
    commented = {cell for one in found.report.findings for cell in one.place.cells}
    assert len(said(flat["plan.xlsx"]["M09"])) == len(commented)
    links = [
        one.get("{http://www.w3.org/1999/xlink}href")
        for one in flat["plan.xlsx"][SUMMARY].iter(f"{TEXT}a")
    ]
    assert any("M09" in link and "C13" in link for link in links)
    assert flat["blank.xlsx"]["Danh sách"].get(f"{TABLE}protected") == "true"


def test_an_open_document_comes_back_as_xlsx(tmp_path: Path) -> None:
    source = converted({"a.xlsx": rich()}, "ods", tmp_path)["a.xlsx"]
    assert open_workbook(source).sheets[0].name == "Biểu 1"
    back = mark(source, report(("Biểu 1", "C5", Severity.ERROR, "sai")))
    assert back is not None
    read = values(source)
    assert {name: values(back.content)[name] for name in read} == read
