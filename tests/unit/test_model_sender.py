"""A sender is who registered the key that signed its request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.model.sender import asker
from services.model.statement import Fault, Question, Untrusted, sign
from tests.unit.test_intake_statement import KEY, STATEMENT

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """A key of the catalogue."""

    body: dict[str, Any]
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@pytest.mark.parametrize(
    ("asked", "entry", "minutes", "fault"),
    [
        ({}, {}, 0, None),
        ({"path": "/v1/x"}, {}, 0, Fault.OTHER_REQUEST),
        ({"method": "POST"}, {}, 0, Fault.OTHER_REQUEST),
        ({"sha256": "0" * 64}, {}, 0, Fault.OTHER_REQUEST),
        ({}, {"sender": "other"}, 0, Fault.OTHER_SENDER),
        ({}, {"valid_to": NOW.isoformat()}, 0, Fault.KEY_NOT_IN_FORCE),
        ({}, {"public_key": {}}, 0, Fault.UNKNOWN_KEY),
        ({}, None, 0, Fault.UNKNOWN_KEY),
        ({}, {}, 6, Fault.CLOCK),
        ({}, {}, -6, Fault.CLOCK),
        ({}, {"valid_from": NOW.isoformat()}, -6, Fault.CLOCK),
    ],
)
def test_a_request_is_its_senders_whose_key_signed_this_very_one_just_now(
    asked: dict[str, Any], entry: dict[str, Any] | None, minutes: int, fault: Fault | None
) -> None:
    question = Question(sender=STATEMENT.sender, method="GET", path="/v1/x?a=1", issued_at=NOW)
    body = {"sender": STATEMENT.sender, "public_key": KEY.as_dict(private=False)}
    found = None if entry is None else Entry(body | entry)
    request = {"method": "GET", "path": "/v1/x?a=1", "sha256": None} | asked
    now = NOW + timedelta(minutes=minutes)
    try:
        assert asker(sign(question, KEY), lambda kid: found, now=now, **request) == STATEMENT.sender
        assert fault is None
    except Untrusted as error:
        assert error.fault is fault
