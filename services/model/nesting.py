"""How deeply a text nests: found before a parser reads it that calls itself for each level, and fails or dies of it."""

from collections.abc import Container, Iterable


def deepest(
    words: Iterable[str],
    opening: Container[str],
    closing: Container[str],
    prefixes: Container[str] = (),
) -> int:
    """The most levels that are open at once; a word that closes what isn't open counts for nothing.

    `prefixes` open a level each for what follows them, if that is another of them: NOT NOT NOT.
    """
    most = level = run = 0
    for word in words:
        run = run + 1 if word in prefixes else 0
        if word in opening:
            level += 1
        elif word in closing:
            level = max(0, level - 1)
        most = max(most, level + run)
    return most
