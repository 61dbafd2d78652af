"""What events say, for tests that write down only what matters to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.events.registry import EVENTS
from services.kernel.avro import from_avro
from services.kernel.events import EventData
from tests.contract.examples import examples


def said(topic: str, data: Mapping[str, Any] | None = None, **changes: Any) -> EventData:
    """The topic's first example with these fields."""
    return from_avro(EVENTS[topic], examples(topic)[0] | dict(data or {}) | changes)
