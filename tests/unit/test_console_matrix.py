"""The table of duties: its rows, its columns, its pages, and what stands below it."""

from __future__ import annotations

from typing import Any

import pytest

from services.console.matrix import ITEMS, ROWS, below, is_open, matrix, of, paged
from services.console.paging import Page
from tests.browser.fakes import duty


def duties(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        duty(str(n), "chi-ngan-sach-quy", "expected", "missing", area=f"{n:03}", **more)
        for n in range(count)
    ]


def test_a_row_for_each_supplier_item_and_area_and_a_cell_for_each_period() -> None:
    made = [
        duty("a", "chi-ngan-sach-quy", "expected", "missing", period="2026-Q3"),
        duty("b", "chi-ngan-sach-quy", "accepted", "on_time", period="2026-Q2"),
        duty("c", "thu-ngan-sach-quy", "expected", "open", period="2026-Q3"),
        duty("d", "thu-ngan-sach-quy", "expected", "open", period="2026-Q3", area="12"),
    ]
    table, page = matrix(made, "vi", 1)
    assert table.columns == [("2026-Q2", "preliminary", 1), ("2026-Q3", "preliminary", 1)]
    assert [(row.item, row.area) for row in table.rows] == [
        ("chi-ngan-sach-quy", ""),
        ("thu-ngan-sach-quy", "63/11"),
        ("thu-ngan-sach-quy", "63/12"),
    ]
    first, second, _ = (row.duties for row in table.rows)
    assert first == [made[1], made[0]]
    assert second == [None, made[2]]
    assert page == Page(1, 1)


@pytest.mark.parametrize(
    ("number", "count", "at", "shown"),
    [
        (1, ROWS + 1, Page(1, 2), ROWS),
        (2, ROWS + 1, Page(2, 2), 1),
        (9, ROWS + 1, Page(2, 2), 1),
        (1, ROWS, Page(1, 1), ROWS),
        (1, 0, Page(1, 1), 0),
    ],
)
def test_a_table_has_pages_and_past_the_end_is_the_last(
    number: int, count: int, at: Page, shown: int
) -> None:
    table, page = matrix(duties(count), "vi", number)
    assert page == at
    assert len(table.rows) == shown


def test_a_page_knows_whether_another_follows() -> None:
    assert [one.has_more for one in (Page(1, 1), Page(1, 2), Page(2, 2))] == [False, True, False]


def test_below_the_table_who_waits_for_an_answer_comes_first_and_the_chosen_one_before_all() -> (
    None
):
    made = duties(ITEMS + 3)
    made[-1]["requested"] = {"until": "2026-12-03", "reason": "…", "at": "2026-11-20T02:00:00Z"}
    met = duty("met", "thu-ngan-sach-quy", "accepted", "on_time")
    table, at = matrix([*made, met], "vi", 1)
    found = below([*made, met], table, at, met["id"], ())
    assert [found.open[0], found.open[1]] == [met, made[-1]]
    assert (len(found.open), found.left) == (ITEMS, 4)
    assert met not in below([*made, met], table, at, "", ()).open


def test_an_agency_has_a_list_of_all_that_has_pages() -> None:
    made = duties(ITEMS + 2)
    chosen = made[0]["id"]
    at = paged(made, 2)
    assert [one["id"] for one in below(made, None, at, "", ()).open] == [
        one["id"] for one in made[ITEMS:]
    ]
    with_chosen = below(made, None, at, chosen, ())
    assert with_chosen.open[0]["id"] == chosen
    assert (len(with_chosen.open), with_chosen.left) == (3, 0)


def test_reports_of_the_readers_own_that_were_sent_stand_apart() -> None:
    sent = duty("sent", "bao-cao-linh-vuc-kinh-te-thang", "accepted", "on_time", form=None,
                supplied={"document": "1/TK", "on": "2026-10-20", "at": "2026-10-20T02:00:00Z"})  # fmt: skip
    table, at = matrix([sent], "vi", 1)
    assert below([sent], table, at, sent["id"], {sent["id"]}).supplied == [sent]
    assert below([sent], table, at, "", ()).supplied == []
    assert not is_open(sent)
    assert of(None) == []
