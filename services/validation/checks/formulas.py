"""Formulas whose stored value is missing or out of date.

What is checked is the value that the file stores, since that is what was read. A formula of numbers,
cells, + - * /, SUM and ROUND is computed again from the stored values of its cells; any other is left
alone. Cells aren't followed further, so that circles do no harm and the first stale cell is named.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from services.model.enumerations import Severity
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.layout import Layout
from services.validation.workbook import CellValue, Formula, Sheet, Workbook, address
from services.validation.workbook.address import column_number

_ERROR = Context(level=WITHIN)
_INFORMATION = Context(severity=Severity.INFORMATION)
_MOST_VISITS = 300_000
_DEEPEST = 40
_LONGEST = 2_000
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+)"
    r"|(?P<function>SUM|ROUND)\s*\("
    r"|(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<sheet>[^\W\d][\w.]*))!)?"
    r"(?P<first>\$?[A-Z]{1,3}\$?\d{1,7})(?::(?P<last>\$?[A-Z]{1,3}\$?\d{1,7}))?(?![\w(!])"
    r"|(?P<sign>[-+*/(),]))"
)
_REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d{1,7})")


def check_formulas(layout: Layout, workbook: Workbook, notebook: Notebook) -> None:
    """Names the cells of a table whose formulas store no value, or another than they give."""
    sheet = layout.sheet
    if not sheet.formulas:
        return
    columns = set(layout.columns.values())
    visits = _Visits()
    missing: list[str] = []
    for place, formula in sheet.formulas.items():
        if place[0] <= layout.header_row or place[1] not in columns:
            continue
        stored = sheet.value(*place)
        if not formula.stored and stored == "":
            missing.append(address(*place))
        elif isinstance(stored, int | float) and not isinstance(stored, bool):
            _compare(sheet, place, formula, stored, workbook, visits, notebook)
    if missing:
        where = Place(sheet.name, tuple(missing))
        notebook.find("formula_uncalculated", where, _ERROR, count=len(missing))
    if sheet.unchecked_formulas or visits.left <= 0:
        notebook.find("formulas_unchecked", Place(sheet.name), _INFORMATION)


@dataclass
class _Visits:
    """How many cells may still be looked at."""

    left: int = _MOST_VISITS


def _compare(
    sheet: Sheet,
    place: tuple[int, int],
    formula: Formula,
    stored: float,
    workbook: Workbook,
    visits: _Visits,
    notebook: Notebook,
) -> None:
    if visits.left <= 0:
        return
    sheets = {sheet.name: sheet for sheet in workbook.sheets}
    shift = (place[0] - formula.origin[0], place[1] - formula.origin[1])
    computation = _Computation(sheet, sheets, shift, visits)
    try:
        value = computation.run(formula.text)
    except (LeftAlone, OverflowError, InvalidOperation):
        return
    if abs(value - stored) > 1e-9 * max(1.0, computation.largest):
        where = Place(sheet.name, (address(*place),))
        values = {"expected": _exact(value), "found": _exact(stored), "formula": "=" + formula.text}
        notebook.find("formula_stale", where, _ERROR, **values)


def _exact(value: float) -> Decimal:
    return Decimal(repr(round(value, 6)))


class LeftAlone(ValueError):
    """The formula is one that isn't computed here."""


@dataclass
class _Computation:
    """One formula, read and computed from left to right."""

    sheet: Sheet
    sheets: Mapping[str, Sheet]
    shift: tuple[int, int]
    visits: _Visits
    largest: float = 0.0
    _tokens: list[re.Match[str]] = field(default_factory=list)
    _next: int = 0
    _depth: int = 0

    def run(self, text: str) -> float:
        """The value; raises LeftAlone where the formula has anything else in it."""
        if len(text) > _LONGEST:
            raise LeftAlone("too long")
        position, text = 0, text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise LeftAlone(text[position : position + 20])
            self._tokens.append(match)
            position = match.end()
        value = self._sum()
        if self._next != len(self._tokens):
            raise LeftAlone("something is left")
        return value

    def _sign(self) -> str:
        ahead = self._tokens[self._next : self._next + 1]
        return (ahead[0]["sign"] or "") if ahead else ""

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise LeftAlone(f"no {sign}")
        self._next += 1

    def _sum(self) -> float:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise LeftAlone("too deep")
        value = self._product()
        while (sign := self._sign()) in ("+", "-"):
            self._next += 1
            other = self._product()
            value = value + other if sign == "+" else value - other
        self._depth -= 1
        return value

    def _product(self) -> float:
        value = self._atom()
        while (sign := self._sign()) in ("*", "/"):
            self._next += 1
            other = self._atom()
            if sign == "/" and other == 0:
                raise LeftAlone("a division by zero")
            value = value * other if sign == "*" else value / other
            self.largest = max(self.largest, abs(value))
        return value

    def _atom(self) -> float:
        if self._next >= len(self._tokens):
            raise LeftAlone("nothing more")
        token = self._tokens[self._next]
        self._next += 1
        if token["number"]:
            return float(token["number"])
        if token["function"]:
            return self._total() if token["function"] == "SUM" else self._rounded()
        if token["first"]:
            if token["last"]:
                raise LeftAlone("a range where one value belongs")
            return self._number(next(self._values(token)))
        # Signs in front, one after another, without going deeper for each.
        negative = token["sign"] == "-"
        if token["sign"] in ("+", "-"):
            while self._sign() in ("+", "-"):
                negative ^= self._sign() == "-"
                self._next += 1
            value = self._atom()
            return -value if negative else value
        if token["sign"] != "(":
            raise LeftAlone("an operator where a value belongs")
        value = self._sum()
        self._expect(")")
        return value

    def _total(self) -> float:
        """SUM: of ranges the numbers alone, of everything else the value."""
        value = 0.0
        while True:
            token = self._tokens[self._next] if self._next < len(self._tokens) else None
            behind = self._tokens[self._next + 1 : self._next + 2]
            following = behind[0]["sign"] if behind else ""
            if token is not None and token["first"] and following in (",", ")"):
                self._next += 1
                value += sum(
                    self._number(operand)
                    for operand in self._values(token)
                    if not _is_text(operand)
                )
            else:
                value += self._sum()
            if self._sign() != ",":
                break
            self._next += 1
        self._expect(")")
        return value

    def _rounded(self) -> float:
        value = self._sum()
        self._expect(",")
        places = self._sum()
        self._expect(")")
        if not -15 <= places <= 15 or places != int(places):
            raise LeftAlone("other places")
        step = Decimal(1).scaleb(-int(places))
        rounded = (Decimal(repr(value)) / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return float(rounded * step)

    def _values(self, token: re.Match[str]) -> Iterator[CellValue]:
        name = (token["quoted"] or "").replace("''", "'") or token["sheet"]
        sheet = self.sheets.get(name) if name else self.sheet
        if sheet is None or not sheet.rows:
            raise LeftAlone("no such sheet")
        first = self._place(token["first"])
        last = self._place(token["last"]) if token["last"] else first
        for row in range(first[0], min(last[0] + 1, len(sheet.rows))):
            for column in range(first[1], min(last[1] + 1, sheet.width)):
                self.visits.left -= 1
                if self.visits.left < 0:
                    raise LeftAlone("more cells than are looked at")
                formula = sheet.formulas.get((row, column))
                if formula is not None and not formula.stored:
                    raise LeftAlone("a cell without a value")
                yield sheet.value(row, column)
        if first == last and (first[0] >= len(sheet.rows) or first[1] >= sheet.width):
            yield ""

    def _place(self, reference: str) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise LeftAlone(reference)
        row = int(match[4]) - 1 + (0 if match[3] else self.shift[0])
        column = column_number(match[2]) + (0 if match[1] else self.shift[1])
        if row < 0 or column < 0:
            raise LeftAlone("outside the sheet")
        return row, column

    def _number(self, value: CellValue) -> float:
        if value == "":
            return 0.0
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise LeftAlone("no number")
        self.largest = max(self.largest, abs(float(value)))
        return float(value)


def _is_text(value: CellValue) -> bool:
    return isinstance(value, str) and not value.startswith("#")
