"""Text in both languages, and the one way to read the YAML and JSON of the model."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

Language = Literal["vi", "en"]
T = TypeVar("T")

# Data that people write by hand: an unknown key is a mistake and is named.
STRICT = ConfigDict(extra="forbid")
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


class ModelError(ValueError):
    """Data of the model is not what its schema says; the text names each place."""


@dataclass(frozen=True, config=STRICT)
class Text:
    """A text in Vietnamese and in English."""

    vi: str
    en: str

    def of(self, lang: Language) -> str:
        """The text in one language."""
        return self.vi if lang == "vi" else self.en

    def to_dict(self) -> dict[str, str]:
        """Both texts by language."""
        return {"vi": self.vi, "en": self.en}


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of a class; building one is slow, so it is kept."""
    return _adapters.setdefault(cls, _adapters.get(cls) or TypeAdapter(cls))


def read(cls: type[T], data: Any, where: str = "") -> T:
    """Build `cls` from plain data (of YAML or JSON); raises ModelError naming every wrong place."""
    try:
        found: T = _adapter(cls).validate_python(data)
    except ValidationError as error:
        places = (
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        )
        raise ModelError(f"{where or cls.__name__}: " + "; ".join(places)) from None
    return found


def plain(value: Any) -> dict[str, Any]:
    """Plain data of a model object, ready for JSON; `read` takes it back."""
    dumped = _adapter(type(value)).dump_python(value, mode="json", exclude_none=True)
    if not isinstance(dumped, dict):
        raise ModelError(f"{type(value).__name__} is not a record")
    return dumped


def load_yaml(path: Path) -> Any:
    """The content of a YAML file; raises ModelError where it isn't YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        raise
    except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
        # The library's constructors of dates and numbers raise whatever they meet.
        raise ModelError(f"{path.name}: {error}") from None


def load_written_yaml(path: Path) -> Any:
    """The content of a YAML file that somebody wrote: besides, no key twice and no depth that nobody writes.

    Raises ModelError, OSError, UnicodeDecodeError.
    """
    text = path.read_text(encoding="utf-8")
    try:
        _refuse_depth(path.name, text)
        _refuse_repeated_keys(path.name, yaml.compose(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ModelError(f"{path.name}: {error}") from None
    return load_yaml(path)


def _refuse_depth(name: str, text: str) -> None:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEEPEST:
            raise ModelError(f"{name}: nested more than {_DEEPEST} deep")
        if aliases > _MOST_ALIASES:
            raise ModelError(f"{name}: more than {_MOST_ALIASES} aliases: write it out")


def _refuse_repeated_keys(name: str, root: yaml.Node | None) -> None:
    nodes, seen = [root], set[int]()
    for node in nodes:
        if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
            continue
        nodes += [value for _, value in node.value]
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, count in counts.items():
            if count > 1:
                line = node.start_mark.line + 1
                raise ModelError(f"{name}: line {line}: the key {key} is there twice")


_DEEPEST = 50
_MOST_ALIASES = 20
"""Each may stand for what holds others: few lines become a million."""


def _tone_pairs() -> dict[str, str]:
    """Where the tone mark stands on the first vowel, the same mark on the second: òa → oà."""
    marks = "\u0300\u0301\u0309\u0303\u0323"
    compose = unicodedata.normalize
    return {
        compose("NFC", first + mark) + second: first + compose("NFC", second + mark)
        for first, second in ("oa", "oe", "uy")
        for mark in marks
    }


_TONES = _tone_pairs()
_TONE = re.compile("|".join(_TONES))
# Dashes as one; what no one sees as nothing; and Đ, for which old keyboards wrote the Icelandic letter.
_SIGNS = str.maketrans("–—−Ðð", "---Đđ", "\u200b\u200e\ufeff\u00ad")


def folded(text: str) -> str:
    """NFC, one case, single spaces, one kind of dash."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_SIGNS)).casefold().split())


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Text as it is compared: `folded`, and one place of the tone mark.

    "Hoà" and "HÒA", "NGÂN  HÀNG" and "ngân hàng\\n" become the same; no letter is dropped.
    """
    return _TONE.sub(lambda match: _TONES[match[0]], folded(text))
