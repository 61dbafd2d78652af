"""The words of a statement: who reads why it corrects."""

from __future__ import annotations

from typing import Any

import pytest

from services.model.statement import Nil, NilKind
from tests import people
from tests.integration.test_intake_api import (
    CONTENT,
    Intake,
    Sender,
    intake,
    module_intake,
    sender,
)

__all__ = ["intake", "module_intake", "sender"]
pytestmark = pytest.mark.stack
WORDS = "Ông Lê Văn Tám (CCCD 011090001234) nộp 12,5 tỷ, nay sửa"


def seen(intake: Intake, path: str, who: str) -> dict[str, Any]:
    if who == "operator":
        answer = intake.operator(path)
    else:
        header = people.headers("p-x", roles=(who,), rooms=(), now=intake.clock.now)
        answer = intake.client.get(path, headers=header)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("who", ["operator", "auditor"])
@pytest.mark.parametrize("kind", ["reason", "nil"])
def test_the_senders_words_are_for_no_one_who_reads_no_figures(
    intake: Intake, sender: Sender, who: str, kind: str
) -> None:
    """As of verifications: words may hold names and figures, so who reads none of these gets none of those."""
    sender.post()
    more: dict[str, Any] = {"reason": WORDS}
    if kind == "nil":
        more = {"nil": Nil(kind=NilKind.NONE_OCCURRED, reason=WORDS)}
    receipt = sender.post(CONTENT + b"2;2;3\n", **more).json()
    found = seen(intake, f"{receipt['links']['self']}?attempt=2", who)
    assert WORDS not in str(found)


def test_a_leader_of_another_provinces_office_reads_no_senders_words(
    intake: Intake, sender: Sender
) -> None:
    sender.post()
    receipt = sender.post(CONTENT + b"2;2;3\n", reason=WORDS).json()
    header = people.headers(
        "p-ls", "thong-ke-lang-son", roles=("leader",), rooms=(), now=intake.clock.now
    )
    answer = intake.client.get(f"{receipt['links']['self']}?attempt=2", headers=header)
    assert WORDS not in answer.text
