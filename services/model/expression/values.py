"""What an expression can be: kinds of values, columns, and pieces of SQL with their kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum

from services.model.messages import texts
from services.model.text import ModelError, Text

ROW = "_row"
"""The column that numbers the rows of every table, from 1."""

DIGITS = 38
MOST_NAMES = 40
MOST_NUMBERS = 100_000
"""Of a series or a range that an expression writes down."""
WIDEST = 10_000
"""Characters to which a text is padded at most."""
QUOTIENT_PLACES = 12
"""Decimal places of a division that is not compared at once."""


class ExpressionError(ModelError):
    """An expression says what can't be computed; the text shows where, and what to write instead."""


class Kind(StrEnum):
    """What a value is. An approximate number comes from a root, a logarithm or a deviation."""

    NUMBER = "number"
    APPROXIMATE = "approximate number"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"
    NULL = "null"

    @property
    def words(self) -> Text:
        """What people call it."""
        return texts(f"rule.kind.{self.name.lower()}")


NUMBERS = frozenset({Kind.NUMBER, Kind.APPROXIMATE, Kind.NULL})


@dataclass(frozen=True)
class ColumnType:
    """The kind of a column, and for numbers the decimal places that they have at most."""

    kind: Kind
    scale: int = 0


Schema = Mapping[str, ColumnType]
"""The columns of a table by name."""


@dataclass(frozen=True)
class Value:
    """SQL of polars with the kind of its value.

    `divisor` makes it the fraction `sql / divisor`, which stays exact until it is compared.
    `constant` is the number that it always is.
    """

    sql: str
    kind: Kind
    scale: int = 0
    divisor: str = ""
    constant: Decimal | None = None

    def whole(self) -> "Value":
        """The value without a divisor: a quotient gets 12 decimal places; by nought it is null."""
        if not self.divisor:
            return self
        if self.kind is Kind.APPROXIMATE:
            return Value(f"({self.sql} / NULLIF({self.divisor}, 0))", self.kind)
        places = max(QUOTIENT_PLACES, self.scale)
        exact = f"CAST({self.sql} AS DECIMAL({DIGITS}, {places}))"
        return Value(f"({exact} / NULLIF({self.divisor}, 0))", Kind.NUMBER, places)


def number(constant: Decimal) -> Value:
    """A number that is written down. Whole ones are decimals too: polars' integers overflow in silence."""
    text = f"{constant:f}"
    if len(text.strip("-").replace(".", "")) > DIGITS:
        raise ExpressionError(texts("rule.digits", number=text, digits=DIGITS))
    scale = len(text.partition(".")[2])
    sql = text if scale else f"CAST({text} AS DECIMAL({DIGITS}, 0))"
    return Value(f"({sql})" if constant < 0 else sql, Kind.NUMBER, scale, constant=constant)


def whole_number(sql: str) -> Value:
    """The whole number that `sql` gives in one of polars' integer types, as a decimal."""
    return Value(f"CAST({sql} AS DECIMAL({DIGITS}, 0))", Kind.NUMBER)


def boolean(sql: str) -> Value:
    """A condition."""
    return Value(f"({sql})", Kind.BOOLEAN)


_BLANKS = {
    Kind.NUMBER: f"DECIMAL({DIGITS}, 0)",
    Kind.APPROXIMATE: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.BOOLEAN: "BOOLEAN",
}


def as_kind(value: Value, kind: Kind) -> Value:
    """The value; where it is null of no kind, as a column without any cell is, null of this kind."""
    if value.kind is not Kind.NULL or kind not in _BLANKS:
        return value
    return Value(f"CAST(NULL AS {_BLANKS[kind]})", kind)


NULL = Value("NULL", Kind.NULL)
NO_NUMBER = as_kind(NULL, Kind.NUMBER)
"""The number that a blank column has."""
UNDECIDED = as_kind(NULL, Kind.BOOLEAN)
"""The verdict on what is not known."""


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def nearest(name: str, known: Iterable[str]) -> Text:
    """What may have been meant, as the end of a sentence."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)
    if close:
        return texts("rule.near", name=folded[close[0]])
    if not names:
        return texts("rule.near.none")
    if len(names) > MOST_NAMES:
        return texts("rule.near.many")
    return texts("rule.near.known", names=", ".join(names))
