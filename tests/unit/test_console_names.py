"""Whose names a page shows: what one agency may read is not kept for another."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.console.calls import Away, Services
from services.console.names import KEEP_REFUSED_SECONDS, KEEP_SECONDS, Dictionary
from services.kernel.refused import Refused

ENTRY = "thu-nghiem"


class Catalogue:
    """Has one entry, for those of one organisation alone; the token says of which somebody is."""

    async def get(self, service: str, path: str, token: str) -> dict[str, Any]:
        if token != "so-mot":
            raise Refused({"status": 404})
        return {"body": {"name": {"vi": "Sở Một", "en": "One"}}}


def test_what_an_agency_reads_is_kept_for_its_own_people() -> None:
    names = Dictionary(cast(Services, Catalogue()))

    def seen(organisation: str) -> Any:
        person = SimpleNamespace(
            organisation=organisation, roles=frozenset({"agency"}), token=organisation
        )
        return asyncio.run(names.organisation(ENTRY, person))

    assert seen("so-mot") == {"vi": "Sở Một", "en": "One"}
    assert seen("so-hai") is None


class People:
    """Names one of them, and counts how often it is asked; `is_away` at times."""

    is_away = False

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def get(
        self, service: str, path: str, token: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        self.asked.append(parameters["id"])
        if self.is_away:
            raise Away("catalogue")
        return {"names": {"p-1": "Lò Thị Mẫu"}}


def test_people_are_named_wherever_an_answer_names_them_and_asked_for_once() -> None:
    people, seconds = People(), [0.0]
    names = Dictionary(cast(Services, people), lambda: seconds[0])
    who = SimpleNamespace(organisation="so", roles=frozenset({"agency"}), token="t")
    told = [
        {"acts": [{"person": "p-1", "on_behalf": None}], "person": ""},
        {"findings": [{"answers": ({"person": "p-2"},)}], "name": "p-3"},
        None,
    ]

    def seen() -> dict[str, str]:
        return asyncio.run(names.people(told, who, "vi"))

    people.is_away = True
    assert seen() == {}
    people.is_away = False
    seconds[0] += KEEP_REFUSED_SECONDS + 1
    assert [seen(), seen()] == [{"p-1": "Lò Thị Mẫu"}] * 2
    assert people.asked == [["p-1", "p-2"]] * 2
    people.is_away = True
    seconds[0] += KEEP_SECONDS + 1
    assert seen() == {"p-1": "Lò Thị Mẫu"}, "a name of before is better than none"


@pytest.mark.parametrize("odd", [{"names": "p-1"}, {"names": None}, {}, []])
def test_names_that_are_none_leave_the_ids(odd: Any) -> None:
    async def get(*_: Any) -> Any:
        return odd

    names = Dictionary(cast(Services, SimpleNamespace(get=get)), lambda: 0.0)
    who = SimpleNamespace(organisation="so", roles=frozenset({"agency"}), token="t")
    assert asyncio.run(names.people([{"person": "p-1"}], who, "vi")) == {}


def test_programs_senders_and_the_founding_have_words() -> None:
    names = Dictionary(cast(Services, Catalogue()), lambda: 0.0)
    who = SimpleNamespace(organisation="so-mot", roles=frozenset({"agency"}), token="so-mot")
    told = [
        {"person": id_}
        for id_ in ("token:administrator", "founding", "sender:so-tai-chinh-dien-bien")
    ]
    assert asyncio.run(names.people(told, who, "vi")) == {
        "token:administrator": "Quản trị hệ thống",
        "founding": "lệnh trên máy chủ",
        "sender:so-tai-chinh-dien-bien": "Sở Một",
    }
