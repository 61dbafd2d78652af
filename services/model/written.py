"""A YAML file that somebody wrote: read with bounds, and what is wrong with it said in both languages."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from services.model.messages import texts
from services.model.system_errors import reason
from services.model.text import ModelError, Text, in_english, joined

_DEEPEST = 50
_MOST_ALIASES = 20
"""Each may stand for what holds others: few lines become a million."""
_SHOWN = 40
"""Characters of a line from where it can't be read on."""


def load_written_yaml(path: Path) -> Any:
    """The content of a file, which has no key twice and no depth that nobody writes; raises ModelError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(joined([f"{path}: ", reason(error)])) from None
    except UnicodeDecodeError:
        raise ModelError(joined([f"{path.name}: ", texts("rule.file.not_utf8")])) from None
    try:
        return _loaded(text)
    except ModelError as error:
        raise ModelError(joined([f"{path.name}: ", error.text])) from None


def _loaded(text: str) -> Any:
    try:
        _refuse_depth(text)
        _refuse_repeated_keys(yaml.compose(text, Loader=yaml.CSafeLoader))
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except ModelError:
        raise
    except yaml.YAMLError as error:
        raise ModelError(_unread(text, error)) from None
    except (ValueError, LookupError, AttributeError) as error:
        # The library's constructors of dates and numbers raise whatever they meet.
        raise ModelError(texts("rule.file.value", words=in_english(str(error)))) from None


def _unread(text: str, error: yaml.YAMLError) -> Text:
    mark: yaml.Mark | None = getattr(error, "problem_mark", None)
    words = in_english(getattr(error, "problem", None) or str(error).partition("\n")[0])
    if mark is None:
        return texts("rule.file.signs", words=words)
    near = [*text.split("\n"), ""][mark.line][mark.column :][:_SHOWN]
    place = {"line": mark.line + 1, "column": mark.column + 1}
    return texts("rule.file.unread", words=words, near=near, **place)


def _refuse_depth(text: str) -> None:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEEPEST:
            raise ModelError(texts("rule.file.deep", most=_DEEPEST))
        if aliases > _MOST_ALIASES:
            raise ModelError(texts("rule.file.aliases", most=_MOST_ALIASES))


def _refuse_repeated_keys(root: yaml.Node | None) -> None:
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
                raise ModelError(texts("rule.file.key_twice", line=line, key=key))
