"""Text in both languages, errors that say so, and the one way to read the YAML and JSON of the model."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from services.fields import vietnamese

Language = Literal["vi", "en"]
T = TypeVar("T")

# Data that people write by hand: an unknown key is a mistake and is named.
STRICT = ConfigDict(extra="forbid")
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


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


AND = Text(" và ", " and ")
OR = Text(" hoặc ", " or ")


def joined(parts: Iterable[Text | str], between: Text | str = "") -> Text:
    """The parts one after the other, in each language; what is no Text is the same in both."""
    given = [*parts]
    return Text(
        *(
            _of(between, language).join(_of(part, language) for part in given)
            for language in get_args(Language)
        )
    )


def _of(part: Text | str, language: Language) -> str:
    return part if isinstance(part, str) else part.of(language)


def in_english(words: str) -> Text:
    """What another program says in English alone: in brackets there, and nothing in Vietnamese."""
    return Text("", f" ({words})")


class ModelError(ValueError):
    """Data of the model is not what its schema says; `text` names each place, as a string it is English."""

    def __init__(self, said: Text | str) -> None:
        self.text = said if isinstance(said, Text) else Text(said, said)
        super().__init__(self.text.en)


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of a class; building one is slow, so it is kept."""
    return _adapters.setdefault(cls, _adapters.get(cls) or TypeAdapter(cls))


def read(cls: type[T], data: Any, where: str | None = None) -> T:
    """Build `cls` from plain data (of YAML or JSON); raises ModelError naming every wrong place.

    The error begins with `where`, or the name of the class; with neither where that is blank.
    """
    try:
        found: T = _adapter(cls).validate_python(data)
    except ValidationError as error:
        places = joined(map(_fault, error.errors()), "; ")
        begins = cls.__name__ if where is None else where
        raise ModelError(joined([begins, places], ": ") if begins else places) from None
    return found


def _fault(fault: Mapping[str, Any]) -> Text:
    place = ".".join(str(part) for part in fault["loc"])
    return Text(f"{place}: {vietnamese(fault)}", f"{place}: {fault['msg']}")


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
