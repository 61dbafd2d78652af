"""Whose names a page shows: what one agency may read is not kept for another."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from services.console.calls import Services
from services.console.names import Dictionary
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
