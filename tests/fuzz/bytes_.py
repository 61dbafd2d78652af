"""Mutations that know nothing of what the bytes mean, and those of the records of an .xls."""

from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]
_ODD = (0, 1, 4, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_FIRST_RECORD = 512


def flip(content: bytes, chance: Random) -> bytes:
    """A few bits are others."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 64, 512))):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def cut(content: bytes, chance: Random) -> bytes:
    """The end is missing."""
    return content[: chance.randrange(len(content))]


def remove(content: bytes, chance: Random) -> bytes:
    """A piece is missing."""
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(1, 2048) :]


def repeat(content: bytes, chance: Random) -> bytes:
    """A piece is there many times."""
    start = chance.randrange(len(content))
    piece = content[start : start + chance.randrange(1, 512)]
    return content[:start] + piece * chance.choice((2, 16, 1024)) + content[start:]


def splice(content: bytes, chance: Random) -> bytes:
    """A piece stands where another belongs."""
    first, second = chance.randrange(len(content)), chance.randrange(len(content))
    length = chance.randrange(1, 4096)
    return content[:first] + content[second : second + length] + content[first + length :]


def fill(content: bytes, chance: Random) -> bytes:
    """A piece is all of one byte."""
    start, length = chance.randrange(len(content)), chance.randrange(1, 2048)
    rest = content[start + length :]
    return content[:start] + bytes([chance.choice((0, 0x20, 0xFF))]) * length + rest


def number(content: bytes, chance: Random) -> bytes:
    """Two or four bytes hold an odd number: a length, an offset, a count."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 3, 10))):
        size = chance.choice((2, 4))
        place = chance.randrange(max(1, len(made) - size))
        made[place : place + size] = (chance.choice(_ODD) % (1 << 8 * size)).to_bytes(
            size, "little"
        )
    return bytes(made)


def record(content: bytes, chance: Random) -> bytes:
    """Records of an .xls have another kind, length or content. Their stream mostly lies in one piece."""
    made = bytearray(content)
    starts: list[int] = []
    place = _FIRST_RECORD
    while place + 4 < len(made) and len(starts) < 20_000:
        starts.append(place)
        place += 4 + int.from_bytes(made[place + 2 : place + 4], "little")
    for _ in range(chance.choice((1, 3, 20))):
        start = chance.choice(starts) + chance.choice((0, 2, 4, 6, 8, 10))
        made[start : start + 2] = (chance.choice(_ODD) & 0xFFFF).to_bytes(2, "little")
    return bytes(made)


ANY: tuple[Mutation, ...] = (flip, cut, remove, repeat, splice, fill, number)
