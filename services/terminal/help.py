"""The help of commands: each text stands in the code in both languages, `tiếng Việt · English`."""

from __future__ import annotations

from typing import Any

from services.model.text import Language, Text

_BETWEEN = " · "


def narrow(command: Any, language: Language) -> None:
    """Leaves one language of what a command, its options and the commands below it say of themselves.

    `command` is typer's, whose classes for this are private.
    """
    for one in (command, *command.params):
        for name in ("help", "short_help", "rich_help_panel"):
            if text := getattr(one, name, None):
                setattr(one, name, _of(text, language))
    for below in getattr(command, "commands", {}).values():
        narrow(below, language)


def _of(text: str, language: Language) -> str:
    """One half of a text; all of it where it has no halves."""
    vi, between, en = text.partition(_BETWEEN)
    return Text(vi, en).of(language) if between else text
