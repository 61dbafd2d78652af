"""The inbox's pure parts: names that are searched for, the filter in the address and in words, the file, deadlines."""

from __future__ import annotations

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.console import deadlines
from services.console.calls import Away, Services
from services.console.deadlines import Deadline, Deadlines
from services.console.inbox import Choices, Wanted, choices, said
from services.console.searching import matching
from services.model.csv_file import csv_file, safe

NAMES = {
    "tai-chinh": ["Sở Tài chính tỉnh Điện Biên", "Department of Finance"],
    "tu-phap": ["Sở Tư pháp"],
    "duong": ["Phường Đường Bộ"],
    "duong-2": ["Phố Dương"],
    "hoa": ["Xã Hoà Bình"],
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tài chính", "tai-chinh"),
        ("  TAI   CHINH ", "tai-chinh"),
        ("finance", "tai-chinh"),
        ("tài chinh", "tai-chinh"),
        ("tai\u0300 chi\u0301nh", "tai-chinh"),
        ("so tu phap", "tu-phap"),
        ("Hòa Bình", "hoa"),
        ("đường", "duong"),
        ("dương", "duong-2"),
        ("duong", "duong duong-2"),
        ("dường", "duong duong-2"),
        ("phap so", ""),
        ("hap", ""),
        (".*", ""),
        (" ", ""),
        ("\u0301", ""),
    ],
)
def test_names_are_found_with_the_marks_that_were_typed_or_without(typed: str, found: str) -> None:
    """As people ask for: with no marks at all (cuuhomientrung#125), and with theirs kept (mapbox/carmen#611)."""
    assert " ".join(matching(typed, NAMES)) == found


def test_an_address_has_what_is_asked_for_and_no_more() -> None:
    assert Wanted().address() == "/submissions"
    wanted = Wanted(state="held", received_from=date(2026, 11, 1), search="a&b=c é")
    asked = "state=held&received_from=2026-11-01&search=a%26b%3Dc+%C3%A9"
    assert wanted.address() == f"/submissions?{asked}"
    assert wanted.address(page=2) == f"/submissions?{asked}&page=2"
    assert wanted.address(state="", search="") == "/submissions?received_from=2026-11-01"
    assert (wanted.is_narrowed, Wanted(state="held", search="x").is_narrowed) == (True, False)
    assert (Wanted(search="x").has_filter, Wanted(state="held", sort="oldest").has_filter) == (
        True,
        False,
    )


def test_what_is_chosen_is_offered_though_nothing_of_it_is_left() -> None:
    among = {"forms": ["b", "a"], "senders": [], "periods": ["2026-Q3", "2026-Q2"]}
    names = {"a": {"vi": "Xa"}, "b": {"vi": "Gần"}}
    offered = choices(Wanted(form="cũ", period="2020"), among, names, {}, "vi")
    assert offered.forms == [("cũ", "cũ"), ("b", "Gần"), ("a", "Xa")]
    assert [id_ for id_, _ in offered.periods] == ["2020", "2026-Q3", "2026-Q2"]
    assert offered.senders == []


def test_the_filter_is_said_in_words() -> None:
    offered = Choices([("f", "Biểu Một")], [("s", "Sở Hai")], [("2026-Q3", "Quý III/2026")])
    day = date(2026, 11, 1)
    wanted = Wanted("held", "f", "s", "2026-Q3", day, day, "tìm", "oldest")
    assert said(wanted, offered, "vi") == [
        "Chờ quyết định", "Biểu Một", "Sở Hai", "Quý III/2026", "nhận từ 1/11/2026", "nhận đến hết 1/11/2026", "«tìm»",
    ]  # fmt: skip
    assert said(Wanted(sort="oldest"), offered, "vi") == []


@pytest.mark.parametrize("cell", ["=1+1", "+84", "-5", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


def test_a_file_is_read_as_it_is_written() -> None:
    assert [safe(each) for each in (-5, 0, "a-b", "'x", None)] == ["-5", "0", "a-b", "'x", ""]
    content = csv_file(["Biểu", "n"], [['a "b",\nc', 2], ["=x"]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == 'Biểu,n\r\n"a ""b"",\nc",2\r\n\'=x\r\n'


class Register:
    """Says when submission `a` was due, and how often and about which days it was asked."""

    is_away = False

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def get(
        self, service: str, path: str, token: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        self.asked.append(parameters)
        if self.is_away:
            raise Away("catalogue")
        return {"duties": [{"submission": "a", "due": "2026-11-22", "timeliness": "late"}]}


def test_deadlines_are_asked_for_once_and_old_ones_are_better_than_none() -> None:
    register, seconds = Register(), [0.0]
    known = Deadlines(cast(Services, register), lambda: seconds[0])

    def seen(*ids: str, organisation: str = "so", fresh: bool = False) -> dict[str, Deadline]:
        who = SimpleNamespace(organisation=organisation, roles=frozenset({"officer"}), token="t")
        attempts = [{"id": one, "received_at": "2026-11-24T01:00:00Z"} for one in ids]
        return asyncio.run(known.of(attempts, who, fresh=fresh))

    late = {"a": Deadline("2026-11-22", "late")}
    assert seen("a", "b") == seen("b", "a") == late
    assert [one["submission"] for one in register.asked] == [["a", "b"]]
    assert (register.asked[0]["first"], register.asked[0]["last"]) == ("2026-08-24", "2027-02-24")
    assert seen("a", "c") == late
    assert register.asked[1]["submission"] == ["c"]
    assert seen("a", organisation="other") == late and len(register.asked) == 3
    assert seen() == {} and len(register.asked) == 3
    assert seen("a", fresh=True) == late and len(register.asked) == 4
    seconds[0] += deadlines.KEEP_SECONDS
    register.is_away = True
    assert seen("a") == seen("a") == late and len(register.asked) == 5
    seconds[0] += deadlines.KEEP_REFUSED_SECONDS
    assert seen("a") == late and len(register.asked) == 6


def test_a_span_is_never_longer_than_catalogue_answers() -> None:
    register = Register()
    who = SimpleNamespace(organisation="so", roles=frozenset({"officer"}), token="t")
    times = {"a": "2020-01-01T00:00:00Z", "b": "2026-11-24T01:00:00Z"}
    attempts = [{"id": one, "received_at": at} for one, at in times.items()]
    asyncio.run(Deadlines(cast(Services, register)).of(attempts, who))
    (asked,) = register.asked
    assert (
        date.fromisoformat(asked["last"]) - date.fromisoformat(asked["first"]) == deadlines.LONGEST
    )
