"""A1 addresses; rows and columns are counted from 0 inside, from 1 and A outside."""

import re
from functools import lru_cache

_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
ROWS = 1_048_576
COLUMNS = 16_384


@lru_cache(maxsize=16_384)
def column_letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_number(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def address(row: int, column: int) -> str:
    """(8, 2) → C9."""
    return f"{column_letters(column)}{row + 1}"


def place_of(cell: str) -> tuple[int, int] | None:
    """C9 and $C$9 → (8, 2); None for what is no cell of a sheet."""
    match = _ADDRESS.fullmatch(cell)
    if not match:
        return None
    row, column = int(match[2]) - 1, column_number(match[1])
    return (row, column) if row < ROWS and column < COLUMNS else None
