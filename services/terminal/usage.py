"""What is wrong with how a command was called, in the words of the product: typer's own are English alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import typer
from typer.exceptions import TyperException

from services.model.messages import texts
from services.model.text import Text
from services.terminal.show import in_line, tell

_NO_COMMAND = re.compile(r"No such command '(?P<name>.+?)'")
_EXTRA = re.compile(r"Got unexpected extra argument\S* \((?P<extra>.+)\)")


class Wrong(typer.BadParameter):
    """A command that was called wrongly, in the words of the product."""

    def __init__(self, text: Text) -> None:
        super().__init__(in_line(text))
        self.text = text


def wrong(what: str, wanted: str, **values: object) -> Wrong:
    """That an option or argument isn't as it has to be: the message `usage.kind.<wanted>`."""
    return Wrong(texts("usage.wrong", what=what, wanted=texts(f"usage.kind.{wanted}", **values)))


def show(error: TyperException) -> None:
    """Prints to standard error what is wrong, what may have been meant, and where help stands."""
    problem: Any = error
    if type(error).__name__ == "NoArgsIsHelpError":
        problem.show()
        return
    tell(explained(error), error=True)
    if (context := getattr(error, "ctx", None)) is not None:
        tell(texts("usage.help", command=f"{context.command_path} --help"), error=True)


def explained(error: TyperException) -> Text:
    """What is wrong. By the names of typer's classes, which it keeps in a module of its own."""
    if isinstance(error, Wrong):
        return error.text
    problem: Any = error
    match type(error).__name__:
        case "NoSuchOption":
            said = texts("usage.no_option", option=problem.option_name)
            if problem.option_name in _of_the_root(problem.ctx):
                return _and(said, texts("usage.before", command=_moved(problem)))
            return _meant(said, problem.possibilities or ())
        case "MissingParameter":
            return texts("usage.missing", what=_named(problem))
        case "BadOptionUsage":
            lacks = "requires" in problem.message
            return texts("usage.no_value" if lacks else "usage.value", option=problem.option_name)
        case "BadParameter" if problem.param is not None:
            return texts("usage.wrong", what=_named(problem), wanted=_wanted(problem))
    if problem.message == "Missing command.":
        return texts("usage.missing", what=texts("help.command"))
    if found := _NO_COMMAND.search(problem.message):
        names = problem.ctx.command.list_commands(problem.ctx)
        said = texts("usage.no_command", name=found["name"])
        return _meant(said, get_close_matches(found["name"], names))
    if found := _EXTRA.search(problem.message):
        return texts("usage.extra", extra=found["extra"])
    return texts("usage.other", what=problem.message)


def _meant(said: Text, names: Sequence[str]) -> Text:
    """With what may have been meant, where anything is near."""
    if not names:
        return said
    return _and(said, texts("usage.meant", names=", ".join(names)))


def _and(first: Text, second: Text) -> Text:
    return Text(f"{first.vi} {second.vi}", f"{first.en} {second.en}")


def _of_the_root(context: Any) -> set[str]:
    """Options that stand before a command, as `--lang`."""
    root = context.find_root().command
    return {option for param in root.params for option in param.opts}


def _moved(problem: Any) -> str:
    """The call with its option where it belongs."""
    root = problem.ctx.find_root()
    below = problem.ctx.command_path.removeprefix(root.command_path)
    return f"{root.command_path} {problem.option_name} …{below}"


def _named(problem: Any) -> str:
    """The option; an argument as the help names it."""
    option = str(problem.param.opts[0])
    return option if option.startswith("-") else f"{{{problem.param.name.strip('_')}}}"


def _wanted(problem: Any) -> Text | str:
    """What the value has to be; typer's own words for what isn't known here."""
    param, kind = problem.param, problem.param.type_descriptor
    if kind.choices is not None:
        choices = ", ".join(str(getattr(choice, "value", choice)) for choice in kind.choices)
        return texts("usage.kind.choice", choices=choices)
    if kind.annotation is datetime:
        return texts("usage.kind.datetime", formats=", ".join(kind.parameter_info.formats))
    if kind.is_path or kind.is_file:
        return texts(f"usage.kind.{kind.path_type}")
    if param.min is not None or param.max is not None:
        least, most = ("…" if end is None else str(end) for end in (param.min, param.max))
        return texts("usage.kind.range", least=least, most=most)
    if kind.annotation in (int, float):
        return texts(f"usage.kind.{kind.annotation.__name__}")
    return str(problem.message)
