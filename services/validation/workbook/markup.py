"""XML of unknown origin: read in one pass without a tree, never with a document type or entities."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from services.validation.workbook.archive import UnreadPart

MOST_ELEMENTS = 500_000
_DEEPEST = 256
_MOST_TAGS = 1_200_000
_TAG = re.compile(rb"<[^<>]*>")
_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAME = re.compile(rb"(?:\w+:)?(\w*)")
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class Element:
    """An element by its local name: attributes by theirs, and all text inside it."""

    name: str
    attributes: dict[str, str]
    text: str


class _Collector:
    """Takes the parser's events; keeps the wanted elements, or every one that holds text itself."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.found: list[Element] = []
        self._wanted = wanted
        self._open: list[tuple[str, dict[str, str], list[str]] | None] = []
        self._kept: list[list[str]] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > _DEEPEST:
            raise UnreadPart("more elements than are read, or too deep")
        name = local(tag)
        if self._wanted and name not in self._wanted:
            self._open.append(None)
            return
        texts: list[str] = []
        self._kept.append(texts)
        self._open.append((name, {local(key): one for key, one in attributes.items()}, texts))

    def data(self, text: str) -> None:
        if self._wanted:
            for texts in self._kept:
                texts.append(text)
        elif self._kept:
            self._kept[-1].append(text)

    def end(self, tag: str) -> None:
        closed = self._open.pop()
        if closed is not None:
            self._kept.pop()
            name, attributes, texts = closed
            self.found.append(Element(name, attributes, "".join(texts)))

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise UnreadPart("a document type")

    def close(self) -> None:
        """All has been told."""


def elements(content: bytes, *wanted: str) -> list[Element]:
    """The elements with these local names, each with all text inside; without names every element.

    Then each has only the text that is directly in it. Raises UnreadPart for what is no XML.
    """
    collector = _Collector(frozenset(wanted))
    feed(collector, content)
    return collector.found


def feed(target: object, content: bytes) -> None:
    """Gives the events of an XML part to a target of ElementTree's parser.

    Raises UnreadPart for what is no XML, and what the target raises.
    """
    parser = ElementTree.XMLParser(target=target)
    try:
        parser.feed(content)
        parser.close()
    except (ElementTree.ParseError, UnicodeError, LookupError) as error:
        raise UnreadPart(f"no XML that is read: {error}") from None


def loose_text(content: bytes) -> str:
    """The text of markup that is no XML, such as old drawings: what stands between its tags."""
    return unescaped(_TAG.sub(b" ", content).decode("utf-8", "replace"))


@lru_cache(maxsize=1024)
def local(name: str) -> str:
    """A name without its namespace. Parsers ask for the same few, once a cell."""
    return name.rpartition("}")[2]


def tags(content: bytes, word: bytes, longest: int = 4096) -> Iterator[tuple[bytes, bytes, int]]:
    """(local name, inside, where it ends) of each tag that has `word` in it, found by searching bytes.

    Linear in the content: each tag is looked for at most `longest` bytes before and after the word.
    """
    place, looked = content.find(word), 0
    while place >= 0 and looked < _MOST_TAGS:
        looked += 1
        start = content.rfind(b"<", max(0, place - longest), place)
        end = content.find(b">", place, place + longest)
        if 0 <= start < end and content.find(b">", start, place) < 0:
            inside = content[start + 1 : end]
            match = _NAME.match(inside)
            yield (match[1] if match else b""), inside, end + 1
            place = content.find(word, end)
        else:
            place = content.find(word, place + len(word))


def attributes(inside: bytes) -> dict[str, str]:
    """The attributes of a tag's inside, by local name."""
    return {
        name.rpartition(b":")[2].decode("ascii", "replace"): unescaped(
            (one or other).decode("utf-8", "replace")
        )
        for name, one, other in _ATTRIBUTE.findall(inside)
    }


def unescaped(text: str) -> str:
    """Text with the five named entities and those that are numbers put in."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    decimal, hexadecimal, named = match.groups()
    if named:
        return _NAMED[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
