"""What a unit means: a base and a power of ten, so that "tỷ đồng" is a thousand "triệu đồng"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from services.model.table import Unit
from services.model.text import normalise
from services.validation.findings import WITHIN, Context, Notebook, Place

_WITHIN = Context(level=WITHIN)

_POWERS = (
    (r"1[. ]?000[. ]?000[. ]?000", 9),
    (r"1[. ]?000[. ]?000", 6),
    (r"1[. ]?000", 3),
    (r"nghìn|ngàn|thousands?(?: of\b)?|thous\.|ng(?=[. ]*đ)\.?", 3),
    (r"triệu|millions?(?: of\b)?|mill\.|tr(?=[. đ])\.?", 6),
    (r"tỷ|tỉ|billions?(?: of\b)?|bill\.", 9),
    (r"trăm", 2),
    (r"chục", 1),
)
_POWER = re.compile("|".join(f"(?P<p{n}>{pattern})" for n, (pattern, _) in enumerate(_POWERS)))
_BASES = {
    "đồng": ("VND", 0), "đ": ("VND", 0), "vnđ": ("VND", 0), "vnd": ("VND", 0), "dong": ("VND", 0),
    "đồng việt nam": ("VND", 0), "việt nam đồng": ("VND", 0), "dongs": ("VND", 0),
    "usd": ("USD", 0), "đô la mỹ": ("USD", 0), "đô la": ("USD", 0),
    "kg": ("kg", 0), "kilôgam": ("kg", 0), "yến": ("kg", 1), "tạ": ("kg", 2), "tấn": ("kg", 3),
    "m2": ("m2", 0), "mét vuông": ("m2", 0), "ha": ("m2", 4), "hecta": ("m2", 4), "héc ta": ("m2", 4),
    "km2": ("m2", 6), "m": ("m", 0), "mét": ("m", 0), "km": ("m", 3),
    "lít": ("l", 0), "l": ("l", 0), "m3": ("l", 3), "mét khối": ("l", 3),
    "kwh": ("kwh", 0), "mwh": ("kwh", 3), "gwh": ("kwh", 6),
    "%": ("%", 0), "phần trăm": ("%", 0), "người": ("người", 0), "con": ("con", 0), "percent": ("%", 0),
    "person": ("người", 0), "persons": ("người", 0), "pers": ("người", 0), "people": ("người", 0),
    "head": ("con", 0), "heads": ("con", 0), "ton": ("kg", 3), "tons": ("kg", 3), "tonnes": ("kg", 3),
    "lượt người": ("lượt người", 0), "cuộc": ("cuộc", 0), "cái": ("cái", 0), "chiếc": ("cái", 0),
}  # fmt: skip
_OTHER_LANGUAGE = re.compile(r"\s+[-–—/]\s+")
"""Between a unit and the same in another language: "Triệu đồng - Millions of dong"."""
_SIGNS = str.maketrans({"²": "2", "³": "3"})
_DITTO = frozenset(
    (
        '"',
        "''",
        "″",
        "〃",
        "”",
        "“",
        "//",
        "nt",
        "-nt-",
        "như trên",
        "- như trên -",
        "ii",
        '-"-',
        "-''-",
    )
)


@dataclass(frozen=True)
class Meaning:
    """A unit as a base and a power of ten; `known` where the base is one of the usual ones."""

    base: str
    power: int
    known: bool


@lru_cache(maxsize=1024)
def meaning(text: str) -> Meaning:
    """What a written unit means; one that nobody knows stands for itself.

    One that says the same in two languages means what it says in the first, unless the second contradicts it.
    """
    parts = _OTHER_LANGUAGE.split(text)
    if len(parts) == 2:
        first, second = map(_meaning, parts)
        if first.known and (first == second or not second.known):
            return first
    return _meaning(text)


def _meaning(text: str) -> Meaning:
    rest, power, counted = normalise(text.translate(_SIGNS)).strip(" ().:;,"), 0, False
    while match := _POWER.match(rest):
        power += next(_POWERS[int(name[1:])][1] for name, one in match.groupdict().items() if one)
        rest, counted = rest[match.end() :].lstrip(" ."), True
    if counted and not rest:
        # "Triệu" alone: of what is understood.
        return Meaning("", power, True)
    base, own = _BASES.get(rest, (rest, 0))
    return Meaning(base, power + own, rest in _BASES)


def is_ditto(text: str) -> bool:
    """Whether a unit's cell only says that it is the one above."""
    return normalise(text) in _DITTO


def compare(written: str, unit: Unit, where: Place, notebook: Notebook) -> None:
    """Names a unit that isn't the form's; with the factor between them where it is certain."""
    expected = unit.labels[0]
    if not _agrees(written, unit):
        power = _factor(written, unit)
        if power is None:
            notebook.find("unit_differs", where, _WITHIN, expected=expected, found=written)
        else:
            times = Decimal(10) ** power
            values = {"expected": expected, "found": written, "factor": times}
            notebook.find("unit_multiplier_differs", where, _WITHIN, **values)
    elif normalise(written) not in {normalise(label) for label in unit.labels}:
        notebook.repair("unit_in_other_words", where, found=written, expected=expected)


def _agrees(text: str, unit: Unit) -> bool:
    """Whether a written unit is the form's: one of its labels, or the same in other words."""
    if normalise(text) in {normalise(label) for label in unit.labels}:
        return True
    found, wanted = meaning(text), meaning(unit.labels[0])
    return found.power == wanted.power and found.base in (wanted.base, "")


def _factor(text: str, unit: Unit) -> int | None:
    """By which power of ten figures in the written unit are multiplied to be in the form's.

    None where the two units aren't of the same base.
    """
    found, wanted = meaning(text), meaning(unit.labels[0])
    if found.base not in (wanted.base, "") or found.power == wanted.power:
        return None
    return found.power - wanted.power
