"""A notice in words: Vietnamese then English, or the other way round where the recipient prefers that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.model.messages import text
from services.model.text import Language, Text

LONGEST_SUBJECT = 200
"""Characters. A form's title may be long; what matters stands before it."""


def subject(message: str, values: Mapping[str, Text], language: Language) -> str:
    """One line, whatever the values hold: it becomes a header of a mail."""
    line = " ".join(_text(f"{message}.subject", values, language).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def mail(message: str, values: Mapping[str, Text], name: Text, language: Language) -> str:
    """The body of a mail, plain text."""
    order: tuple[Language, ...] = ("en", "vi") if language == "en" else ("vi", "en")
    parts = [_part(message, values, name, language) for language in order]
    return "\n\n* * *\n\n".join(parts) + "\n"


def payload(
    message: str, values: Mapping[str, Text], topic: str, time: datetime, data: Mapping[str, Any]
) -> str:
    """The body of a web hook: `type`, `timestamp`, `data` as Standard Webhooks ask for; the same at every try."""
    both: tuple[Language, ...] = ("vi", "en")
    told = {
        **data,
        "message": message,
        "subject": {language: subject(message, values, language) for language in both},
        "text": {language: _text(message, values, language) for language in both},
    }
    whole = {"type": topic, "timestamp": time.isoformat(), "data": told}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _part(message: str, values: Mapping[str, Text], name: Text, language: Language) -> str:
    greeting = text("notice.greeting", language, name=getattr(name, language))
    footer = text("notice.footer", language)
    return "\n\n".join((greeting, _text(message, values, language).strip(), footer))


def _text(message: str, values: Mapping[str, Text], language: Language) -> str:
    return text(message, language, **{key: getattr(v, language) for key, v in values.items()})
