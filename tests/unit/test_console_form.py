"""What a person wrote into a form that was refused: it stands there again, as it was written, and as text alone."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from services.console.form import Typed
from services.console.pages.submission import Seen, _parts
from services.console.session import Person
from tests.browser.fakes import attempt

WHEN = datetime(2026, 11, 24, 2, tzinfo=UTC).isoformat()
LEADER = Person(
    "p-lanh-dao", "Sùng A Mẫu", "thong-ke-dien-bien", frozenset({"leader"}), frozenset(), "", 0.0
)
REVIEW: dict[str, Any] = {
    "room": None, "reviewers": 1, "agreed": 0, "is_overdue": False, "due": WHEN, "decision": 2, "acts": [],
}  # fmt: skip
HOSTILE = "\"><script>alert(1)</script> {{ form_token }} {% raw %} & 'x'"


@dataclass(frozen=True)
class Form:
    """A form of the page: its fields as a browser would send them again, and its markup."""

    markup: str

    @property
    def reason(self) -> str:
        (found,) = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", self.markup)
        return html.unescape(found)

    @property
    def document(self) -> str:
        (found,) = re.findall(r'name="document" value="([^"]*)"', self.markup)
        return html.unescape(found)


def form(part: str, typed: Typed) -> Form:
    found = Seen(attempt("cho", "held"), None, None, REVIEW, [], {})
    found.attempt["times"]["held"] = WHEN
    sections = {
        one.id: one.html for one in _parts(found, LEADER, "vi", {part: typed}, "the-form-token")
    }
    return Form(sections[part])


@pytest.mark.parametrize("words", [HOSTILE, "Đã đối chiếu\nhai dòng & «ngoặc»", ""])
@pytest.mark.parametrize("part", ["decision", "withdrawal"])
def test_what_was_typed_stands_there_again_and_runs_nowhere(part: str, words: str) -> None:
    problem = (HOSTILE, "Sửa lại.")
    seen = form(part, Typed({"reason": words, "document": words}, problem))
    assert (seen.reason, seen.document) == (words, words)
    assert "<script" not in seen.markup and "&amp;lt;" not in seen.markup, "escaped, and once"
    assert html.escape(HOSTILE, quote=False)[:20] in seen.markup.replace("&#34;", '"')
    assert 'name="form_token" value="the-form-token"' in seen.markup, "the macro has its own"


def test_fields_are_read_without_the_spaces_around_and_what_is_blank_is_not_sent() -> None:
    typed = Typed({"reason": "  Đã đối chiếu. ", "document": "   "})
    assert (typed["reason"], typed["document"], typed["absent"]) == ("Đã đối chiếu.", "", "")
    assert typed.given("reason", "document", "absent") == {"reason": "Đã đối chiếu."}
