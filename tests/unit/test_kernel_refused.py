"""A refusal as clients see it: in both languages, and honest where somebody else than a service answered."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from services.kernel.command import Refused as Answered
from services.kernel.refused import Refused, parsed
from services.policy.decisions.refusals import Code

ASKED = httpx2.Request("GET", "http://statistics.example/v1/submissions/1")


def test_what_a_service_refuses_is_what_its_client_reads() -> None:
    answered = Answered(Code.NOT_HELD, verdict="cleared")
    seen = Refused.of(httpx2.Response(answered.status, json=answered.body()))
    assert (seen.code, seen.status, seen.problem["verdict"]) == ("not-held", 409, "cleared")
    for language, texts in zip(("vi", "en"), (answered.title, answered.mend), strict=True):
        assert texts[language] in seen.texts(language)
    assert seen.texts("vi") != seen.texts("en")
    assert answered.title["vi"] in str(seen)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(404, text="<html>nginx</html>", request=ASKED),
        httpx2.Response(404, json=["not", "a", "problem"], request=ASKED),
        httpx2.Response(404, content=b"\xff\xfe\x00", request=ASKED),
    ],
)
def test_who_answers_without_problem_details_is_told_by_its_status(answer: Any) -> None:
    seen = Refused.of(answer)
    assert (seen.code, seen.status, seen.texts("vi"), seen.texts("en")) == (
        "",
        404,
        ("", ""),
        ("", ""),
    )
    assert "HTTP 404" in str(seen)


def test_a_page_at_the_address_of_an_api_is_no_answer() -> None:
    page = httpx2.Response(200, html="<title>It works</title>", request=ASKED)
    with pytest.raises(Refused, match=r"HTTP 200 \(text/html\), statistics.example"):
        parsed(page)
    assert parsed(httpx2.Response(200, json={"id": "1"})) == {"id": "1"}
