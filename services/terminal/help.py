"""The help of commands: each text stands in the code in both languages, `tiếng Việt · English`."""

from __future__ import annotations

from functools import partial
from typing import Any

from typer.core import TyperGroup

from services.model.messages import texts
from services.model.text import Language, Text
from services.terminal.show import in_line

_BETWEEN = " · "
_OF_TYPER = ("help", "install_completion", "show_completion")
"""Options that typer adds."""


class Root(TyperGroup):
    """The command above all others: what chooses the language is read before any help is printed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without arguments the help is printed at once."""
        if not args:
            language = next(param for param in self.params if param.name == "lang")
            language.handle_parse_result(ctx, {}, args)
        return super().parse_args(ctx, args)

    def get_help_option(self, ctx: Any) -> Any:
        """Else `--help` comes before a language that stands after it, or in the environment."""
        option: Any = super().get_help_option(ctx)
        option.is_eager = False
        return option


def translate(command: Any, language: Language | None) -> None:
    """Leaves one language of what a command, its options and the commands below it say of themselves; None leaves both.

    Of typer's own words too, once its help is asked for. `command` is typer's, whose classes for this are private.
    """
    for one in (command, *command.params) if language else ():
        for name in ("help", "short_help", "rich_help_panel"):
            if text := getattr(one, name, None):
                setattr(one, name, _of(text, language))
    command.format_help = partial(_format_help, command)
    command.format_usage = partial(_format_usage, command)
    for below in getattr(command, "commands", {}).values():
        translate(below, language)


def _of(text: str, language: Language | None) -> str:
    """One half of a text; all of it where it has no halves."""
    vi, between, en = text.partition(_BETWEEN)
    return Text(vi, en).of(language) if between and language else text


def _word(name: str) -> str:
    return in_line(texts(f"help.{name}"))


def _format_help(command: Any, context: Any, formatter: Any) -> None:
    from typer import rich_utils  # slow, and nothing but help needs it

    titles: Any = rich_utils
    for kind in ("arguments", "options", "commands"):
        setattr(titles, f"{kind.upper()}_PANEL_TITLE", _word(kind))
    titles.DEFAULT_STRING = f"[{_word('default')}: {{}}]"
    titles.ENVVAR_STRING = f"[{_word('variable')}: {{}}]"
    titles.REQUIRED_LONG_STRING = f"[{_word('required')}]"
    for param in command.get_params(context):
        if param.name in _OF_TYPER:
            param.help = _word(param.name)
    type(command).format_help(command, context, formatter)


def _format_usage(command: Any, context: Any, formatter: Any) -> None:
    options, metavar = f"[{_word('options')}]", f"{_word('command')} [{_word('parameters')}]..."
    of_typer = {"[OPTIONS]": options.lower(), "COMMAND [ARGS]...": metavar.lower()}
    pieces = (of_typer.get(piece, piece) for piece in command.collect_usage_pieces(context))
    formatter.write_usage(context.command_path, " ".join(pieces), prefix=f"{_word('usage')}: ")
