"""The report's page in a real browser: readable on a phone, and it loads and runs nothing."""

from pathlib import Path

from playwright.sync_api import Page

from services.model.form import shipped_forms
from services.validation.telling.report.page import page
from tests.browser.conftest import PHONE, picture
from tests.unit.test_examples import SCENARIO, checked
from tests.unit.test_validation_check import STATEMENT


def written(folder: Path) -> tuple[str, int]:
    """The page about the plan, and how many findings are on it."""
    plan = next(one for one in SCENARIO if one["form"] == "cktc-09-plan")
    report = checked(plan, folder).report
    file = folder / "report.html"
    form = shipped_forms()[plan["form"]]
    file.write_bytes(page(form, STATEMENT, report, plan["file"]))
    return file.as_uri(), len(report.findings)


def test_it_fits_a_phone_and_a_screen(tab: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    url, findings = written(tmp_path)
    for name, width in (("wide", 1200), ("phone", PHONE["width"])):
        tab.set_viewport_size({"width": width, "height": PHONE["height"]})
        tab.goto(url)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        picture(tab, f"report-{name}")
    assert tab.locator("article").count() == findings
    # Seven cells, two of which are neighbours and share a square.
    assert tab.locator("svg rect.error").count() == 6
    assert set(asked) == {url}
