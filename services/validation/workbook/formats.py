"""What a cell's number format shows of the number that is stored in it.

A format scales (`#,##0,,` shows millions), shows a share as percent, puts texts around the digits, or
shows no digits at all. Source: ECMA-376 part 1, 18.8.30 and 18.8.31; the formats of OpenDocument
(1.3 part 3, 16.29) are written in the same notation before they come here.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

PERCENT = {9: "0%", 10: "0.00%"}
"""Those of the formats that are known by a number alone that don't show what is stored."""
CONDITIONAL = "[conditional]"
"""Before a format that counts only under a condition on other cells, which nobody looks into here."""
_LONGEST = 1_024
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>general|@)|(?P<exponent>E[+-])|(?P<sign>[0#?.,%/;])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\s*(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?(?:E[+-]?\d+)?)\s*", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*).*")
_SCALING = re.compile(r"(?<=[0#?]),+(?![0#?,])")
_DIGITS = re.compile(r"[0#?](?:.*[0#?])?")
_TEXT = "\0"
"""Where a text stands among the signs of a section."""
_GROUPED = re.compile(r"[ '\u00a0\u202f]|\.(?=##[#0](?![0#?]))")
_LONE_DIGIT = re.compile(r"(?<![^\W\d])\d")
_BESIDE = "+-() "
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "<>": operator.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """How a number is shown: times ten to the `power`, with `text` around its digits.

    Without `digits` the text is all that is shown. It isn't `clear` where texts stand among the digits,
    so that what is read there is no power of ten of what is stored.
    """

    power: int = 0
    text: str = ""
    digits: bool = True
    percent: bool = False
    clear: bool = True


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the parts of a format, with the bound of the condition that it has or gets by its place."""

    test: tuple[str, float] | None
    shown: Shown
    minus: bool
    """Whether a minus or a bracket is printed before the digits, which isn't a positive number's."""

    def holds(self, number: float) -> bool:
        return self.test is None or _TESTS[self.test[0]](number, self.test[1])


def shown(code: str, number: float) -> Shown:
    """What the format `code` shows of a number."""
    found = next((section for section in _sections(code) if section.holds(number)), None)
    if found is None or (found.minus and number > 0):
        return Shown(clear=False)
    return found.shown


def is_plain(code: str) -> bool:
    """Whether the format shows every number as it is stored; a nought may be blank or a dash."""
    sections = _sections(code)
    if not all(
        any(section.holds(number) for section in sections) for number in (-1e308, -1, 0, 1, 1e308)
    ):
        return False
    return all(
        (section.shown == Shown() and not (section.minus and _rises(section.test)))
        or (section.test == ("=", 0) and section.shown in (_BLANK, _DASH))
        for section in sections
    )


_BLANK = Shown(digits=False)
_DASH = Shown(text="-", digits=False)


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    if len(code) > _LONGEST or code.startswith(CONDITIONAL):
        return (_Section(None, Shown(clear=False), minus=False),)
    if not code.strip():
        return (_Section(None, Shown(), minus=False),)
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code):
        if token["sign"] == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    # The fourth is for texts.
    return _with_tests([_section(tokens) for tokens in parts[:3]])


def _with_tests(sections: list[_Section]) -> tuple[_Section, ...]:
    """Positive; negative; nought. With a condition in the first the second is the rest, or what is negative."""
    given = [section.test for section in sections]
    if not any(given):
        usual: dict[int, list[tuple[str, float] | None]] = {
            1: [None],
            2: [(">=", 0), ("<", 0)],
            3: [(">", 0), ("<", 0), ("=", 0)],
        }
        given = usual[len(sections)]
    elif len(sections) == 3 and given[0] and not given[1]:
        given[1] = ("<", 0)
    return tuple(replace(one, test=test) for test, one in zip(given, sections, strict=True))


def _rises(test: tuple[str, float] | None) -> bool:
    """Whether positive numbers may be shown so."""
    return test is None or test[1] > 0 or test[0] not in ("<", "<=", "=")


def _section(tokens: list[re.Match[str]]) -> _Section:
    test: tuple[str, float] | None = None
    signs = ""
    texts: list[str] = []
    for token in tokens:
        text = token["quoted"] or token["escaped"] or token["other"]
        if token["bracket"] is not None:
            if condition := _CONDITION.fullmatch(token["bracket"]):
                test = condition[1], float(condition[2])
            elif currency := _CURRENCY.fullmatch(token["bracket"]):
                text = currency[1]
        elif token["general"]:
            signs += "0"
        elif token["sign"]:
            signs += token["sign"]
        if text:
            signs += _TEXT
            texts.append(text)
    match = _DIGITS.search(signs)
    first = signs[: match.start()].count(_TEXT) if match else 0
    minus = match is not None and bool(set("".join(texts[:first])) & set("-(\u2212"))
    return _Section(test, _shown(signs, texts), minus)


def _shown(signs: str, texts: list[str]) -> Shown:
    percents = signs.count("%")
    match = _DIGITS.search(signs)
    if match is None:
        return Shown(text=_joined(texts) + "%" * percents, digits=False)
    first = signs[: match.start()].count(_TEXT)
    last = first + match[0].count(_TEXT)
    # Between digits there may be what groups them: a blank, or a point before three more.
    pieces = match[0].split(_TEXT)[1:]
    grouped = all(
        _GROUPED.match(text + rest) for text, rest in zip(texts[first:last], pieces, strict=True)
    )
    behind = _SCALING.sub("", signs[match.end() - 1 :])[1:]
    text = _joined([*texts[:first], " ", *texts[last:]])
    clear = grouped and not (set(behind.removeprefix(".")) | set(text[:1])) & set(".,")
    clear &= not _LONE_DIGIT.search(text)
    power = 2 * percents - 3 * sum(map(len, _SCALING.findall(signs)))
    return Shown(power, text.strip(_BESIDE), True, percents > 0 or "%" in text, clear)


def _joined(texts: list[str]) -> str:
    return " ".join("".join(texts).split())
