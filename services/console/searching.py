"""What people type to find something by its name: with marks as they wrote them, or without any. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from services.model.text import normalise


def bare(text: str) -> str:
    """Text as it is compared, without marks: «Sở Tư pháp» and "so tu phap" are the same."""
    letters = unicodedata.normalize("NFD", normalise(text))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.replace("đ", "d")


def matching(typed: str, names: Mapping[str, Iterable[str]]) -> list[str]:
    """The ids of those one of whose names has these words: with the marks that were typed, where any has them so.

    "đường" is not «dương»; but where there is no «đường», somebody has mistyped it.
    """
    return _having(typed, names, normalise) or _having(typed, names, bare)


def _having(
    typed: str, names: Mapping[str, Iterable[str]], read: Callable[[str], str]
) -> list[str]:
    words = read(typed).strip()
    if not words:
        return []
    return [
        id_ for id_, each in names.items() if any(f" {words}" in f" {read(one)}" for one in each)
    ]
