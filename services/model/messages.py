"""The texts people read, in Vietnamese and English, by message id."""

from collections.abc import Iterable
from functools import cache
from string import Formatter

from services.model.text import SCHEMAS, Language, ModelError, Text, load_yaml

LANGUAGES: tuple[Language, ...] = ("vi", "en")
FEW = {0: "none", 1: "one"}


@cache
def catalogue(lang: Language) -> dict[str, str]:
    """All messages of a language: flat id → text with {placeholders}."""
    loaded = load_yaml(SCHEMAS / "messages" / f"{lang}.yaml")
    if not isinstance(loaded, dict) or not all(isinstance(text, str) for text in loaded.values()):
        raise ModelError(f"messages/{lang}.yaml: every id has one text")
    return loaded


def placeholders(text: str) -> frozenset[str]:
    """The names between braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def text(message_id: str, lang: Language, **values: object) -> str:
    """The message in `lang`; raises ModelError for an unknown id or a value that is missing.

    Where `count` or `days` is nought or one, and the message has other words for that, it is those: `<id>.none`,
    `<id>.one`.
    """
    known, count = catalogue(lang), values.get("count", values.get("days"))
    few = f"{message_id}.{FEW[count]}" if isinstance(count, int) and count in FEW else message_id
    template = known.get(few, known.get(message_id))
    if template is None:
        raise ModelError(f"no message {message_id} in {lang}")
    try:
        return template.format(**values)
    except KeyError as missing:
        raise ModelError(f"message {message_id} needs {missing}") from None


def texts(message_id: str, /, **values: object) -> Text:
    """The message in both languages; a value that is a Text stands in each as that language has it."""
    vi, en = (
        text(message_id, lang, **{name: _in(value, lang) for name, value in values.items()})
        for lang in LANGUAGES
    )
    return Text(vi, en)


def known(message_id: str, code: str) -> Text:
    """The words of a code; the code itself where another version of a service sends one that has none."""
    return texts(message_id) if message_id in catalogue("vi") else Text(code, code)


def joined(parts: Iterable[Text], between: str = ", ") -> Text:
    """Texts beside each other."""
    parts = list(parts)
    vi, en = (between.join(part.of(language) for part in parts) for language in LANGUAGES)
    return Text(vi, en)


def _in(value: object, lang: Language) -> object:
    return value.of(lang) if isinstance(value, Text) else value


def advice(message_id: str, **values: object) -> tuple[dict[str, str], dict[str, str]]:
    """What is wrong, and how to mend it (`<message_id>.mend`), each by language."""
    return texts(message_id, **values).to_dict(), texts(f"{message_id}.mend", **values).to_dict()
