"""The data styles of OpenDocument (1.3 part 3, 16.29) as number formats such as `workbook.formats` reads."""

from dataclasses import dataclass, field

from services.validation.workbook.archive import UnreadPart
from services.validation.workbook.formats import is_plain
from services.validation.workbook.markup import local

_KINDS = ("number-style", "percentage-style", "currency-style")
_DIGITS = ("number", "fraction", "scientific-number")
_TEXTS = ("text", "currency-symbol", "embedded-text")
_UNKNOWN = '0"0"'
"""A format that isn't clear: for factors that no format of this notation has."""
_DEEPEST = 16


@dataclass
class _Data:
    """A data style while it is told: its signs, and the conditions under which another one counts."""

    kind: str
    code: str = ""
    maps: list[tuple[str, str]] = field(default_factory=list)


class DataStyles:
    """Which number format each style of cells has: a target of a parser, up to where the sheets begin."""

    def __init__(self) -> None:
        self._data: dict[str, _Data] = {}
        self._cells: dict[str, tuple[str, str]] = {}
        self._open: _Data | None = None
        self._text: list[str] | None = None
        self._digits_behind = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name, given = local(tag), {local(key): one for key, one in attributes.items()}
        if name in _KINDS:
            self._open = self._data.setdefault(given.get("name", ""), _Data(name))
        elif name == "style":
            about = given.get("data-style-name", ""), given.get("parent-style-name", "")
            self._cells[given.get("name", "")] = about
        elif self._open is None:
            return
        elif name in _DIGITS:
            self._open.code += _digits(given.get("display-factor", "1"))
        elif name in _TEXTS:
            self._text = []
            behind = given.get("position", "")
            self._digits_behind = int(behind) if behind.isdecimal() and len(behind) < 5 else 0
        elif name == "map":
            condition = given.get("condition", "").replace("value()", "").replace("!=", "<>")
            self._open.maps.append((condition, given.get("apply-style-name", "")))

    def data(self, text: str) -> None:
        """Text inside an element."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        name = local(tag)
        if name in _KINDS:
            self._open = None
        elif self._text is not None and self._open is not None and name in _TEXTS:
            text = "".join(self._text).replace('"', "")
            self._text = None
            if name == "embedded-text":
                self._open.code += "" if _groups(text, self._digits_behind) else _UNKNOWN
                return
            before, percent, after = text.partition("%")
            quoted = [f'"{text}"' if text else "" for text in (before, after)]
            is_share = self._open.kind == "percentage-style"
            self._open.code += percent.join(quoted) if is_share else f'"{text}"'

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuses what may define entities."""
        raise UnreadPart("a document type")

    def close(self) -> None:
        """All has been told."""

    def code(self, style: str) -> str:
        """The number format of a style of cells; "" where it shows what is stored."""
        for _ in range(_DEEPEST):
            data, parent = self._cells.get(style, ("", ""))
            if data or not parent:
                break
            style = parent
        found = self._data.get(data)
        if found is None:
            return ""
        parts = [
            f"[{condition}]{_complete(self._data[name])}"
            for condition, name in found.maps[:2]
            if name in self._data
        ]
        code = ";".join([*parts, _complete(found)])
        return "" if is_plain(code) else code


def _digits(factor: str) -> str:
    """`0,,` for a display factor of a million."""
    whole = factor.partition(".")[0]
    zeros = len(whole) - 1 if whole.rstrip("0") == "1" else -1
    return "0" + "," * (zeros // 3) if zeros >= 0 and zeros % 3 == 0 else _UNKNOWN


def _groups(text: str, digits_behind: int) -> bool:
    """Whether a text among the digits parts thousands, and doesn't pass for a comma or for digits."""
    return not text.strip() or (text in (".", "'") and digits_behind % 3 == 0)


def _complete(style: _Data) -> str:
    if style.kind == "percentage-style" and "%" not in style.code:
        return style.code + "%"
    return style.code or '""'
