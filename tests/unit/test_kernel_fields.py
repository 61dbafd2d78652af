"""What is wrong with a request's field is said in Vietnamese, for every error that the APIs' fields lead to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field

from services.kernel import error_answers


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]*$")] = "ab"
    number: Annotated[int, Field(ge=1, le=9)] = 1
    day: date = date(2026, 1, 1)
    id: UUID = UUID(int=1)
    kind: Literal["a", "b"] = "a"
    listed: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: ["x"]
    )
    inner: dict[str, str] = Field(default_factory=dict)
    needed: bool


def answered(body: Any) -> dict[str, Any]:
    app = FastAPI()
    error_answers.install(app, "test")

    @app.post("/x")
    def take(body: Body) -> None: ...

    sent: dict[str, Any] = {"json": body}
    if isinstance(body, bytes):
        sent = {"content": body, "headers": {"content-type": "application/json"}}
    answer: dict[str, Any] = TestClient(app).post("/x", **sent).json()
    return answer


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "body.needed: thiếu"),
        ({"needed": True, "x": 1}, "body.x: không có trường này"),
        ({"needed": "?"}, "body.needed: phải là true hoặc false"),
        ({"needed": True, "name": "a"}, "ít nhất 2 ký tự"),
        ({"needed": True, "name": "abcde"}, "nhiều nhất 4 ký tự"),
        ({"needed": True, "name": "AB"}, "không đúng dạng ^[a-z]*$"),
        ({"needed": True, "name": 1}, "phải là chuỗi ký tự"),
        ({"needed": True, "number": 0}, "phải từ 1 trở lên"),
        ({"needed": True, "number": 10}, "phải từ 9 trở xuống"),
        ({"needed": True, "number": "x"}, "phải là số nguyên"),
        ({"needed": True, "number": 1.5}, "phải là số nguyên"),
        ({"needed": True, "day": "20/11/2026"}, "phải là ngày, ghi như 2026-11-20"),
        ({"needed": True, "day": []}, "phải là ngày, ghi như 2026-11-20"),
        ({"needed": True, "id": "x"}, "phải là mã UUID"),
        ({"needed": True, "kind": "c"}, "phải là một trong: 'a' hoặc 'b'"),
        ({"needed": True, "listed": "x"}, "phải là danh sách"),
        ({"needed": True, "listed": []}, "ít nhất 1 mục"),
        ({"needed": True, "listed": ["x"] * 3}, "nhiều nhất 2 mục"),
        ({"needed": True, "inner": 1}, "phải là đối tượng JSON"),
        ([], "phải là đối tượng JSON"),
        (b"{", "không phải JSON đúng cú pháp"),
    ],
)
def test_each_fault_is_said_in_vietnamese(body: Any, says: str) -> None:
    found = answered(body)
    assert says in found["detail"]
    (error,) = found["errors"]
    assert error["what"]["en"] in found["en"]["detail"]
