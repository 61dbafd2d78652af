"""Events as JSON: what Avro makes of them matters to no one here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from services.kernel.codec import Codec


class _Json:
    def encode(self, subject: str, data: Mapping[str, Any]) -> bytes:
        return json.dumps(data, sort_keys=True).encode()

    def decode(self, subject: str, value: bytes) -> Any:
        return json.loads(value)


CODEC = cast(Codec, _Json())
