"""What an API answers to a request that is not as its contract says."""

from __future__ import annotations

import asyncio
from typing import Annotated

import httpx2
from fastapi import FastAPI, Query

from services.kernel import problems


def test_the_detail_of_a_malformed_request_names_its_first_fields() -> None:
    """Commands and pages show the detail alone: it has to say where."""
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def page(a: int, b: int, c: Annotated[str, Query(max_length=2)], d: int) -> None: ...

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/", params={"a": "x", "c": "abc"})

    body = asyncio.run(ask()).json()
    for detail in (body["detail"], body["en"]["detail"]):
        for named in ("query.a: ", "query.b: Field required", "query.c: String should have"):
            assert named in detail
        assert "query.d" not in detail
    assert [one["in"][-1] for one in body["errors"]] == ["a", "b", "c", "d"]
